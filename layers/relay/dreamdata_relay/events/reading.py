"""Events read in bulk: two typed passes over the whole array find those that need nothing, the rest goes slowly.

One pass decodes just the fields with rules (and checks the grammar of everything else), the other keeps each event's
own bytes. An event that is complete is never copied or parsed again; one that lacks only its id or its timestamp gets
them spliced in front; every other one goes through :mod:`dreamdata_relay.events.normalization`, which alone knows the
rules in full. The two ways agree by test.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec import UNSET, Raw, Struct, field

from dreamdata_relay.errors import EventRefused, NotJson, Refusal
from dreamdata_relay.events import json_editing
from dreamdata_relay.events.normalization import TIMESTAMP_DETAIL, Completion, complete
from dreamdata_relay.events.repeats import Seen
from dreamdata_relay.events.timestamps import all_canonical, is_exact, moments, to_utc
from dreamdata_relay.events.typed_fields import (
    UNREADABLE,
    UNTYPED,
    Probe,
    Text,
    array_of,
    incomplete,
    is_sound,
    plain_refusal,
    probe_array,
    probe_each,
    probe_one,
)
from dreamdata_relay.limits import MAX_EVENT_BYTES, MAX_NESTING

_RAWS = msgspec.json.Decoder(list[Raw])
_TIMESTAMP = b'"timestamp"'
_TIMESTAMP_DETAIL = TIMESTAMP_DETAIL.format("timestamp")
# An event so short (bytes) is neither too large nor, since a level takes two bytes, nested too deep.
_PLAINLY_FITS = 2 * MAX_NESTING
_ESCAPED_ASCII = re.compile(rb"\\u00[2-7]")

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

    ``repeated`` counts events left out because the same one, byte for byte as completed, stood in the same batch
    already. Different events may carry one id: then it stands in ``message_ids`` more than once.
    """

    events: list[Text] = field(default_factory=list)
    message_ids: list[str] = field(default_factory=list)
    refused: list[RefusedEvent] = field(default_factory=list)
    repeated: int = 0


class Batch(Struct, frozen=True):
    """The events of one array: each one's own bytes and, where all could be typed at once, their probes.

    ``size`` (bytes) is an upper bound of each event's size. ``places`` are the events' places in what they came in,
    where these are not 0, 1, 2 ... ``untyped`` is a hint: where among ``raws`` the first one stands that could not be
    typed.
    """

    raws: Sequence[Text]
    probes: Sequence[Probe] | None = None
    size: int = 0
    places: Sequence[int] | None = None
    untyped: int | None = None

    def parts(self, most: int) -> "Iterator[Batch]":
        """The same events in batches of at most ``most``, so that what is made of them is never all held at once."""
        if len(self.raws) <= most:
            yield self
            return
        places = range(len(self.raws)) if self.places is None else self.places
        for start in range(0, len(self.raws), most):
            raws = self.raws[start : start + most]
            text = array_of(raws)
            yield Batch(raws, probe_array(text), len(text), places[start : start + most])


def read_array(array: Text, probes: Sequence[Probe] | None = None) -> Batch:
    """The events of ``array``, the text of a JSON array; raises :class:`NotJson` when it is not one.

    ``probes``: theirs, where they are known already.
    """
    try:
        raws = _RAWS.decode(array)
    except UNREADABLE:
        return Batch(_elements(bytes(array)))
    return Batch(raws, probes or probe_array(array), len(array))


def read_events(batch: Batch, completion: Completion, seen: Seen | None = None) -> Reading:
    """Read every event of ``batch`` by the rules and complete it; nothing is raised for what is in an event.

    ``seen``: the events before these, where there were any; those read are added to it.
    """
    places = range(len(batch.raws)) if batch.places is None else batch.places
    if completion.kind or completion.context or completion.integrations:
        # Every event gets new members: nothing is as it should be before it was looked at by itself.
        probes: Sequence[Probe] = [UNTYPED] * len(batch.raws)
    else:
        probes = batch.probes or probe_each(batch.raws, batch.untyped)
        if batch.size > _PLAINLY_FITS or not batch.probes:
            largest = max(map(len, batch.raws), default=0)
            if largest > _PLAINLY_FITS:
                probes = [probe if _fits(raw) else UNTYPED for probe, raw in zip(probes, batch.raws, strict=True)]
    return _without_repeats(_read_columns(probes, batch.raws, places, completion), seen)


def _fits(raw: Text) -> bool:
    """Whether an event may pass without a closer look at its size and its nesting."""
    return len(raw) <= _PLAINLY_FITS or (len(raw) <= MAX_EVENT_BYTES and not json_editing.nests_too_deep(bytes(raw)))


