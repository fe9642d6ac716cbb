"""The content of a journal: what is imported and how, and what the relay has answered so far."""

from dataclasses import dataclass, field

import msgspec

_VERSION = 1


class Import(msgspec.Struct, frozen=True):
    """What is imported and how: everything that affects events or ids. Hashes are SHA-256 in hex."""

    file_sha256: str
    map_sha256: str
    form: str
    encoding: str
    stack: str
    api_url: str
    relay_import: int = _VERSION


class Rejected(msgspec.Struct, frozen=True):
    """An event that the relay refused, by its number in the file."""

    number: int
    code: str
    detail: str


class Entry(msgspec.Struct, frozen=True):
    """An answered batch: the numbers of its first and last event, and the outcome.

    ``ended``: the file's end was reached with everything before it answered.
    """

    first: int = 0
    last: int = -1
    accepted: int = 0
    repeated: int = 0
    refused: tuple[Rejected, ...] = ()
    ended: bool = False


@dataclass(slots=True)
class Progress:
    """The sum of the entries."""

    accepted: int = 0
    repeated: int = 0
    refused: list[Rejected] = field(default_factory=list)
    ranges: list[tuple[int, int]] = field(default_factory=list)
    ended: bool = False

    @property
    def is_begun(self) -> bool:
        """Whether any batch was answered."""
        return bool(self.ranges)

    def add(self, entry: Entry) -> None:
        """Count an entry."""
        self.accepted += entry.accepted
        self.repeated += entry.repeated
        self.refused += entry.refused
        self.ended |= entry.ended
        if entry.last >= entry.first:
            self._join(entry.first, entry.last)

    def _join(self, first: int, last: int) -> None:
        """Merge adjacent ranges, so that they stay few: batches are answered almost in order."""
        place = len(self.ranges)
        while place and self.ranges[place - 1][0] > first:
            place -= 1
        if place and self.ranges[place - 1][1] + 1 == first:
            place -= 1
            self.ranges[place] = (self.ranges[place][0], last)
        else:
            self.ranges.insert(place, (first, last))
        if place + 1 < len(self.ranges) and self.ranges[place + 1][0] == last + 1:
            self.ranges[place] = (self.ranges[place][0], self.ranges.pop(place + 1)[1])
