"""Events read in bulk: two typed passes over the whole array find those that need nothing, the rest goes slowly.

One pass decodes just the fields with rules (and checks the grammar of everything else), the other keeps each event's
own bytes. An event that is complete is never copied or parsed again; one that lacks only its id or its timestamp gets
them spliced in front; every other one goes through :mod:`dreamdata_relay.completion`, which alone knows the rules in
full. The two ways agree by test.
"""

import itertools
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import UNSET, Raw, Struct, field

from dreamdata_relay import json_text
from dreamdata_relay.completion import Completion, complete
from dreamdata_relay.errors import EventRefused, NotJson, Refusal
from dreamdata_relay.limits import MAX_EVENT_BYTES
from dreamdata_relay.probes import (
    IDENTITY_ONLY,
    UNREADABLE,
    UNTYPED,
    Probe,
    Text,
    is_sound,
    plain_refusal,
    probe_array,
    probe_one,
)
from dreamdata_relay.timestamps import all_canonical, to_utc

_RAWS = msgspec.json.Decoder(list[Raw])

NOT_OBJECT_DETAIL = "an event is a JSON object"


class RefusedEvent(Struct, frozen=True):
    """An event that broke a rule: its place, why, and its text as it came."""

    index: int
    code: Refusal
    detail: str
    text: Text

    @property
    def message_id(self) -> str | None:
        """The event's id, where it has one that is an ordinary string."""
        return readable_id(self.text)


class Reading(Struct):
    """What became of the events of one request or message, in order: accepted texts with their ids, and the refused.

    ``repeated`` counts events left out because their id stood in the same batch already.
    """

    events: list[Text] = field(default_factory=list)
    message_ids: list[str] = field(default_factory=list)
    refused: list[RefusedEvent] = field(default_factory=list)
    repeated: int = 0


class Batch(Struct, frozen=True):
    """The events of one array: each one's own bytes and, where all could be typed at once, their probes.

    ``size`` (bytes) is an upper bound of each event's size. ``places`` are the events' places in what they came in,
    where these are not 0, 1, 2 ...
    """

    raws: Sequence[Text]
    probes: Sequence[Probe] | None = None
    size: int = 0
    places: Sequence[int] | None = None

    def parts(self, most: int) -> "Iterator[Batch]":
        """The same events in batches of at most ``most``, so that what is made of them is never all held at once."""
        if len(self.raws) <= most:
            yield self
            return
        for start in range(0, len(self.raws), most):
            raws = self.raws[start : start + most]
            text = b"[" + b",".join(raws) + b"]"
            yield Batch(raws, probe_array(text), len(text), range(start, start + len(raws)))


def read_array(array: Text) -> Batch:
    """The events of ``array``, the text of a JSON array; raises :class:`NotJson` when it is not one."""
    try:
        raws = _RAWS.decode(array)
    except UNREADABLE:
        return Batch(_elements(bytes(array)))
    return Batch(raws, probe_array(array), len(array))


def read_events(batch: Batch, completion: Completion, seen: set[str] | None = None) -> Reading:
    """Read every event of ``batch`` by the rules and complete it; nothing is raised for what is in an event.

    ``seen``: ids of events before these; those of the events read are added to it.
    """
    seen = set() if seen is None else seen
    places = range(len(batch.raws)) if batch.places is None else batch.places
    if completion.kind or completion.context or completion.integrations:
        # Every event gets new members: nothing is as it should be before it was looked at by itself.
        probes: Sequence[Probe] = [UNTYPED] * len(batch.raws)
    else:
        probes = batch.probes or [probe_one(raw) for raw in batch.raws]
        if batch.size > MAX_EVENT_BYTES or not batch.probes:
            fits = zip(probes, batch.raws, strict=True)
            probes = [probe if len(raw) <= MAX_EVENT_BYTES else UNTYPED for probe, raw in fits]
    reading = _read_columns(probes, batch.raws, places, completion)
    if reading is None:
        reading = Reading()
        for place, probe, raw in zip(places, probes, batch.raws, strict=True):
            _read_one(raw, probe, place, completion, reading)
    return _without_repeats(reading, seen)


def _read_columns(
    probes: Sequence[Probe], raws: Sequence[Text], places: Sequence[int], completion: Completion
) -> Reading | None:
    """The events by columns, for most need nothing, and the others each by itself; None: a timestamp to rewrite.

    This loop is where ingest spends its time: what stands in it was measured.
    """
    others = [
        at
        for at, probe in enumerate(probes)
        if not (
            probe.messageId
            and probe.timestamp
            and (probe.userId or probe.anonymousId)
            and (probe.event if (kind := probe.type) == "track" else kind in IDENTITY_ONLY or is_sound(probe))
        )
    ]
    if not others:
        message_ids = [probe.messageId for probe in probes]
        if not all_canonical([probe.timestamp for probe in probes]):  # type: ignore[misc]  # str, as the loop saw
            return None
        return Reading(list(raws), message_ids)  # type: ignore[arg-type]  # str, as the loop saw
    # Those of the others are looked at here, too: what is known of all need not be asked of each.
    if not all_canonical([probe.timestamp for probe in probes if probe.timestamp]):
        return None
    reading = Reading()
    start = 0
    for at in (*others, len(probes)):
        reading.events += raws[start:at]
        reading.message_ids += [probe.messageId for probe in probes[start:at]]  # type: ignore[misc]  # str, as above
        if at < len(probes):
            _read_one(raws[at], probes[at], places[at], completion, reading, canonical=True)
        start = at + 1
    return reading