def _read_columns(
    probes: Sequence[Probe], raws: Sequence[Text], places: Sequence[int], completion: Completion
) -> Reading:
    """The events by columns, for most need nothing, and the others each by itself."""
    others = incomplete(probes)
    # What is asked of all at once costs a fraction of what it costs to ask it of each.
    having = [probe for probe in probes if probe.timestamp] if others else probes
    timestamps: list[str] = [probe.timestamp for probe in having]  # type: ignore[misc]  # str, as the loop saw
    utc: Mapping[int, str | None] | None = None
    if not all_canonical(timestamps):
        timed = [at for at, probe in enumerate(probes) if probe.timestamp]
        utc = dict(zip(timed, moments(timestamps), strict=True))
        raws, others = _with_timestamps(raws, probes, utc, others)
    if not others:
        return Reading(list(raws), [probe.messageId for probe in probes])  # type: ignore[misc]  # str, as the loop saw
    reading = Reading()
    start = 0
    for at in (*others, len(probes)):
        reading.events += raws[start:at]
        reading.message_ids += [probe.messageId for probe in probes[start:at]]  # type: ignore[misc]  # str, as above
        if at < len(probes):
            moment = probes[at].timestamp or None if utc is None else utc.get(at)
            _read_one(raws[at], probes[at], places[at], completion, reading, moment)
        start = at + 1
    return reading


def _with_timestamps(
    raws: Sequence[Text], probes: Sequence[Probe], utc: Mapping[int, str | None], others: Sequence[int]
) -> tuple[list[Text], list[int]]:
    """The events with nothing but their timestamps to be rewritten done, and the places of the others."""
    done, left = list(raws), set(others)
    for at, moment in utc.items():
        timestamp = probes[at].timestamp
        if timestamp != moment and at not in left:
            text = _with_timestamp(bytes(raws[at]), str(timestamp), moment) if moment else None
            if text is None or len(text) > MAX_EVENT_BYTES:
                left.add(at)
            else:
                done[at] = text
    return done, sorted(left)


def _read_one(
    raw: Text, probe: Probe, index: int, completion: Completion, reading: Reading, moment: str | None
) -> None:
    """Read one event; ``moment``: its timestamp in UTC, None where it has none or none that is valid."""
    if is_sound(probe):
        if moment is None and probe.timestamp and not probe.timestamp.isspace():
            reading.refused.append(RefusedEvent(index, Refusal.TIMESTAMP_INVALID, _TIMESTAMP_DETAIL, raw))
            return
        spliced = _spliced(raw, probe, index, completion, moment)
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


def _spliced(
    raw: Text, probe: Probe, index: int, completion: Completion, moment: str | None
) -> tuple[Text, str] | None:
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
    elif moment != timestamp:
        rewritten = _with_timestamp(bytes(raw), timestamp, moment) if moment else None
        if rewritten is None:
            return None
        text = rewritten
    if message_id is UNSET:
        own_time = probe.originalTimestamp if timestamp is UNSET else timestamp
        message_id = completion.message_id(bytes(raw), index, is_exact(own_time))
        added = b'"messageId":"' + message_id.encode() + b'",' + added
    elif not message_id:
        return None
    if added:
        text = b"{" + added + bytes(text)[1:]
    return (text, message_id) if len(text) <= MAX_EVENT_BYTES else None


def _with_timestamp(text: bytes, timestamp: str, moment: str) -> bytes | None:
    """The event with ``moment`` in the place of its ``timestamp``; None where that place is not certain."""
    quoted, rewritten = b'"' + timestamp.encode() + b'"', b'"' + moment.encode() + b'"'
    name = text.find(_TIMESTAMP)
    if name > 0 and text.find(_TIMESTAMP, name + 1) < 0 and not _ESCAPED_ASCII.search(text):
        # No letter of the member's name is written as an escape, so that the name stands in the text as it is. It does
        # so once: this is it, and the next string is its value.
        value = text.index(quoted, name)
        return b"".join((text[:value], rewritten, text[value + len(quoted) :]))
    if text.count(quoted) != 1:
        return None
    text = text.replace(quoted, rewritten)
    # Only looking again proves that it was the event's own timestamp and not one like it further in.
    return text if probe_one(text).timestamp == moment else None


def _without_repeats(reading: Reading, seen: Seen | None) -> Reading:
    ids = reading.message_ids
    if seen is None:
        if len(set(ids)) == len(ids):
            # An event's id is part of its text: no two texts are the same.
            return reading
        seen = Seen()
    first = seen.select(ids, reading.events)
    if first is not None:
        reading.events = list(itertools.compress(reading.events, first))
        reading.message_ids = list(itertools.compress(ids, first))
        reading.repeated = len(first) - len(reading.events)
    return reading


def _elements(array: bytes) -> list[bytes]:
    """The events of an array that msgspec does not take: lone surrogates, or nesting too deep to be read, somewhere."""
    json_editing.check(array)
    if array.lstrip(b" \t\r\n")[:1] != b"[":
        raise NotJson("not a JSON array")
    return json_editing.split_array(array)


def readable_id(event: Text) -> str | None:
    """The id of the event, any JSON value, for an answer: where it is an ordinary string."""
    text = bytes(event)
    value = json_editing.values_of(text, ("messageId",)).get("messageId") if text[:1] == b"{" else None
    try:
        return msgspec.json.decode(value, type=str) or None if value else None
    except UNREADABLE:
        return None
