"""Extracts events from queue messages: relay chunks, SNS notifications, EventBridge events, arrays, lines, events."""

import contextlib
import json
import math
import re
from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Raw, Struct, field

from dreamdata_relay.errors import EventRefused, NotJson, Refusal
from dreamdata_relay.events import json_editing
from dreamdata_relay.events.batches import Batch, read_array
from dreamdata_relay.events.bulk_refusals import sift
from dreamdata_relay.events.chunks import CHUNK_END, CHUNK_START, utf8_of
from dreamdata_relay.events.envelopes import Repeated, WrongShape, read_batch_body, without_mark
from dreamdata_relay.events.message_ids import derived_id
from dreamdata_relay.events.normalization import Completion
from dreamdata_relay.events.reading import Reading, RefusedEvent, read_events
from dreamdata_relay.events.rules import EVENT_TYPES, NO_EVENT, Reason
from dreamdata_relay.events.timestamps import from_epoch, to_utc
from dreamdata_relay.events.typed_fields import UNREADABLE, Text, all_complete, is_sound, probe_array
from dreamdata_relay.limits import (
    MAX_DEAD_LETTER_BYTES,
    MAX_EVENT_BYTES,
    MAX_LONE_DEAD_LETTERS,
    MAX_MERGED_BYTES,
    MAX_WRAPPERS,
)

# Attributes are the sender's to write: nobody's may make a number too long to read, or a dead letter too large.
_LONGEST_NUMBER = 20
_LONGEST_SOURCE = 100
_RETENTION_S = 14 * 86_400.0
_MOST_RECEIVES = 1_000
# A chunk of the relay's own has some hundred; more are read only as long as there is room for them.
MAX_EVENTS_OF_CHUNK = 5_000
# An id that needs no escape in JSON; EventBridge's own are UUIDs.
_PLAIN_ID = re.compile(r"[0-9A-Za-z._:/-]{1,100}")
_TYPES = frozenset(f'"{kind}"'.encode() for kind in EVENT_TYPES)
_CHUNK_START = CHUNK_START.decode()


class QueuedMessage(Struct, frozen=True):
    """A message as the queue gives it: ``sent_at`` in seconds since the epoch, ``receives`` from 1 on.

    ``own``: the deliver function itself sent it, as AWS attests. Attributes are any sender's to write: of others'
    messages only ``source`` is believed.
    """

    message_id: str
    receipt_handle: str
    body: str
    receives: int = 1
    sent_at: float = 0.0
    attributes: Mapping[str, str] = field(default_factory=dict)
    own: bool = False

    @property
    def splits(self) -> int:
        """How often the rest of a message has become a message of its own on the way to this one."""
        return self._number("splits") if self.own else 0

    @property
    def all_receives(self) -> int:
        """How often the events were received, also in the messages that this one is the rest of."""
        return self.receives + (min(self._number("receives"), _MOST_RECEIVES) if self.own else 0)

    @property
    def refused_before(self) -> str | None:
        """How Dreamdata refused each event alone on an earlier receive: ``beside`` an acceptance, or ``all`` else."""
        return self.attributes.get("refused") if self.own else None

    def _number(self, name: str) -> int:
        text = self.attributes.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else 0

    @property
    def first_sent_at(self) -> float:
        """When the events first reached the queue: earlier than this message where it is the rest of another."""
        if not self.own:
            # Anybody's word would move the metrics that alarms are on.
            return self.sent_at
        try:
            first = float(self.attributes["first_sent_at"])
        except (KeyError, ValueError):
            return self.sent_at
        credible = math.isfinite(first) and self.sent_at - _RETENTION_S * 10 <= first <= self.sent_at
        return first if credible else self.sent_at

    @property
    def sender(self) -> str | None:
        """What the ``source`` attribute says of where the events came from."""
        return self.attributes.get("source", "")[:_LONGEST_SOURCE] or None


class Unwrapped(Struct):
    """The events of one message; ``count`` is how many were found in it.

    ``whole``: all events were complete as they stood, and this is their text with the commas between. Otherwise
    ``reading`` has the events one by one, and those refused; ``floods`` has refused events by reason where there are
    very many. ``context`` and ``integrations`` (JSON text) were shared by all: ``merged`` bytes to merge into them.
    ``refusal``: the message as a whole cannot be events, and counts as one.
    """

    source: str
    message_ids: list[str]
    whole: memoryview | None = None
    reading: Reading = field(default_factory=Reading)
    floods: dict[Reason, list[Text]] = field(default_factory=dict)
    context: bytes | None = None
    integrations: bytes | None = None
    refusal: EventRefused | None = None
    count: int = 1
    merged: int = 0


