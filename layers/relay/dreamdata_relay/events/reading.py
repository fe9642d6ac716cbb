"""Reads events in bulk: two typed passes over the whole array find those that need no change; the others go one by one.

One pass decodes only the fields with rules (and checks the syntax of everything else), the other keeps the bytes of
each event. A complete event is never copied or parsed again. One that lacks only its id or timestamp gets them spliced
in front. Every other one goes through :mod:`dreamdata_relay.events.normalization`, the only module that knows the rules
in full. A test makes sure that both ways agree.
"""

import itertools
from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct, field

from dreamdata_relay.errors import EventRefused
from dreamdata_relay.events import json_editing
from dreamdata_relay.events.batches import Batch
from dreamdata_relay.events.normalization import Completion, complete
from dreamdata_relay.events.repeats import Seen
from dreamdata_relay.events.rules import MISDATED, NOT_OBJECT
from dreamdata_relay.events.splicing import spliced, with_timestamp
from dreamdata_relay.events.timestamps import all_canonical, moments
from dreamdata_relay.events.typed_fields import (
    UNREADABLE,
    UNTYPED,
    Probe,
    Text,
    incomplete,
    is_sound,
    plain_refusal,
    probe_each,
)
from dreamdata_relay.limits import MAX_EVENT_BYTES, MAX_NESTING

# An event this short (bytes) is not too large and, because a level takes two bytes, not nested too deep.
_PLAINLY_FITS = 2 * MAX_NESTING


class RefusedEvent(Struct, frozen=True):
    """An event that broke a rule: its index, the reason, and its text as it came."""

    index: int
    code: str
    detail: str
    text: Text

    @property
    def message_id(self) -> str | None:
        """Return the event's id, if it has one that is an ordinary string."""
        return readable_id(self.text)


class Reading(Struct):
    """The result for the events of one request or message, in order: accepted texts with their ids, and refused events.

    ``repeated`` counts events left out because the same batch already had the same one, byte for byte after completion.
    If different events have one id, ``message_ids`` has it more than once. ``first``: if any were left out, whether
    each of all accepted ones stayed. ``copied``: the texts of those whose traits are a copy of their context's.
    """

    events: list[Text] = field(default_factory=list)
    message_ids: list[str] = field(default_factory=list)
    refused: list[RefusedEvent] = field(default_factory=list)
    repeated: int = 0
    first: Sequence[bool] | None = None
    copied: list[Text] = field(default_factory=list)


def read_events(batch: Batch, completion: Completion, seen: Seen | None = None) -> Reading:
    """Validate and complete every event of ``batch``; the content of an event raises nothing.

    ``seen``: the events before these, if there are any; the events read are added to it.
    """
    places = range(len(batch.raws)) if batch.places is None else batch.places
    if completion.kind or completion.context or completion.integrations:
        # Every event gets new members, so none is complete as it stands.
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
    """Read the events column by column, because most need no change, and the others one by one."""
    others = incomplete(probes)
    # Checking all timestamps at once costs a fraction of checking each.
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
    """Rewrite the events that need only a new timestamp; return the indexes of the others."""
    done, left = list(raws), set(others)
    for at, moment in utc.items():
        timestamp = probes[at].timestamp
        if timestamp != moment and at not in left:
            text = with_timestamp(bytes(raws[at]), str(timestamp), moment) if moment else None
            if text is None or len(text) > MAX_EVENT_BYTES:
                left.add(at)
            else:
                done[at] = text
    return done, sorted(left)


def _read_one(
    raw: Text, probe: Probe, index: int, completion: Completion, reading: Reading, moment: str | None
) -> None:
    """Read one event; ``moment``: its timestamp in UTC, None if it has no valid one."""
    if is_sound(probe):
        if moment is None and probe.timestamp and not probe.timestamp.isspace():
            reading.refused.append(RefusedEvent(index, *MISDATED, raw))
            return
        done = spliced(raw, probe, index, completion, moment)
        if done is not None:
            reading.events.append(done[0])
            reading.message_ids.append(done[1])
            return
    elif probe is not UNTYPED:
        refusal = plain_refusal(probe)
        if refusal is not None:
            reading.refused.append(RefusedEvent(index, *refusal, raw))
            return
    text = bytes(raw)
    if text[:1] != b"{":
        reading.refused.append(RefusedEvent(index, *NOT_OBJECT, raw))
        return
    try:
        completed = complete(text, index, completion)
    except EventRefused as refused:
        reading.refused.append(RefusedEvent(index, refused.code, refused.detail, raw))
        return
    reading.events.append(raw if completed.text is text else completed.text)
    if completed.copied:
        reading.copied.append(completed.text)
    reading.message_ids.append(completed.message_id)


def _without_repeats(reading: Reading, seen: Seen | None) -> Reading:
    ids = reading.message_ids
    if seen is None:
        if len(set(ids)) == len(ids):
            # An event's id is part of its text, so no two texts are the same.
            return reading
        seen = Seen()
    first = seen.select(ids, reading.events)
    if first is not None:
        reading.events = list(itertools.compress(reading.events, first))
        reading.message_ids = list(itertools.compress(ids, first))
        reading.repeated = len(first) - len(reading.events)
        reading.first = first
    return reading


def readable_id(event: Text) -> str | None:
    """Return the id of ``event``, any JSON value, for an answer, if it is an ordinary string."""
    text = bytes(event)
    value = json_editing.values_of(text, ("messageId",)).get("messageId") if text[:1] == b"{" else None
    try:
        return msgspec.json.decode(value, type=str) or None if value else None
    except UNREADABLE:
        return None