def _read_one(
    raw: Text, probe: Probe, index: int, completion: Completion, reading: Reading, canonical: bool = False
) -> None:
    """Read one event; ``canonical``: its timestamp, if it is a string with something in it, needs no change."""
    if is_sound(probe):
        spliced = _spliced(raw, probe, index, completion, canonical)
        if spliced is not None:
            reading.events.append(spliced[0])
            reading.message_ids.append(spliced[1])
            return
    elif probe is not UNTYPED:
        refusal = plain_refusal(probe)
        if refusal is not None:
            reading.refused.append(RefusedEvent(index, *refusal, raw))
            return
    text = bytes(raw)
    if text[:1] != b"{":
        reading.refused.append(RefusedEvent(index, Refusal.EVENT_NOT_OBJECT, NOT_OBJECT_DETAIL, raw))
        return
    try:
        completed = complete(text, index, completion)
    except EventRefused as refused:
        reading.refused.append(RefusedEvent(index, refused.code, refused.detail, raw))
        return
    reading.events.append(raw if completed.text is text else completed.text)
    reading.message_ids.append(completed.message_id)


def _spliced(raw: Text, probe: Probe, index: int, completion: Completion, canonical: bool) -> tuple[Text, str] | None:
    """A sound event with a missing id or timestamp put in front, or its timestamp rewritten; None: not so simple."""
    timestamp, message_id = probe.timestamp, probe.messageId
    added = b""
    text: Text = raw
    if timestamp is UNSET:
        own_time = probe.originalTimestamp
        try:
            moment = completion.received_at if own_time is None else to_utc(own_time)
        except ValueError:
            return None
        added = b'"timestamp":"' + moment.encode() + b'",'
    elif not (canonical and timestamp):
        rewritten = _with_canonical_timestamp(raw, timestamp)
        if rewritten is None:
            return None
        text = rewritten
    if message_id is UNSET:
        own_time = probe.originalTimestamp if timestamp is UNSET else timestamp
        message_id = completion.message_id(bytes(raw), index, bool(own_time))
        added = b'"messageId":"' + message_id.encode() + b'",' + added
    elif not message_id:
        return None
    if added:
        text = b"{" + added + bytes(text)[1:]
    return (text, message_id) if len(text) <= MAX_EVENT_BYTES else None


def _with_canonical_timestamp(raw: Text, timestamp: str) -> Text | None:
    """The event with ``timestamp`` rewritten in UTC in its place; None where that place is not certain."""
    try:
        moment = to_utc(timestamp)
    except ValueError:
        return None
    if moment == timestamp:
        return raw
    text = bytes(raw)
    quoted = b'"' + timestamp.encode() + b'"'
    if text.count(quoted) != 1:
        return None
    rewritten = text.replace(quoted, b'"' + moment.encode() + b'"')
    # Only looking again proves that it was the event's own timestamp and not one like it further in.
    return rewritten if probe_one(rewritten).timestamp == moment else None


def _without_repeats(reading: Reading, seen: set[str]) -> Reading:
    ids = reading.message_ids
    fresh = set(ids)
    if len(fresh) == len(ids) and seen.isdisjoint(fresh):
        seen |= fresh
        return reading
    first = [not (message_id in seen or seen.add(message_id)) for message_id in ids]  # type: ignore[func-returns-value]  # add() is None
    reading.events = list(itertools.compress(reading.events, first))
    reading.message_ids = list(itertools.compress(ids, first))
    reading.repeated = len(ids) - len(reading.events)
    return reading


def _elements(array: bytes) -> list[bytes]:
    """The events of an array that msgspec does not take: lone surrogates or very deep nesting somewhere."""
    json_text.check(array)
    if array.lstrip(b" \t\r\n")[:1] != b"[":
        raise NotJson("not a JSON array")
    return json_text.split_array(array)


def readable_id(event: Text) -> str | None:
    """The id of the event, any JSON value, for an answer: where it is an ordinary string."""
    text = bytes(event)
    value = json_text.values_of(text, ("messageId",)).get("messageId") if text[:1] == b"{" else None
    try:
        return msgspec.json.decode(value, type=str) or None if value else None
    except UNREADABLE:
        return None
