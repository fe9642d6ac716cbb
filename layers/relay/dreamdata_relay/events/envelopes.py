"""The body of a request: its events, what is shared by them, and the relay key that some clients send in it only."""

import re
from collections.abc import Callable, Iterator

import msgspec
from msgspec import Raw, Struct

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events import json_editing
from dreamdata_relay.events.batch_member import list_stands_once, stands_once, taken_apart
from dreamdata_relay.events.reading import Batch, read_array
from dreamdata_relay.events.streaming import LongArray
from dreamdata_relay.events.typed_fields import UNREADABLE, Probe, place_in
from dreamdata_relay.limits import MAX_EVENTS_AT_ONCE, MAX_KEY_BYTES, MAX_KEYLESS_REPAIRED_BYTES, MAX_SHARED_BYTES

_REPEATED = "the body has more than one member named batch: put all events into one list"
_SPACE = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"


class WrongShape(NotJson):
    """Raised when a body is JSON but not of the shape that its route takes."""


class Envelope(Struct, frozen=True):
    """A body read: its events, and the ``context`` and ``integrations`` objects to merge into them."""

    batch: Batch
    context: bytes | None = None
    integrations: bytes | None = None
    # In the place of ``batch``, which is empty then.
    long: LongArray | None = None

    def parts(self, most: int) -> Iterator[Batch]:
        """The events in batches of at most ``most``."""
        return (self.batch if self.long is None else self.long).parts(most)

    def count(self) -> int:
        """How many events there are; of a long body a pass over it."""
        return len(self.batch.raws) if self.long is None else self.long.count()

    @property
    def shared_bytes(self) -> int:
        """What merging adds to an event at most."""
        return len(self.context or b"") + len(self.integrations or b"")


class _Raws(Struct):
    batch: list[Raw]
    type: Raw = Raw()
    context: Raw = Raw()
    integrations: Raw = Raw()


class _Long(Struct):
    batch: Raw
    type: Raw = Raw()
    context: Raw = Raw()
    integrations: Raw = Raw()


class _Probes(Struct):
    batch: list[Probe]


class _Keyed(Struct):
    writeKey: Raw = Raw()


# Of a member that stands twice both passes take the last one: what was looked at is what is forwarded. That there are
# not two lists of events is looked at by itself.
_RAWS = msgspec.json.Decoder(_Raws)
_LONG = msgspec.json.Decoder(_Long)
_LIST = msgspec.json.Decoder(list[Raw])
_PROBES = msgspec.json.Decoder(_Probes)
_PROBE_LIST = msgspec.json.Decoder(list[Probe])
_KEYED = msgspec.json.Decoder(_Keyed)
_ANY = msgspec.json.Decoder(Raw)
_WRITE_KEY = b'"writeKey"'
_WRITE_KEY_MEMBER = re.compile(
    _WRITE_KEY + rb'[ \t\r\n]{0,9}+:[ \t\r\n]{0,9}+("(?:[^"\\]|\\.){0,%d}+")' % MAX_KEY_BYTES
)


def keys_in(body: bytes) -> list[str]:
    """The relay keys that a body may show, at most two, whatever else it is; the likelier one first.

    The body is a stranger's until one of them is known: it is read once, strictly, and nothing is made of its events.
    Where it cannot be read so (``NaN``, lone surrogates) the last and the first member called ``writeKey`` count,
    wherever they stand: nobody can write a key that he does not know. Only a small body is repaired to be read.
    """
    try:
        found = [_KEYED.decode(body).writeKey]
    except UNREADABLE:
        places = {body.rfind(_WRITE_KEY): None, body.find(_WRITE_KEY): None}
        members = [_WRITE_KEY_MEMBER.match(body, place) for place in places if place >= 0]
        found = [Raw(member[1]) for member in members if member]
        if not found and 0 < len(body) <= MAX_KEYLESS_REPAIRED_BYTES:
            found = _key_of_repaired(body)
    return [key for raw in found if (key := _key_of(raw))]


def _key_of_repaired(body: bytes) -> list[Raw]:
    try:
        return [_KEYED.decode(json_editing.readable(json_editing.without_constants(body.removeprefix(_BOM)))).writeKey]
    except UNREADABLE:
        return []


def _key_of(raw: Raw) -> str | None:
    if len(raw) > MAX_KEY_BYTES:
        return None
    try:
        return msgspec.json.decode(raw, type=str)
    except UNREADABLE:
        return None


def read_batch_body(body: bytes) -> Envelope:
    """The envelope of a ``/v1/batch`` body: an object with a list ``batch``, or the events in a list or one a line.

    Raises :class:`NotJson`, or :class:`WrongShape` when there is no event list, or more than one.
    """
    return _read(body, _read_at_once, long=False)


def read_long_batch_body(body: bytes) -> Envelope:
    """The same of a body of megabytes, with its events left to be taken apart a stretch at a time."""
    return _read(body, _read_long, long=True)


def _read(body: bytes, quickly: Callable[[bytes], Envelope], *, long: bool) -> Envelope:
    try:
        return quickly(body)
    except UNREADABLE:
        text = _without_constants(body)
    try:
        json_editing.check(text)
    except NotJson:
        from dreamdata_relay.events.body_shapes import array_of_lines

        text = array_of_lines(text)
    if text.lstrip(_SPACE)[:1] == b"[":
        return _of_array(text.strip(_SPACE), long=long)
    try:
        return quickly(text)
    except UNREADABLE:
        return _read_slowly(text, long=long)


