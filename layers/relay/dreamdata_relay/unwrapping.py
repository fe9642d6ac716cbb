"""What lies on the queue, from any sender, as events: our own chunks, SNS, EventBridge, arrays, single events."""

import contextlib
import json
import math
import re
from collections.abc import Mapping

import msgspec
from msgspec import Raw, Struct, field

from dreamdata_relay import json_text
from dreamdata_relay.chunks import CHUNK_END, CHUNK_START, utf8_of
from dreamdata_relay.completion import Completion
from dreamdata_relay.envelopes import WrongShape, read_batch_body
from dreamdata_relay.errors import EventRefused, NotJson, Refusal
from dreamdata_relay.events import Batch, Reading, read_array, read_events
from dreamdata_relay.floods import Reason, sift
from dreamdata_relay.identifiers import derived_id
from dreamdata_relay.limits import MAX_EVENT_BYTES, MAX_LONE_DEAD_LETTERS, MAX_WRAPPERS
from dreamdata_relay.probes import UNREADABLE, Probe, Text, all_complete, is_sound, probe_array
from dreamdata_relay.timestamps import from_epoch, to_utc

# Attributes are the sender's to write: nobody's may make a number too long to read, or a dead letter too large.
_LONGEST_NUMBER = 20
_LONGEST_SOURCE = 100
_RETENTION_S = 14 * 86_400.0
# An id that needs no escape in JSON; EventBridge's own are UUIDs.
_PLAIN_ID = re.compile(r"[0-9A-Za-z._:/-]{1,100}")