class MergesMuch(Exception):
    """Raised for a message into whose events more (``merged`` bytes) is to be merged than was allowed for now."""

    def __init__(self, merged: int) -> None:
        super().__init__(merged)
        self.merged = merged


class _Probe(Struct):
    """The members by which a wrapper is recognised; of each only whether and what it is."""

    batch: Raw = Raw()
    type: Raw = Raw()
    Type: Raw = Raw()
    TopicArn: Raw = Raw()
    Message: Raw = Raw()
    MessageId: Raw = Raw()
    Timestamp: Raw = Raw()
    detail_type: Raw = msgspec.field(default=Raw(), name="detail-type")
    source: Raw = Raw()
    detail: Raw = Raw()
    id: Raw = Raw()
    time: Raw = Raw()


_PROBE = msgspec.json.Decoder(_Probe)


def unwrap(message: QueuedMessage) -> Unwrapped:
    """The events of ``message``; nothing is raised for what is in it."""
    return unwrap_chunk(message) or unwrap_slowly(message)


def unwrap_chunk(message: QueuedMessage) -> Unwrapped | None:
    """The events of a chunk of the relay's own, whose events can all be typed; None: it takes a closer look."""
    if not message.body.startswith(_CHUNK_START):
        return None
    body = utf8_of(message.body)
    if not body.endswith(CHUNK_END):
        return None
    # Read by itself, not as a member of the object: a second batch cannot slip past.
    # A view, for it is as large as all that is delivered.
    array = memoryview(body)[len(CHUNK_START) - 1 : 1 - len(CHUNK_END)]
    probes = probe_array(array)
    if not probes or len(probes) > MAX_EVENTS_OF_CHUNK:
        return None
    message_ids = all_complete(probes) if len(body) <= MAX_EVENT_BYTES else None
    if message_ids is not None:
        return Unwrapped(message.sender or "queue", message_ids, whole=array[1:-1], count=len(message_ids))
    found = Wrapping(message)
    reading = found.events(read_array(array, probes))
    if found.count > 1 and not reading.events:
        # Not even one: how it is written makes no difference to what becomes of it.
        return None
    return found.unwrapped(reading)


def unwrap_slowly(message: QueuedMessage, most_merged: int = MAX_MERGED_BYTES) -> Unwrapped:
    """The events of any message; raises :class:`MergesMuch` where merging takes more than ``most_merged`` bytes."""
    found = Wrapping(message, most_merged)
    try:
        reading = found.open(utf8_of(message.body))
    except EventRefused as error:
        return found.refused(error)
    if found.count == 1 and not reading.events and _holds_no_event(reading.refused):
        # Another service's message, perhaps: then it has a better reason than that it has no type.
        looks = found.looks_like()
        if looks:
            return found.refused(EventRefused(Refusal.MESSAGE_NOT_EVENT, looks))
    return found.unwrapped(reading)


