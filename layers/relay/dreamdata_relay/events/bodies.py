"""Reads the body of a request, or a batch on the queue: in two typed passes if possible, otherwise member by member."""

from collections.abc import Callable, Mapping

import msgspec
from msgspec import Raw, Struct

from dreamdata_relay.events import json_editing
from dreamdata_relay.events.batch_member import repeated, taken_apart, twice_in
from dreamdata_relay.events.batches import Batch, read_array
from dreamdata_relay.events.body_text import checked, checked_or_lines, repaired
from dreamdata_relay.events.envelopes import (
    Beside,
    Envelope,
    WrongShape,
    envelope_of,
    refuse_event,
    refuse_no_list,
    refuse_repeated,
    shared,
)
from dreamdata_relay.events.streaming import LongArray
from dreamdata_relay.events.typed_fields import UNREADABLE, Probe, place_in
from dreamdata_relay.limits import MAX_EVENTS_AT_ONCE


class _Raws(Beside, kw_only=True):
    batch: list[Raw]


class _Long(Beside, kw_only=True):
    batch: Raw


class _Probes(Struct):
    batch: list[Probe]


# Both passes take the last one of a repeated member, so the text that was checked is the text that is forwarded.
# Repeated members that matter are found separately.
_RAWS = msgspec.json.Decoder(_Raws)
_LONG = msgspec.json.Decoder(_Long)
_LIST = msgspec.json.Decoder(list[Raw])
_PROBES = msgspec.json.Decoder(_Probes)
_PROBE_LIST = msgspec.json.Decoder(list[Probe])
_ANY = msgspec.json.Decoder(Raw)
_MEMBERS = ("batch", *Beside.__struct_fields__)


def read_batch_body(body: bytes) -> Envelope:
    """Read a ``/v1/batch`` body: an object with a list ``batch``, or the events in a list or one a line.

    Raises :class:`NotJson`, or :class:`WrongShape` if there is no event list or more than one.
    """
    return _read(body, _read_at_once, long=False)


def read_long_batch_body(body: bytes) -> Envelope:
    """Read a body of megabytes the same way, but leave its events to be read a stretch at a time."""
    return _read(body, _read_long, long=True)


def _read(body: bytes, quickly: Callable[[bytes], Envelope], *, long: bool) -> Envelope:
    try:
        return quickly(body)
    except UNREADABLE:
        text, _ = checked_or_lines(repaired(body))
    if text[:1] == b"[":
        return _of_array(text, long=long)
    try:
        return quickly(text)
    except UNREADABLE:
        return _read_slowly(text, long=long)


def read_single_body(body: bytes) -> Envelope:
    """Read a body that is a single event; raises :class:`NotJson` or :class:`WrongShape`."""
    text = checked(repaired(body))
    if text[:1] != b"{" or b"batch" in text or b"\\u" in text:
        from dreamdata_relay.events.body_shapes import of_no_event

        told = of_no_event(text)
        if told:
            raise WrongShape(told)
    return Envelope(Batch([text]))


def _of_array(array: bytes, *, long: bool) -> Envelope:
    """Read a list without an object around it; ``array`` has passed ``json_editing.check``."""
    if not long:
        return Envelope(read_array(array))
    try:
        _ANY.decode(array)
    except UNREADABLE:
        return Envelope(Batch([]), long=LongArray(array, typed=False))
    return Envelope(Batch([]), long=LongArray(array, typed=True))


def _read_at_once(body: bytes) -> Envelope:
    """Read the list and the rest separately or, if that is not so simple, the body as one."""
    apart = taken_apart(body)
    if apart is None:
        return _read_as_one(body)
    array, rest = apart
    try:
        # Its only batch, if it has one, marks the place of the list.
        beside = _LONG.decode(rest)
        raws = _LIST.decode(array)
    except UNREADABLE:
        return _read_as_one(body)
    refuse_event(body, beside)
    probes, untyped = None, None
    if len(raws) <= MAX_EVENTS_AT_ONCE:
        try:
            probes = _PROBE_LIST.decode(array)
        except UNREADABLE as error:
            untyped = place_in(error)
    batch = Batch(raws, probes, len(body), untyped=untyped)
    if beside.context or beside.integrations:
        refuse_repeated(twice_in(rest, *shared(beside.context, beside.integrations)))
        return envelope_of(batch, bytes(beside.context), bytes(beside.integrations))
    return Envelope(batch)


def _read_as_one(body: bytes) -> Envelope:
    raws = _RAWS.decode(body)
    refuse_event(body, raws)
    refuse_repeated(repeated(body, raws.batch, *shared(raws.context, raws.integrations)))
    probes, untyped = None, None
    if len(raws.batch) <= MAX_EVENTS_AT_ONCE:
        try:
            probes = _PROBES.decode(body).batch
        except UNREADABLE as error:
            untyped = place_in(error)
    batch = Batch(raws.batch, probes, len(body), untyped=untyped)
    return envelope_of(batch, bytes(raws.context), bytes(raws.integrations))


def _read_long(body: bytes) -> Envelope:
    raw = _LONG.decode(body)
    if bytes(memoryview(raw.batch)[:1]) != b"[":
        return _read_slowly(body, long=True)
    refuse_event(body, raw)
    refuse_repeated(repeated(body, raw.batch, *shared(raw.context, raw.integrations)))
    return envelope_of(Batch([]), bytes(raw.context), bytes(raw.integrations), LongArray(raw.batch, typed=True))


def _read_slowly(text: bytes, *, long: bool = False) -> Envelope:
    if text[:1] != b"{":
        raise WrongShape("the body is not a JSON object")
    if long:
        return _read_long_slowly(text)
    values = json_editing.values_of(text, _MEMBERS)
    batch = values.get("batch", b"")
    context, integrations = _beside(text, batch, values)
    return envelope_of(Batch(json_editing.split_array(batch), None, len(text)), context, integrations)


def _read_long_slowly(text: bytes) -> Envelope:
    """Read the same without a copy of the list, so that the body is in memory once."""
    spans = json_editing.value_spans(text, _MEMBERS)
    span = spans.pop("batch", (0, 0))
    values = {name: text[start:end] for name, (start, end) in spans.items()}
    beside = _beside(text, memoryview(text)[slice(*span)], values)
    return envelope_of(Batch([]), *beside, LongArray(text, typed=False, span=span))


def _beside(text: bytes, batch: bytes | memoryview, values: Mapping[str, bytes]) -> tuple[bytes, bytes]:
    """Return the context and the integrations of a body with the list ``batch``; raises :class:`WrongShape`."""
    if bytes(batch[:1]) != b"[":
        refuse_no_list(text)
    refuse_event(text, Beside(**{name: Raw(value) for name, value in values.items() if name != "batch"}))
    context, integrations = values.get("context", b""), values.get("integrations", b"")
    refuse_repeated(repeated(text, batch, *shared(context, integrations)))
    return context, integrations