class QueuedMessage(Struct, frozen=True):
    """A message as the queue gives it: ``sent_at`` in seconds since the epoch, ``receives`` from 1 on."""

    message_id: str
    receipt_handle: str
    body: str
    receives: int = 1
    sent_at: float = 0.0
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def splits(self) -> int:
        """How often the rest of a message has become a message of its own on the way to this one."""
        text = self.attributes.get("splits", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else 0

    @property
    def first_sent_at(self) -> float:
        """When the events first reached the queue: earlier than this message where it is the rest of another."""
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
    """The events of one message.

    ``whole``: all events were complete as they stood, and this is their text with the commas between. Otherwise
    ``reading`` has the events one by one, and those refused; ``floods`` has refused events by reason where there are
    very many. ``refusal``: the message as a whole cannot be events.
    """

    source: str
    message_ids: list[str]
    whole: memoryview | None = None
    reading: Reading = field(default_factory=Reading)
    floods: dict[Reason, list[Text]] = field(default_factory=dict)
    refusal: EventRefused | None = None


class _Probe(Struct):
    """The members by which a wrapper is recognised; of each only whether and what it is."""

    batch: Raw = Raw()
    type: Raw = Raw()
    Type: Raw = Raw()
    TopicArn: Raw = Raw()
    Message: Raw = Raw()
    detail_type: Raw = msgspec.field(default=Raw(), name="detail-type")
    source: Raw = Raw()
    detail: Raw = Raw()
    id: Raw = Raw()
    time: Raw = Raw()


_PROBE = msgspec.json.Decoder(_Probe)


def unwrap(message: QueuedMessage) -> Unwrapped:
    """The events of ``message``; nothing is raised for what is in it."""
    body = utf8_of(message.body)
    sender = message.sender
    chunk = _typed_chunk(body)
    if chunk is not None and len(body) <= MAX_EVENT_BYTES:
        array, probes = chunk
        message_ids = all_complete(probes)
        if message_ids is not None:
            return Unwrapped(sender or "queue", message_ids, whole=array[1:-1])
    found = Wrapping(message)
    try:
        reading = found.events(read_array(*chunk)) if chunk else found.open(body)
    except EventRefused as refused:
        return Unwrapped(sender or found.source, [], refusal=refused)
    return Unwrapped(sender or found.source, reading.message_ids, reading=reading, floods=found.floods)


def _typed_chunk(body: bytes) -> tuple[memoryview, list[Probe]] | None:
    """The array of a chunk of ours and its events' probes; None: not such a chunk, or not every event can be typed.

    The array is read by itself, not as a member of the object: a second ``batch`` cannot slip past.
    """
    if not body.startswith(CHUNK_START) or not body.endswith(CHUNK_END):
        return None
    # A view, for it is as large as all that is delivered.
    array = memoryview(body)[len(CHUNK_START) - 1 : 1 - len(CHUNK_END)]
    probes = probe_array(array)
    return (array, probes) if probes else None


class Wrapping:
    """One message being opened: what it came through, and what an EventBridge event lends to its detail."""

    def __init__(self, message: QueuedMessage) -> None:
        self.message = message
        self.source = "queue"
        self.id_parts = (message.message_id.encode(),)
        self.only_id: str | None = None
        self.received_at = from_epoch(message.sent_at)
        self.floods: dict[Reason, list[Text]] = {}

    def open(self, text: bytes, wrappers: int = 0) -> Reading:
        """The events in ``text`` and in what it wraps; raises EventRefused when it cannot be events."""
        text = _json(text)
        first = text[:1]
        if first == b"[":
            return self.events(read_array(text))
        if first != b"{":
            raise EventRefused(Refusal.MESSAGE_NOT_EVENT, "the message is JSON, but neither an object nor an array")
        probe = _members(text)
        if bytes(probe.batch)[:1] == b"[" or (probe.batch and not probe.type):
            return self._batch(text)
        inner = self._sns(probe)
        if inner is None:
            inner = self._eventbridge(probe)
        if inner is None:
            return self.events(Batch([text]))
        if wrappers == MAX_WRAPPERS:
            raise EventRefused(Refusal.WRAPPED_TOO_DEEP, f"events are wrapped more than {MAX_WRAPPERS} deep")
        return self.open(inner, wrappers + 1)

    def _batch(self, text: bytes) -> Reading:
        try:
            envelope = read_batch_body(text)
        except WrongShape:
            raise EventRefused(Refusal.MESSAGE_NOT_EVENT, "batch is not a list of events") from None
        return self.events(envelope.batch, envelope.context, envelope.integrations)

    def events(self, batch: Batch, context: bytes | None = None, integrations: bytes | None = None) -> Reading:
        """The events of ``batch``, read and completed; ``context`` and ``integrations`` are shared by all."""
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

    def _sns(self, probe: _Probe) -> bytes | None:
        if bytes(probe.Type) != b'"Notification"' or not probe.TopicArn or bytes(probe.Message)[:1] != b'"':
            return None
        self._came_through("sns")
        return utf8_of(json.loads(bytes(probe.Message)))

    def _eventbridge(self, probe: _Probe) -> bytes | None:
        if not (probe.detail_type and probe.source and probe.id and probe.detail):
            return None
        self._came_through("eventbridge")
        event_id = _string(probe.id)
        if event_id and _PLAIN_ID.fullmatch(event_id):
            # The same event delivered twice by EventBridge keeps its id; a second message on the queue has another.
            self.only_id, self.id_parts = event_id, (event_id.encode(),)
        with contextlib.suppress(ValueError):
            self.received_at = to_utc(_string(probe.time) or "")
        return bytes(probe.detail)

    def _came_through(self, source: str) -> None:
        if self.source == "queue":
            self.source = source


def _json(text: bytes) -> bytes:
    stripped = text.strip(b" \t\r\n")
    if not stripped:
        raise EventRefused(Refusal.MESSAGE_EMPTY, "the message is empty")
    repaired = json_text.without_constants(stripped)
    try:
        json_text.check(repaired)
    except NotJson as error:
        raise EventRefused(Refusal.MESSAGE_NOT_JSON, f"the message is {error}") from None
    return repaired


def _members(text: bytes) -> _Probe:
    try:
        return _PROBE.decode(text)
    except UNREADABLE:
        values = {m.key: Raw(text[m.value_start : m.value_end]) for m in json_text.split_object(text)}
        names = {"detail-type": "detail_type"}
        return _Probe(**{names.get(key, key): value for key, value in values.items() if key in _NAMES})


def _string(value: Raw) -> str | None:
    text = bytes(value)
    return str(json.loads(text)) if text[:1] == b'"' else None


_NAMES = frozenset({"batch", "type", "Type", "TopicArn", "Message", "detail-type", "source", "detail", "id", "time"})
