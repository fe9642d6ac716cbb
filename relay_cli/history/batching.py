"""Packs events into requests, in their order, as large as the API accepts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dreamdata_relay.limits import MAX_BODY_BYTES_AT_ONCE
from relay_cli.history.mapping import Made

# Of so many each that is refused is listed in the answer, and has a dead letter of its own.
MOST_EVENTS = 1_000
_AROUND = len(b'{"batch":[]}')


@dataclass(slots=True)
class Batch:
    """Events ``first`` to ``last`` of the file (counted from 0), without those that have a fault."""

    first: int
    last: int = 0
    events: list[Made] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    size: int = _AROUND

    def body(self) -> bytes:
        """Return the request's body."""
        return b'{"batch":[' + b",".join([event.text for event in self.events]) + b"]}"


class Batcher:
    """Packs events into batches of at most ``most``."""

    def __init__(self, most: int | None = None) -> None:
        self._most = MOST_EVENTS if most is None else max(1, min(MOST_EVENTS, most))
        self._batch: Batch | None = None

    def add(self, number: int, event: Made) -> Iterator[Batch]:
        """Add the event with this ``number``; return the batch that is full without it, if any."""
        batch = self._batch
        if batch and (len(batch.events) >= self._most or batch.size + len(event.text) + 1 > MAX_BODY_BYTES_AT_ONCE):
            yield from self.rest()
            batch = None
        if batch is None:
            batch = self._batch = Batch(number)
        batch.events.append(event)
        batch.numbers.append(number)
        batch.last = number
        batch.size += len(event.text) + 1

    def rest(self) -> Iterator[Batch]:
        """Return the last batch, which is not full, if any."""
        if self._batch:
            batch, self._batch = self._batch, None
            yield batch


class Ranges:
    """Numbers that are done; they must be queried in rising order."""

    def __init__(self, ranges: Sequence[tuple[int, int]]) -> None:
        self._ranges = sorted(ranges)
        self._at = 0

    def __contains__(self, number: int) -> bool:
        while self._at < len(self._ranges) and self._ranges[self._at][1] < number:
            self._at += 1
        return self._at < len(self._ranges) and self._ranges[self._at][0] <= number