def read_single_body(body: bytes) -> Envelope:
    """The envelope of a body that is one event by itself; raises :class:`NotJson` or :class:`WrongShape`."""
    text = _repaired(body).strip(_SPACE)
    if text[:1] != b"{" or b"batch" in text or b"\\u" in text:
        from dreamdata_relay.events.body_shapes import of_no_event

        told = of_no_event(text)
        if told:
            raise WrongShape(told)
    return Envelope(Batch([text]))


def _of_array(array: bytes, *, long: bool) -> Envelope:
    """The events of a list that has nothing around it; ``array`` has passed ``json_editing.check``."""
    if not long:
        return Envelope(read_array(array))
    try:
        _ANY.decode(array)
    except UNREADABLE:
        return Envelope(Batch([]), long=LongArray(array, typed=False))
    return Envelope(Batch([]), long=LongArray(array, typed=True))


def _read_at_once(body: bytes) -> Envelope:
    """Read the list by itself and what is beside it; where that is not so simple, the body as one."""
    apart = taken_apart(body)
    if apart is None:
        return _read_as_one(body)
    array, rest = apart
    try:
        # Its one batch, where it has any, is the list's place.
        beside = _LONG.decode(rest)
        raws = _LIST.decode(array)
    except UNREADABLE:
        return _read_as_one(body)
    if beside.type:
        _check(body, beside.type)
    probes, untyped = None, None
    if len(raws) <= MAX_EVENTS_AT_ONCE:
        try:
            probes = _PROBE_LIST.decode(array)
        except UNREADABLE as error:
            untyped = place_in(error)
    batch = Batch(raws, probes, len(body), untyped=untyped)
    if beside.context or beside.integrations:
        return _envelope(batch, bytes(beside.context), bytes(beside.integrations))
    return Envelope(batch)


def _read_as_one(body: bytes) -> Envelope:
    raws = _RAWS.decode(body)
    _check(body, raws.type, one_batch=stands_once(body, raws.batch))
    probes, untyped = None, None
    if len(raws.batch) <= MAX_EVENTS_AT_ONCE:
        try:
            probes = _PROBES.decode(body).batch
        except UNREADABLE as error:
            untyped = place_in(error)
    batch = Batch(raws.batch, probes, len(body), untyped=untyped)
    return _envelope(batch, bytes(raws.context), bytes(raws.integrations))


def _read_long(body: bytes) -> Envelope:
    raw = _LONG.decode(body)
    if bytes(memoryview(raw.batch)[:1]) != b"[":
        return _read_slowly(body, long=True)
    _check(body, raw.type, one_batch=list_stands_once(body, raw.batch))
    return _envelope(Batch([]), bytes(raw.context), bytes(raw.integrations), LongArray(raw.batch, typed=True))


def _check(body: bytes, kind: Raw | bytes, *, one_batch: bool = True) -> None:
    """Raise :class:`WrongShape` for a body with two lists of events, and for an event with a list of that name."""
    if kind and _is_event_type(bytes(kind)):
        raise WrongShape(_told(body))
    if not one_batch:
        raise WrongShape(_REPEATED)


def _is_event_type(value: bytes) -> bool:
    from dreamdata_relay.events.body_shapes import event_type

    return event_type(value) is not None


def _told(text: bytes) -> str:
    from dreamdata_relay.events.body_shapes import of_no_list

    return of_no_list(text)


def _repaired(body: bytes) -> bytes:
    """``body`` as strict JSON but for lone surrogate escapes: without a byte order mark, NaN and Infinity as null."""
    text = _without_constants(body)
    json_editing.check(text)
    return text


def _without_constants(body: bytes) -> bytes:
    return json_editing.without_constants(body.removeprefix(_BOM))


def _read_slowly(text: bytes, *, long: bool = False) -> Envelope:
    values = _values(text)
    batch = values.get("batch", b"")
    if batch[:1] != b"[":
        raise WrongShape(_told(text))
    _check(text, values.get("type", b""), one_batch=list_stands_once(text, batch))
    context, integrations = values.get("context", b""), values.get("integrations", b"")
    if long:
        return _envelope(Batch([]), context, integrations, LongArray(batch, typed=False))
    return _envelope(Batch(json_editing.split_array(batch), None, len(text)), context, integrations)


def _values(text: bytes) -> dict[str, bytes]:
    if text.lstrip(_SPACE)[:1] != b"{":
        raise WrongShape("the body is not a JSON object")
    return json_editing.values_of(text, ("batch", "context", "integrations", "type"))


def _envelope(batch: Batch, context: bytes, integrations: bytes, long: LongArray | None = None) -> Envelope:
    envelope = Envelope(batch, _object(context), _object(integrations), long)
    if envelope.shared_bytes and envelope.shared_bytes * envelope.count() > MAX_SHARED_BYTES:
        raise WrongShape("the envelope's context and integrations are too large to be merged into so many events")
    return envelope


def _object(value: bytes) -> bytes | None:
    """An object that has members to share; null, ``[]`` (PHP's empty map) and anything else share nothing."""
    return value if value[:1] == b"{" and value[1:].lstrip(_SPACE)[:1] != b"}" else None
