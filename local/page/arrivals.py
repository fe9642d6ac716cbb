"""The events that came over HTTP, each found again by what the relay made of it.

One with an id, its own or one derived from its text, is found by that. The id of another is random: it is found by all
that the relay does not fill in.
"""

import hashlib
import json
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

import msgspec
from msgspec import Struct

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events.batches import Batch
from dreamdata_relay.events.event_editing import edited, with_type, without_key
from dreamdata_relay.events.json_editing import split_around
from dreamdata_relay.events.message_ids import derived_id
from dreamdata_relay.events.normalization import Completion, merged
from dreamdata_relay.events.reading import read_events, readable_id
from local.page.cleaning import Cleaner, RuleChange
from local.page.observations import Came, SeenEvent
from local.page.reading import dropped_event, seen_event
from local.page.requests import CameEvent, PassedRequest, dropped_of, events_of, is_sandboxed, refused_places
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
    """An event and the request that it came in.

    Where privacy rules are in force ``made`` is what the relay makes of it, ``event`` has nothing that they take away,
    and ``changes`` says where they did.
    """

    event: CameEvent
    at: str
    method: str
    path: str
    agent: str
    status: int
    made: bytes = b""
    changes: tuple[RuleChange, ...] = ()

    def made_into(self, message_id: str, received_at: str) -> bytes | None:
        """What the relay makes of it where it gives it this id and this time; None where it refuses it."""
        if self.made:
            return _filled(self.made, message_id, received_at)
        texts, _ = _read(self.event, received_at, message_id)
        return texts[0] if texts else None

    def becomes(self, text: bytes, message_id: str) -> bool:
        """Whether `text` is what the relay makes of it, or keeps of it as a dead letter."""
        if self.made:
            return _rest(text) == _rest(self.made)
        return text in (_kept(self.event), self.made_into(message_id, timestamp_of(text)))


class Arrivals:
    """The newest arrivals, at most `max_bytes` of them; may be used from any thread.

    `cleaner`: cleans what is kept; `names` gives the relay keys' names. The record has no keys: the rules of all hold.
    """

    def __init__(
        self,
        max_bytes: int = MAX_BYTES,
        cleaner: Cleaner | None = None,
        names: Callable[[], Sequence[str]] = lambda: (),
    ) -> None:
        self._max_bytes = max_bytes
        self._cleaner = cleaner
        self._names = names
        self._dropped = 0
        self._lock = threading.Lock()
        self._found: dict[str, deque[Arrival]] = {}
        self._order: deque[tuple[str, int]] = deque()
        self._bytes = 0

    def take(self, request: PassedRequest) -> list[Came]:
        """Keep the events of a request answered 200; returns those to deliver whose id is known, and dropped ones."""
        if request.status != 200:
            return []
        if self._cleaner is not None:
            return self._take_cleaned(request, self._cleaner)
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

    def _take_cleaned(self, request: PassedRequest, cleaner: Cleaner) -> list[Came]:
        sources = [f"http:{name}" for name in self._names()] or ["http:default"]
        refused, came, dropped = refused_places(request), list[SeenEvent](), list[SeenEvent]()
        for event in events_of(request):
            completion = _completion(event, _RECEIPT, _RANDOM_ID)
            texts, ids = _read(event, _RECEIPT, _RANDOM_ID)
            shared = merged(event.read, completion)
            is_accepted = bool(texts) and event.index not in refused
            cleaned = cleaner.cleaned(texts[0] if is_accepted else shared, sources)
            message_id = ids[0] if texts else readable_id(event.read) or ""
            has_own = message_id not in ("", _RANDOM_ID)
            if cleaned.dropped:
                dropped.append(self._drop(event, message_id if has_own else "", cleaned.dropped))
            if not cleaned.text:
                continue
            made = _checked_again(cleaned.text, completion) if is_accepted else cleaned.text
            shown = cleaner.cleaned(shared, sources).text
            kept = msgspec.structs.replace(event, text=shown, read=shown, context=None, integrations=None)
            agent = request.header("user-agent")
            arrival = Arrival(
                kept, request.at, request.method, request.path, agent, request.status, made, cleaned.changes
            )
            self._keep(message_id if has_own else _rest(made), arrival)
            if is_accepted and has_own:
                came.append(seen_event(made, message_id, keep_text=False))
        if is_sandboxed(request):
            return []
        # A rule of another relay key may drop it, and this one's not: the answer tells how many were dropped.
        seen = (*came, *(dropped if len(dropped) <= dropped_of(request) else ()))
        return [Came(from_iso(request.at), seen)] if seen else []

    def _drop(self, event: CameEvent, message_id: str, rule: str) -> SeenEvent:
        self._dropped += 1
        # Its type is no more than the path or the rule tells; nothing else of it is kept.
        kind = seen_event(with_type(event.read, event.kind) if event.kind else event.read, message_id, keep_text=False)
        return dropped_event(replace(kind, mark="" if message_id else str(self._dropped)), rule)

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
    batch = Batch([event.read], None, len(event.read), [event.index])
    reading = read_events(batch, _completion(event, received_at, message_id))
    return [bytes(text) for text in reading.events], reading.message_ids


def _completion(event: CameEvent, received_at: str, message_id: str) -> Completion:
    def made(text: bytes, index: int, exact: bool) -> str:
        return derived_id(text, str(index).encode()) if exact else message_id

    return Completion(
        received_at=received_at,
        message_id=made,
        kind=event.kind,
        context=event.context,
        integrations=event.integrations,
    )


def _checked_again(text: bytes, completion: Completion) -> bytes:
    """What the relay makes of an event that privacy rules have cleaned; the text itself where it refuses that."""
    again = Completion(completion.received_at, completion.message_id, copies_traits=False)
    events = read_events(Batch([text], None, len(text), [0]), again).events
    return bytes(events[0]) if events else text


def _filled(text: bytes, message_id: str, received_at: str) -> bytes:
    with suppress(NotJson):
        if text[:1] == b"{":
            values = dict(zip(_FILLED, (json.dumps(one).encode() for one in (message_id, received_at)), strict=True))
            return edited(text, split_around(text, _FILLED), values, ())
    return text


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