class Wrapping:
    """One message being opened: what it came through, and what an EventBridge event lends to its detail."""

    def __init__(self, message: QueuedMessage, most_merged: int = MAX_MERGED_BYTES) -> None:
        self.message = message
        self.most_merged = most_merged
        self.merged = 0
        self.source = "queue"
        self.id_parts = (message.message_id.encode(),)
        self.only_id: str | None = None
        self.received_at = from_epoch(message.sent_at)
        self.floods: dict[Reason, list[Text]] = {}
        self.context: bytes | None = None
        self.integrations: bytes | None = None
        self.count = 0
        self._opened: list[bytes] = []

    def unwrapped(self, reading: Reading) -> Unwrapped:
        """What :func:`unwrap` returns of the events in ``reading``."""
        return Unwrapped(
            self.message.sender or self.source,
            reading.message_ids,
            reading=reading,
            floods=self.floods,
            context=self.context,
            integrations=self.integrations,
            count=self.count,
            merged=self.merged,
        )

    def refused(self, error: EventRefused) -> Unwrapped:
        """What :func:`unwrap` returns of a message that cannot be events."""
        if error.code in (Refusal.MESSAGE_NOT_EVENT, Refusal.MESSAGE_NOT_JSON) and (looks := self.looks_like()):
            error = EventRefused(error.code, looks)
        return Unwrapped(self.message.sender or self.source, [], refusal=error)

    def looks_like(self) -> str | None:
        """Whose message it is, where it is another service's; the innermost text is asked first."""
        # Imported here: nothing that is an event needs it.
        from dreamdata_relay.deliver import foreign_messages

        return next(filter(None, map(foreign_messages.looks_like, reversed(self._opened))), None)

    def open(self, text: bytes, wrappers: int = 0) -> Reading:
        """The events in ``text`` and in what it wraps; raises EventRefused when it cannot be events."""
        self._opened.append(text)
        text, is_lines = _json(text)
        if is_lines:
            return self._array(text, "line of the message")
        first = text[:1]
        if first == b"[":
            return self._array(text)
        if first != b"{":
            raise EventRefused(Refusal.MESSAGE_NOT_EVENT, "the message is JSON, but neither an object nor an array")
        probe = _members(text)
        if _is_event_type(probe.type):
            # It says what it is: whatever other members it has are its own.
            return self.events(Batch([text]))
        holding = _holding(probe)
        if not holding:
            return self.events(Batch([text]))
        if len(holding) > 1 or json_editing.stands_twice(text, holding[0]):
            # A reader would take one and say nothing of the other. Whose message it is says less than that.
            self._opened.clear()
            raise EventRefused(Refusal.MESSAGE_NOT_EVENT, f"the object has more than one {' or '.join(holding)}")
        if holding[0] == "batch":
            return self._batch(text)
        if wrappers == MAX_WRAPPERS:
            raise EventRefused(Refusal.WRAPPED_TOO_DEEP, f"events are wrapped more than {MAX_WRAPPERS} deep")
        return self.open(self._inner(probe, holding[0]), wrappers + 1)

    def _array(self, text: bytes, element: str = "element of the array") -> Reading:
        reading = self.events(read_array(text))
        self._refuse_whole_if_no_event(reading, text, element)
        return reading

    def _refuse_whole_if_no_event(self, reading: Reading, text: bytes, element: str = "element of the array") -> None:
        """An array of which no element is an event is one refused message: what it means nobody can tell in parts.

        Not where it is so large that a dead letter could hold only a part of it.
        """
        refused = len(reading.refused) + sum(map(len, self.floods.values()))
        if refused < self.count or len(text) > MAX_DEAD_LETTER_BYTES:
            return
        if _holds_no_event(reading.refused) and _holds_no_event(self.floods):
            raise EventRefused(Refusal.MESSAGE_NOT_EVENT, f"no {element} is an event")

    def _batch(self, text: bytes) -> Reading:
        try:
            envelope = read_batch_body(text)
        except WrongShape as error:
            if isinstance(error, Repeated):
                # Whose message it is says less than that.
                self._opened.clear()
            raise EventRefused(Refusal.MESSAGE_NOT_EVENT, str(error)) from None
        merged = envelope.shared_bytes * envelope.count()
        if merged > MAX_MERGED_BYTES:
            detail = f"context and integrations merged into every event are {merged} bytes, over {MAX_MERGED_BYTES}"
            raise EventRefused(Refusal.MESSAGE_TOO_LARGE, detail)
        if merged > self.most_merged:
            raise MergesMuch(merged)
        self.merged = merged
        self.context, self.integrations = envelope.context, envelope.integrations
        reading = self.events(envelope.batch, envelope.context, envelope.integrations)
        if self.count > 1:
            self._refuse_whole_if_no_event(reading, text)
        elif reading.refused and reading.refused[0].code in NO_EVENT and not _ENVELOPE.issuperset(_names(text)):
            # The object says more than its one element does: it is kept as it is.
            raise EventRefused(reading.refused[0].code, reading.refused[0].detail)
        return reading

    def events(self, batch: Batch, context: bytes | None = None, integrations: bytes | None = None) -> Reading:
        """The events of ``batch``, read and completed; ``context`` and ``integrations`` are shared by all."""
        self.count = len(batch.raws)
        if not self.count:
            raise EventRefused(Refusal.MESSAGE_NOT_EVENT, "the message holds no event")
        completion = self.completion(len(batch.raws) == 1, context, integrations)
        return read_events(self._without_floods(batch), completion)

    def completion(self, alone: bool, context: bytes | None, integrations: bytes | None) -> Completion:
        """What the message's events are completed with; ``alone``: there is one only."""
        return Completion(
            received_at=self.received_at,
            message_id=lambda _text, index, _own_time: self._message_id(index, alone),
            context=context,
            integrations=integrations,
        )

    def _without_floods(self, batch: Batch) -> Batch:
        """``batch`` without the events that are refused at a glance, where they may be hundreds of thousands."""
        raws = batch.raws
        if len(raws) <= MAX_LONE_DEAD_LETTERS or (batch.probes and all(map(is_sound, batch.probes))):
            return batch
        sieve = sift(raws)
        for reason, indexes in sieve.refused.items():
            self.floods[reason] = [raws[index] for index in indexes]
        # Places as they were: they are what derived ids are made of.
        return Batch([raws[index] for index in sieve.rest], None, batch.size, sieve.rest)

    def _message_id(self, index: int, alone: bool) -> str:
        if alone and self.only_id:
            return self.only_id
        return derived_id(*self.id_parts, str(index).encode())

    def _inner(self, probe: _Probe, member: str) -> bytes:
        if member == "Message":
            self._came_through("sns", probe.MessageId, probe.Timestamp)
            return utf8_of(json.loads(bytes(probe.Message)))
        self._came_through("eventbridge", probe.id, probe.time)
        return bytes(probe.detail)

    def _came_through(self, source: str, given_id: Raw, given_time: Raw) -> None:
        """Note a wrapper: its id and time stand in for an event's own, so that what comes twice has the same."""
        if self.source == "queue":
            self.source = source
        wrapper_id = _string(given_id)
        if wrapper_id and _PLAIN_ID.fullmatch(wrapper_id):
            # The same event delivered twice keeps its id; a second message on the queue has another.
            self.only_id, self.id_parts = wrapper_id, (wrapper_id.encode(),)
        with contextlib.suppress(ValueError):
            self.received_at = to_utc(_string(given_time) or "")


