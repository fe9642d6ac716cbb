"""The events that came over HTTP, each found again by what the relay made of it.

One with an id, its own or one derived from its text, is found by that. The id of another is random: it is found by all
that the relay does not fill in.
"""

import hashlib
import json
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from msgspec import Struct

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events.batches import Batch
from dreamdata_relay.events.event_editing import edited, with_type, without_key
from dreamdata_relay.events.json_editing import split_around
from dreamdata_relay.events.message_ids import derived_id
from dreamdata_relay.events.normalization import Completion
from dreamdata_relay.events.reading import read_events, readable_id
from local.page.observations import Came
from local.page.reading import seen_event
from local.page.requests import CameEvent, PassedRequest, events_of, is_sandboxed, refused_places
from local.page.rows import from_iso

MAX_BYTES = 64 * 1024 * 1024
# Of those that cannot be told apart, or have the same id.
_MOST_COMPARED = 64
# What an entry takes beside its texts.
_OVERHEAD_BYTES = 500
_RANDOM_ID = "00000000-0000-4000-8000-000000000000"
_RECEIPT = "2000-01-01T00:00:00.000Z"
_FILLED = ("messageId", "timestamp")


class Arrival(Struct, frozen=True):
    """An event and the request that it came in."""

    event: CameEvent
    at: str
    method: str
    path: str
    agent: str
    status: int

    def made_into(self, message_id: str, received_at: str) -> bytes | None:
        """What the relay makes of it where it gives it this id and this time; None where it refuses it."""
        texts, _ = _read(self.event, received_at, message_id)
        return texts[0] if texts else None

    def becomes(self, text: bytes, message_id: str) -> bool:
        """Whether `text` is what the relay makes of it, or keeps of it as a dead letter."""
        return text in (_kept(self.event), self.made_into(message_id, timestamp_of(text)))


class Arrivals:
    """The newest arrivals, at most `max_bytes` of them; may be used from any thread."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._found: dict[str, deque[Arrival]] = {}
        self._order: deque[tuple[str, int]] = deque()
        self._bytes = 0

    def take(self, request: PassedRequest) -> list[Came]:
        """Keep the events of a request that was answered 200; returns those to be delivered whose id is known."""
        if request.status != 200:
            return []
        refused, sandboxed = refused_places(request), is_sandboxed(request)
        came = []
        for event in events_of(request):
            arrival = Arrival(
                event, request.at, request.method, request.path, request.header("user-agent"), request.status
            )
            texts, ids = _read(event, _RECEIPT, _RANDOM_ID)
            is_accepted = bool(texts) and event.index not in refused and not sandboxed
            message_id = ids[0] if texts else readable_id(event.read) or ""
            has_own = message_id not in ("", _RANDOM_ID)
            self._keep(message_id if has_own else _rest(texts[0] if texts else _kept(event)), arrival)
            if is_accepted and has_own:
                came.append(seen_event(texts[0], message_id, keep_text=False))
        return [Came(from_iso(request.at), tuple(came))] if came else []

    def find(self, message_id: str, text: bytes) -> Arrival | None:
        """How the event with this id came that the relay queued, sent or refused as `text`: the newest of the same."""
        with self._lock:
            by_id, alike = (list(self._found.get(name, ()))[-_MOST_COMPARED:] for name in (message_id, _rest(text)))
        same = (arrival for arrival in reversed([*alike, *by_id]) if arrival.becomes(text, message_id))
        return next(same, by_id[-1] if by_id else None)

    def _keep(self, name: str, arrival: Arrival) -> None:
        size = len(arrival.event.text) + len(arrival.event.read) + _OVERHEAD_BYTES
        with self._lock:
            self._found.setdefault(name, deque()).append(arrival)
            self._order.append((name, size))
            self._bytes += size
            while self._bytes > self._max_bytes and len(self._order) > 1:
                self._forget_oldest()

    def _forget_oldest(self) -> None:
        name, size = self._order.popleft()
        self._bytes -= size
        found = self._found[name]
        found.popleft()
        if not found:
            del self._found[name]


def _read(event: CameEvent, received_at: str, message_id: str) -> tuple[Sequence[bytes], Sequence[str]]:
    """The event as the relay completes it, and its id; `message_id` stands for a random one."""

    def made(text: bytes, index: int, exact: bool) -> str:
        return derived_id(text, str(index).encode()) if exact else message_id

    completion = Completion(
        received_at=received_at,
        message_id=made,
        kind=event.kind,
        context=event.context,
        integrations=event.integrations,
    )
    reading = read_events(Batch([event.read], None, len(event.read), [event.index]), completion)
    return [bytes(text) for text in reading.events], reading.message_ids


def _kept(event: CameEvent) -> bytes:
    """The event as a dead letter keeps it."""
    kept = without_key(event.read)
    return with_type(kept, event.kind) if event.kind and kept[:1] == b"{" else kept


def _rest(text: bytes) -> str:
    """What tells an event apart but for what the relay fills in."""
    with suppress(NotJson):
        if text[:1] == b"{":
            text = edited(text, split_around(text, _FILLED), dict.fromkeys(_FILLED), ())
    return hashlib.sha1(text, usedforsecurity=False).hexdigest()


def timestamp_of(text: bytes) -> str:
    """The timestamp of an event that is complete; of any other text nothing."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return str(value.get("timestamp", "")) if isinstance(value, dict) else ""
