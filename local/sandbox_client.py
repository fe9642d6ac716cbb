"""Asks the sandbox what it has received, and tells it how to behave."""

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import urllib3

from local.errors import LocalError
from local.waiting import Deadline


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """One event that the sandbox took.

    event: the event parsed, None for one nested too deeply to parse. raw: its text as sent. message_id: its messageId.
    payload: the messageId of the payload it came in. index: its place among all events since the reset.
    received_at: UTC, ISO 8601.
    """

    event: dict[str, Any] | None
    raw: str
    message_id: str
    payload: str
    index: int
    received_at: str


@dataclass(frozen=True, slots=True)
class ReceivedPayload:
    """One request for `/v1/batch` and its fate. `status` is None where the connection was dropped unanswered.

    `size` is of the body as it came, in `encoding`: `identity` or `gzip`.
    """

    index: int
    received_at: str
    size: int
    encoding: str
    status: int | None
    headers: Mapping[str, str]
    payload: str | None
    events: int
    taken: bool
    scripted: bool
    reason: str | None


class SandboxClient:
    """The control endpoints of one sandbox at `url`. Raises LocalError when it does not answer."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = urllib3.PoolManager(maxsize=4, retries=False, timeout=urllib3.Timeout(connect=30, read=120))

    def events(self, since: int = 0, limit: int | None = None) -> list[ReceivedEvent]:
        """Every event taken since the last reset, in order, from index `since` on, at most `limit`."""
        most = "" if limit is None else f"&limit={limit}"
        return [ReceivedEvent(**item) for item in self._ask("GET", f"events?since={since}{most}")]

    def payloads(self, since: int = 0, limit: int | None = None) -> list[ReceivedPayload]:
        """Every request for `/v1/batch` since the last reset, answered or not, from index `since` on."""
        most = "" if limit is None else f"&limit={limit}"
        return [ReceivedPayload(**item) for item in self._ask("GET", f"payloads?since={since}{most}")]

    def health(self) -> dict[str, Any]:
        """`{"status": "ok", "events": n, "payloads": n, "answers_waiting": n, "resets": n}`."""
        return dict(self._ask("GET", "health"))

    def reset(self) -> None:
        """Forget events, requests, script and standing orders; the key stays."""
        self._ask("POST", "reset")

    def script(self, *items: Mapping[str, Any]) -> None:
        """Say how to answer from now on; without items the waiting answers are taken back."""
        self._ask("POST", "script", items)

    def script_now(self) -> dict[str, Any]:
        """How it answers now: `{"answers_waiting", "next", "usual_key"}` and all orders but the key."""
        return dict(self._ask("GET", "script"))

    def wait_for(
        self, done: Callable[[list[ReceivedEvent]], bool], seconds: float, poll_seconds: float = 0.1
    ) -> list[ReceivedEvent]:
        """All events as soon as `done` says so of them; raises LocalError when `seconds` are over."""
        deadline = Deadline(seconds)
        events = self.events()
        while not done(events):
            if deadline.is_over():
                raise LocalError(f"the sandbox has {len(events)} events, but not those waited for within {seconds:g} s")
            time.sleep(poll_seconds)
            events += self.events(since=len(events))
        return events

    def wait_for_ids(self, message_ids: Iterable[str], seconds: float) -> list[ReceivedEvent]:
        """All events, once every one of `message_ids` is among them; raises LocalError when `seconds` are over."""
        wanted = set(message_ids)
        return self.wait_for(lambda events: wanted <= {event.message_id for event in events}, seconds)

    def _ask(self, method: str, path: str, body: Sequence[Any] | None = None) -> Any:
        data = None if body is None else json.dumps(list(body)).encode()
        try:
            answer = self._http.request(method, f"{self.url}/_sandbox/{path}", body=data)
        except urllib3.exceptions.HTTPError as error:
            raise LocalError(f"the sandbox at {self.url} does not answer: {error}") from error
        if answer.status != 200:
            raise LocalError(f"the sandbox at {self.url} refuses {path}: {answer.data.decode(errors='replace')[:300]}")
        return json.loads(answer.data)
