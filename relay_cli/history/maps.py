"""A map that was read: how to read a file, and the events that each record becomes."""

from dataclasses import dataclass, field

from relay_cli.history.csv_records import Dialect
from relay_cli.history.values import ReadValue


@dataclass(frozen=True, slots=True)
class FromColumn:
    """A member's value: the content of ``column`` as ``read`` reads it; nothing if the cell is empty.

    ``required``: an event without it is not sent. ``line`` is the map's.
    """

    column: str
    read: ReadValue
    line: int
    required: bool = False
    is_json: bool = False


@dataclass(frozen=True, slots=True)
class Constant:
    """A member's value that is the same in every event, as JSON."""

    text: bytes


@dataclass(frozen=True, slots=True)
class Members:
    """An object of members."""

    members: dict[str, "Value"]


type Value = FromColumn | Constant | Members


@dataclass(frozen=True, slots=True)
class When:
    """Selects records in which ``column`` is one of ``words``, or without words is not empty."""

    column: str
    words: frozenset[str]
    line: int


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns that together form an id; ``line`` is the map's."""

    names: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class EventMap:
    """One event of each record. ``tag`` distinguishes it from the record's others, whatever is added before it."""

    kind: str
    tag: str
    members: Members
    line: int
    id: Columns | None = None
    when: When | None = None


@dataclass(frozen=True, slots=True)
class HistoryMap:
    """A map: its ``events``, and how the file is written. ``file`` is its name, for errors.

    ``source`` distinguishes the ids of this kind of file from those of another with the same columns.
    """

    file: str
    events: tuple[EventMap, ...]
    source: str = ""
    encoding: str | None = None
    dialect: Dialect = field(default_factory=Dialect)

    def columns(self) -> tuple[str, ...]:
        """Return every column that it names, in its order."""
        found: dict[str, None] = {}
        for event in self.events:
            found |= dict.fromkeys(event.id.names if event.id else ())
            found |= dict.fromkeys((event.when.column,) if event.when else ())
            found |= dict.fromkeys(value.column for value in from_columns(event.members))
        return tuple(found)


def from_columns(value: Value) -> list[FromColumn]:
    """Every value in it that is from a column."""
    if isinstance(value, FromColumn):
        return [value]
    if isinstance(value, Constant):
        return []
    return [found for inner in value.members.values() for found in from_columns(inner)]
