"""Posts a batch until it has an answer, always with the same ids, so that a retry makes no other event."""

import base64
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import urllib3
from urllib3.util import Retry

from relay_cli.errors import AwsFailed, NotAsWished, NotKnown, RelayCommandError
from relay_cli.history.batching import Batch

_TIMEOUT = urllib3.Timeout(connect=5.0, read=30.0)
# API Gateway's, Lambda's and the relay's own word for "later"; 408 and 425 are a proxy's.
_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})
# Of any other something may have been taken: a function may have been stopped in the midst of it.
_SURELY_NOT = frozenset({425, 429})
TRIES = 12
BACKOFF_S = 0.5
LONGEST_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that the relay refused: its index in the batch, and why."""

    index: int
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The relay's answer to a batch: how many it ``accepted`` and how many were ``repeated``; the others are listed."""

    accepted: int
    repeated: int = 0
    refused: list[Refused] = field(default_factory=list)


class Stopped(Exception):
    """Raised when a batch is given up because the import ends; ``perhaps``: it may have been taken."""

    def __init__(self, *, perhaps: bool) -> None:
        super().__init__()
        self.perhaps = perhaps


class _Listed(msgspec.Struct):
    index: int
    code: str = ""
    detail: str = ""


class _Body(msgspec.Struct):
    accepted: int
    rejected: list[_Listed] = msgspec.field(default_factory=list)
    repeated: int = 0


_BODY = msgspec.json.Decoder(_Body)


class Poster:
    """Posts to the relay at ``api_url`` over ``connections`` that stay open; safe to use from that many threads.

    ``stop`` ends the waits between tries. ``waiting`` gets the reason for each retry.
    """

    def __init__(
        self,
        api_url: str,
        key: str,
        connections: int,
        stop: threading.Event,
        waiting: Callable[[str], None] = lambda _: None,
    ) -> None:
        credentials = base64.b64encode(f"{key}:".encode()).decode()
        self._url = f"{api_url}/v1/batch"
        self._headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"}
        self._pool = urllib3.PoolManager(maxsize=connections, block=True, timeout=_TIMEOUT)
        self._stop = stop
        self._waiting = waiting
        self._retry = Retry(
            total=TRIES - 1, backoff_factor=BACKOFF_S, backoff_max=LONGEST_WAIT_S, backoff_jitter=BACKOFF_S
        )

    def post(self, batch: Batch) -> Answer:
        """Post it; raises NotAsWished, AwsFailed or NotKnown if a retry cannot help or did not help; Stopped."""
        body, retry, perhaps = batch.body(), self._retry, False
        while True:
            if self._stop.is_set():
                raise Stopped(perhaps=perhaps)
            wait = 0.0
            try:
                answer = self._pool.request(
                    "POST", self._url, body=body, headers=self._headers, redirect=False, retries=False
                )
                if answer.status not in _LATER:
                    return _read(answer, len(batch.events))
                trouble = f"answers {answer.status}"
                perhaps |= answer.status not in _SURELY_NOT
                wait = min(retry.get_retry_after(answer) or 0.0, LONGEST_WAIT_S)
            except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as error:
                trouble = f"is not reached ({type(error).__name__})"
            except urllib3.exceptions.HTTPError as error:
                perhaps = True
                trouble = f"does not answer ({type(error).__name__})"
            if len(retry.history) + 1 >= TRIES:
                kind = NotKnown if perhaps else AwsFailed
                raise kind(f"the relay {trouble}, also after {TRIES} tries")
            retry = retry.increment("POST", self._url, error=_Again())
            self._waiting(trouble)
            self._stop.wait(max(wait, retry.get_backoff_time(), BACKOFF_S / 2))


class _Again(urllib3.exceptions.HTTPError):
    """Stands for any failure: whether to retry is decided before it is counted."""


def _read(answer: Any, sent: int) -> Answer:
    if answer.status != 200:
        raise _refusal(answer)
    try:
        found = _BODY.decode(answer.data)
    except (msgspec.MsgspecError, UnicodeError):
        raise NotKnown("what answers at the relay's address is no relay: its 200 says nothing of events") from None
    refused = [Refused(one.index, one.code, one.detail) for one in found.rejected if 0 <= one.index < sent]
    if found.accepted + found.repeated + len(refused) != sent:
        raise NotKnown(
            f"the relay's answer does not add up: {sent} events were sent, {found.accepted} accepted,"
            f" {len(refused)} refused, {found.repeated} repeated"
        )
    return Answer(found.accepted, found.repeated, refused)


def _refusal(answer: Any) -> RelayCommandError:
    try:
        told = msgspec.json.decode(answer.data)
    except (msgspec.MsgspecError, UnicodeError):
        told = {}
    told = told if isinstance(told, dict) else {}
    what = f"{told.get('code', '')} {told.get('message', '')}".strip()
    return NotAsWished(f"the relay answered {answer.status}: {what}".rstrip(": "))
