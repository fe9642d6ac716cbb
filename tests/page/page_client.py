"""The page as a browser's code meets it: the stream kept up with, details asked for, switches turned."""

import json
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx

from local.errors import LocalError
from local.waiting import wait_until
from tests.patience import LONGEST_S

CHANGE = {"X-Relay-Page": "1"}


class PageClient:
    """Follows the stream of the page at `url` until `close`; rows by key."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=LONGEST_S, trust_env=False)
        self.rows: dict[str, dict[str, Any]] = {}
        self.overview: dict[str, Any] = {}
        self.versions: list[int] = []
        self.broken: list[str] = []
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End."""
        self._closed.set()
        # It ends with the next change.
        self._thread.join(LONGEST_S)
        self.http.close()

    def _follow(self) -> None:
        """As a browser's ``EventSource``: a stream that ends or breaks is asked for anew."""
        with httpx.Client(base_url=self.http.base_url, timeout=LONGEST_S, trust_env=False) as client:
            while not self._closed.is_set():
                try:
                    self._read(client)
                except httpx.HTTPError as error:
                    self.broken.append(repr(error))
                self._closed.wait(0.5)

    def _read(self, client: httpx.Client) -> None:
        with client.stream("GET", "/api/stream") as answer:
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    self._take(json.loads(line.removeprefix("data: ")))
                if self._closed.is_set():
                    return

    def _take(self, message: dict[str, Any]) -> None:
        rows = {row["key"]: row for row in message["rows"]}
        self.rows = rows if message["reset"] else {**self.rows, **rows}
        self.overview = message["overview"]
        self.versions.append(message["version"])

    def post(self, path: str, wish: Any) -> dict[str, Any]:
        """Ask for a change; it must be granted."""
        answer = self.http.post(path, json=wish, headers=CHANGE)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def mode(self, mode: str) -> None:
        """Turn the switch."""
        self.post("/api/sandbox", {"mode": mode})

    def detail(self, row: dict[str, Any]) -> dict[str, Any]:
        """One event in detail."""
        return dict(self.http.get(f"/api/events/{row['key']}").raise_for_status().json())

    def wait(
        self, found: Callable[[dict[str, Any]], bool], what: str, count: int = 1, seconds: float = 60
    ) -> list[Any]:
        """The rows that `found` says yes to, once there are `count`."""

        def rows() -> list[Any] | None:
            here = [row for row in list(self.rows.values()) if found(row)]
            return here if len(here) >= count else None

        try:
            return wait_until(rows, seconds, what)
        except LocalError as error:
            others = Counter((row["state"], row["reason"], row["way"]) for row in self.rows.values() if not found(row))
            raise LocalError(f"{error}; rows that are not as wanted: {dict(others)}; {self._state()}") from error

    def _state(self) -> str:
        return f"{self.overview}; breaks of the stream: {self.broken}; followed: {self._thread.is_alive()}"

    def one(self, message_id: str, state: str, seconds: float = 60) -> dict[str, Any]:
        """The row of an event once it is in `state`."""
        [row] = self.wait(
            lambda row: row["messageId"] == message_id and row["state"] == state,
            f"{message_id} being {state}",
            seconds=seconds,
        )
        return dict(row)

    def until(self, true: Callable[[dict[str, Any]], bool], what: str, seconds: float = 60) -> None:
        """Wait until the overview is as `true` says."""
        wait_until(lambda: True if self.overview and true(self.overview) else None, seconds, what)
