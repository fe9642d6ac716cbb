"""Reads events by the relay's own rules before they are sent; what it would refuse is reported by line."""

import itertools
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dreamdata_relay.errors import EventRefused
from dreamdata_relay.events.batches import Batch
from dreamdata_relay.events.normalization import Completion, complete
from dreamdata_relay.events.reading import read_events
from dreamdata_relay.events.timestamps import from_epoch
from dreamdata_relay.events.typed_fields import Probe, probe_each
from relay_cli.history.ids import Seen, family, id_of
from relay_cli.history.mapping import Made
from relay_cli.history.records import Fault

# As an event of its own file is called in errors.
AS_IT_IS = "event"
_FAMILY = family("", AS_IT_IS)


@dataclass(slots=True)
class Counts:
    """A file's totals: events by type, faults by code, and the range of event times.

    ``repeated``: records that occurred before, and get ids of their own; ``untimed``: events without a time.
    """

    records: int = 0
    by_type: Counter[str] = field(default_factory=Counter)
    by_fault: Counter[str] = field(default_factory=Counter)
    untimed: int = 0
    repeated: int = 0
    earliest: str = ""
    latest: str = ""

    @property
    def events(self) -> int:
        """Return the number of events that can be sent."""
        return self.by_type.total()

    @property
    def faults(self) -> int:
        """Return the number of records and events that are not sent."""
        return self.by_fault.total()


class Reader:
    """Reads events as the relay does, and counts them; ``seen`` counts those of a file that have no id."""

    def __init__(self, now: float, seen: Seen) -> None:
        self._received_at = from_epoch(now)
        self._seen = seen
        self.counts = Counts()

    def read(self, made: Sequence[Made]) -> list[Made]:
        """Yield each event as it is sent, with an id, or with its fault."""
        texts = [one.text for one in made if not one.fault]
        if not texts:
            return self._counted(made, [])
        lacking: set[int] = set()

        def noted(_text: bytes, index: int, _exact: bool) -> str:
            lacking.add(index)
            return ""

        probes = probe_each(texts)
        batch = Batch(texts, probes, max(map(len, texts)))
        # What is complete but for its id and time is sent as it is: the relay completes it by the same rules.
        refused = {
            one.index: Fault(str(one.code), one.detail)
            for one in read_events(batch, Completion(self._received_at, noted)).refused
        }
        found, index = [], 0
        for one in made:
            if one.fault:
                found.append(one)
                continue
            if index in refused:
                found.append(Made(one.line, one.tag, one.text, one.message_id, refused[index]))
            elif index in lacking:
                found.append(self._with_id(one))
            else:
                found.append(one)
            index += 1
        kept = [one.fault is None for one in found if one.text]
        return self._counted(found, [*itertools.compress(zip(texts, probes, strict=True), kept)])

    def _with_id(self, one: Made) -> Made:
        """Give an event without an id one that is made of its text, so that it is the same in the next run."""
        times = self._seen.meet(one.text, one.line).times
        self.counts.repeated += times > 1
        message_id = id_of(_FAMILY, one.text, times)
        completion = Completion(self._received_at, lambda *_: message_id)
        try:
            return Made(one.line, one.tag, complete(one.text, 0, completion).text, message_id)
        except EventRefused as refused:
            # With an id it is too large.
            return Made(one.line, one.tag, one.text, message_id, Fault(str(refused.code), refused.detail))

    def _counted(self, made: Sequence[Made], given: Sequence[tuple[bytes, Probe]]) -> list[Made]:
        """Count the events; for those that can be sent, ``given`` is their text before anything was added."""
        counts = self.counts
        counts.by_fault.update(one.fault.code for one in made if one.fault)
        for text, probe in given:
            seen: Any = probe if probe.type else _glance(text)
            counts.by_type[seen.type or "unknown"] += 1
            moment = seen.timestamp or seen.originalTimestamp
            if not moment:
                counts.untimed += 1
                continue
            if not counts.earliest or moment < counts.earliest:
                counts.earliest = moment
            if moment > counts.latest:
                counts.latest = moment
        return list(made)


class _Glance(NamedTuple):
    type: str
    timestamp: str
    originalTimestamp: str


def _glance(text: bytes) -> _Glance:
    """Read the type of an event that the fast pass cannot read, such as one with NaN in it."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        # It nests as deep as only the relay reads it.
        found = {}
    return _Glance(*(str(found.get(name) or "") for name in _Glance._fields))