def _json(text: bytes) -> tuple[bytes, bool]:
    """``text`` as JSON, and whether it is events one a line, which are an array then."""
    # A byte order mark is no content, however often the text was wrapped.
    stripped = without_mark(text)
    if not stripped:
        raise EventRefused(Refusal.MESSAGE_EMPTY, "the message is empty")
    repaired = json_editing.without_constants(stripped)
    try:
        json_editing.check(repaired)
    except NotJson:
        return _lines(repaired), True
    return repaired, False


def _lines(text: bytes) -> bytes:
    # Imported here: next to no message needs it.
    from dreamdata_relay.events.body_shapes import array_of_lines

    try:
        return array_of_lines(text)
    except NotJson as error:
        raise EventRefused(Refusal.MESSAGE_NOT_JSON, f"the message is {error}") from None


def _names(text: bytes) -> set[str]:
    return {member.key for member in json_editing.split_object(text)}


def _holds_no_event(refused: Iterable[RefusedEvent | Reason]) -> bool:
    """Whether nothing that was refused is anything like an event."""
    return all(one.code in NO_EVENT for one in refused)


def _is_event_type(given: Raw) -> bool:
    text = bytes(given)
    # A type may be spelled with escapes.
    return text in _TYPES or (b"\\" in text and _string(given) in EVENT_TYPES)


def _holding(probe: _Probe) -> list[str]:
    """The members that hold events: an envelope's, a notification's of SNS, an event's of EventBridge."""
    found = []
    if bytes(probe.batch)[:1] == b"[" or (probe.batch and not probe.type):
        found.append("batch")
    if bytes(probe.Type) == b'"Notification"' and probe.TopicArn and bytes(probe.Message)[:1] == b'"':
        found.append("Message")
    if probe.detail_type and probe.source and probe.id and probe.detail:
        found.append("detail")
    return found


def _members(text: bytes) -> _Probe:
    try:
        return _PROBE.decode(text)
    except UNREADABLE:
        values = {m.key: Raw(text[m.value_start : m.value_end]) for m in json_editing.split_object(text)}
        names = {"detail-type": "detail_type"}
        return _Probe(**{names.get(key, key): value for key, value in values.items() if key in _NAMES})


def _string(value: Raw) -> str | None:
    text = bytes(value)
    return str(json.loads(text)) if text[:1] == b'"' else None


_NAMES = frozenset(
    {"batch", "type", "Type", "TopicArn", "Message", "MessageId", "Timestamp", "detail-type", "source", "detail", "id"}
    | {"time"}
)
_ENVELOPE = frozenset({"batch", "context", "integrations"})
