"""A quick way for events in which several objects have a name that counts: each is looked through by itself."""

import functools
from collections.abc import Callable, Sequence

import msgspec

from dreamdata_relay.events.json_editing import members_decoder
from dreamdata_relay.privacy.edits import Edit, edited
from dreamdata_relay.privacy.locating import NotSure, place_of, sure_place
from dreamdata_relay.privacy.single import Task, task_of, tasks_done
from dreamdata_relay.privacy.units import Unit
from dreamdata_relay.privacy.values import Ring

type Values = tuple[bytes, ...]


class _Entry(msgspec.Struct, frozen=True):
    number: int
    quoted: bytes
    tasks: Sequence[Task]
    node: "_Node | None"


class _Node:
    """An object and the members of it that are looked for."""

    def __init__(self, units: Sequence[Unit]) -> None:
        by_name: dict[str, list[Unit]] = {}
        for unit in units:
            by_name.setdefault(unit.path[0], []).append(unit)
        self.values = _reader(tuple(by_name))
        self.entries = [_entry(number, name, own) for number, (name, own) in enumerate(by_name.items())]


def _entry(number: int, name: str, units: Sequence[Unit]) -> _Entry:
    ends = any(len(unit.named) == 1 for unit in units)
    below = [unit.below(1) for unit in units]
    # What is wanted of the member as a whole and what is wanted in it is done in its order, on the member's own text.
    tasks = [task_of(unit) for unit in below] if ends else []
    return _Entry(number, f'"{name}"'.encode("utf-8", "surrogatepass"), tasks, None if ends else _Node(below))


class Narrowing:
    """Does what ``units``, which all begin with a name, are for."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self._root = functools.cache(lambda: _Node(units))

    def done(self, text: bytes, ring: Ring) -> tuple[bytes, list[str]]:
        """Return the text and the rules that changed it; raises :class:`NotSure` if this way cannot tell.

        No name that counts is spelled by escapes.
        """
        root = self._root()
        work = _Work(text, ring)
        work.look(root, 0, len(text), root.values(text))
        return edited(text, work.edits) if work.edits else text, work.changed


class _Work:
    def __init__(self, text: bytes, ring: Ring) -> None:
        self.edits: list[Edit] = []
        self.changed: list[str] = []
        self._text = text
        self._ring = ring

    def look(self, node: _Node, start: int, end: int, values: Values) -> None:
        """Look through the object from ``start`` to ``end``."""
        text, spans, unsure = self._text, list[tuple[int, int]](), list[_Entry]()
        for entry in node.entries:
            value = values[entry.number]
            place = place_of(text, entry.quoted, value, start, end)
            if place is None:
                unsure.append(entry)
            elif value:
                spans.append((place[1], place[1] + len(value)))
                self._at(entry, *place, value)
        for entry in unsure:
            value = values[entry.number]
            found = sure_place(text, entry.quoted, value, start, end, spans)
            if found:
                self._at(entry, *found, value)

    def _at(self, entry: _Entry, key: int, start: int, value: bytes) -> None:
        if entry.node is None:
            self.edits += tasks_done(entry.tasks, key, start, value, self.changed, self._ring)
        elif value[:1] == b"{":
            self.look(entry.node, start, start + len(value), entry.node.values(value))


@functools.lru_cache(256)
def _reader(names: tuple[str, ...]) -> Callable[[bytes], Values]:
    """Return what reads the members called ``names`` of an object's text, b"" for those it lacks."""
    decode = members_decoder(names).decode
    astuple = msgspec.structs.astuple

    def read(text: bytes) -> Values:
        try:
            return tuple(map(bytes, astuple(decode(text))))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise NotSure from None

    return read
