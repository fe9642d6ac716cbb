"""Turns a record into events by its map."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from relay_cli.errors import WrongInput
from relay_cli.history.ids import Seen, family, id_of, text_of
from relay_cli.history.maps import Constant, EventMap, FromColumn, HistoryMap, Members, Value
from relay_cli.history.records import Fault, JsonText, Record
from relay_cli.history.values import Unfit, json_or_string, json_value

ID_MISSING, ID_REPEATED, VALUE_MISSING = "id_missing", "id_repeated", "value_missing"
_ENCODE = msgspec.json.Encoder().encode
type Cells = Sequence[str]
# A value's text, or nothing where its cell is empty.
type _Made = Callable[[Cells], bytes]


class Made(NamedTuple):
    """An event made of the record that begins in ``line``, or why there is none; ``tag`` identifies it."""

    line: int
    tag: str
    text: bytes = b""
    message_id: str = ""
    fault: Fault | None = None


class Mapping:
    """Makes events of records that have these ``columns``. Raises WrongInput where the map names another one.

    ``seen`` counts; ``is_json``: the cells are values of JSON.
    """

    def __init__(self, plan: HistoryMap, columns: Sequence[str], seen: Seen, *, is_json: bool = False) -> None:
        self._plan = plan
        self._places = {name: place for place, name in reversed([*enumerate(columns)])}
        self._twice = {name for name, count in Counter(columns).items() if count > 1}
        self._is_json = is_json
        self._seen = seen
        self._events = [_Event(self, event) for event in plan.events]
        self._by_record = any(not event.by for event in self._events)
        # Records that stood in the file before, and were given ids of their own.
        self.repeated = 0

    @property
    def source(self) -> str:
        """Return what distinguishes the ids of this kind of file from another's."""
        return self._plan.source

    def place(self, column: str, line: int) -> int:
        """Return the index of ``column``; raises WrongInput with the map's ``line``."""
        place = self._places.get(column)
        if place is None:
            raise WrongInput(f"{self._plan.file}, line {line}: {_no_column(column, self._places)}")
        if column in self._twice:
            raise WrongInput(f"{self._plan.file}, line {line}: the file has more than one column {column!r}")
        return place

    def value(self, value: Value) -> _Made:
        """Return a function that makes the value from cells."""
        if isinstance(value, Constant):
            return lambda _: value.text
        if isinstance(value, Members):
            made = [(_ENCODE(name) + b":", self.value(inner)) for name, inner in value.members.items()]
            return lambda cells: _object(made, cells)
        return self._from_column(value)

    def _from_column(self, value: FromColumn) -> _Made:
        place, column, required = self.place(value.column, value.line), value.column, value.required
        read = json_or_string if self._is_json and value.read is json_value else value.read

        def made(cells: Cells) -> bytes:
            cell = cells[place]
            if cell:
                try:
                    return read(cell)
                except Unfit as unfit:
                    raise Unfit(unfit.code, f"column {column!r} {unfit.detail}") from None
            if required:
                raise Unfit(VALUE_MISSING, f"column {column!r} is empty")
            return b""

        return made

    def events_of(self, record: Record) -> list[Made]:
        """Yield the events of the record, and the faults of those that it does not become."""
        if record.cells is None:
            return [Made(record.line, "", fault=record.fault)]
        # Blanks around a value are no part of it.
        cells = [cell if type(cell) is JsonText else cell.strip() for cell in record.cells]
        text, times = b"", 1
        if self._by_record:
            text = record.text if isinstance(record.text, bytes) else text_of(cells)
            times = self._seen.meet(text, record.line).times
            self.repeated += times > 1
        return [event.made(record.line, cells, text, times) for event in self._events if event.is_meant(cells)]

    def meet(self, message_id: str, line: int) -> Fault | None:
        """Return the fault of an id that an earlier event has."""
        met = self._seen.meet(message_id.encode("utf-8", "surrogatepass"), line)
        if met.times == 1:
            return None
        return Fault(ID_REPEATED, f"its id is that of line {met.line}: name more columns for it, or none")


class _Event:
    """One event of each record."""

    def __init__(self, mapping: Mapping, event: EventMap) -> None:
        self._mapping = mapping
        self._tag = event.tag
        members = dict(event.members.members)
        own = members.pop("messageId", None)
        self._own_id = mapping.value(own) if own else None
        self.by = ("messageId",) if own else event.id.names if event.id else ()
        columns = event.id if event.id and not own else None
        self._id_places = [mapping.place(name, columns.line) for name in columns.names] if columns else []
        self._members = mapping.value(Members(members))
        self._family = family(mapping.source, event.tag, self.by)
        self._when = mapping.place(event.when.column, event.when.line) if event.when else None
        self._words = event.when.words if event.when else frozenset()

    def is_meant(self, cells: Cells) -> bool:
        """Whether the record becomes this event."""
        if self._when is None:
            return True
        cell = cells[self._when]
        return cell in self._words if self._words else bool(cell)

    def made(self, line: int, cells: Cells, record: bytes, times: int) -> Made:
        """Return the event; ``record`` is the record's text, which has occurred ``times`` times."""
        try:
            members = self._members(cells)
            message_id = self._id(cells, record, times)
        except Unfit as unfit:
            return Made(line, self._tag, fault=Fault(unfit.code, unfit.detail))
        if self.by and (fault := self._mapping.meet(message_id, line)):
            return Made(line, self._tag, fault=fault)
        return Made(line, self._tag, b'{"messageId":' + _ENCODE(message_id) + b"," + members[1:], message_id)

    def _id(self, cells: Cells, record: bytes, times: int) -> str:
        if self._own_id:
            if not (own := self._own_id(cells)):
                raise Unfit(ID_MISSING, "the column of messageId is empty")
            return str(msgspec.json.decode(own))
        if not self._id_places:
            return id_of(self._family, record, times)
        values = [cells[place] for place in self._id_places]
        if not any(values):
            raise Unfit(ID_MISSING, "the columns of the id are empty")
        return id_of(self._family, text_of(values))


def _object(members: Sequence[tuple[bytes, _Made]], cells: Cells) -> bytes:
    """Return an object of the members that have a value, or nothing if none has."""
    found = [name + value for name, made in members if (value := made(cells))]
    return b"{" + b",".join(found) + b"}" if found else b""


def _no_column(column: str, columns: Sequence[str] | dict[str, int]) -> str:
    import difflib

    near = difflib.get_close_matches(column, columns, 1, 0.6)
    hint = f"did you mean {near[0]!r}" if near else "its first row names the columns"
    return f"the file has no column {column!r}: {hint}, or is it always the same, {{constant: {column}}}?"
