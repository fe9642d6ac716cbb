"""The quickest way, for events in which each name that counts occurs once."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from dreamdata_relay.privacy.edits import Edit
from dreamdata_relay.privacy.locating import NotSure
from dreamdata_relay.privacy.shapes import Leaf, Match, Shape, written
from dreamdata_relay.privacy.single import Local, Task, done, task_of
from dreamdata_relay.privacy.units import Unit
from dreamdata_relay.privacy.values import Ring


class _Slot(NamedTuple):
    """A member whose value is changed; ``only`` is what is done if that is one thing, else ``tasks`` are."""

    value: Callable[[Any], msgspec.Raw]
    rule: str
    only: Local | None
    tasks: Sequence[Task]


class Glance:
    """Finds the places of what ``units`` change by one search for all their names.

    A member that the C reader found stands where its name does, if no other member in the event is called so.
    """

    def __init__(self, units: Sequence[Unit], shape: Shape) -> None:
        by_leaf: dict[Leaf, list[Unit]] = {}
        for unit in units:
            by_leaf.setdefault(shape.leaf_of(unit.named), []).append(unit)
        # Names within values that are looked through, or whose place is anywhere: if there is one, this is not the way.
        elsewhere = set[str]()
        leaves = list[Leaf]()
        for leaf, own in by_leaf.items():
            last = [unit.last_name(len(leaf)) for unit in own]
            if all(last):
                elsewhere |= {name for name in last if name}
            else:
                leaves.append(leaf)
        self._possible = () not in leaves
        self._slots: dict[bytes, list[_Slot]] = {written(name): [] for name in elsewhere}
        for leaf in leaves if self._possible else ():
            if leaf[-1] not in elsewhere:
                tasks = [task_of(unit.below(len(leaf))) for unit in by_leaf[leaf]]
                slot = _Slot(shape.getter(leaf), tasks[0][0], tasks[0][1] if len(tasks) == 1 else None, tasks)
                self._slots.setdefault(written(leaf[-1]), []).append(slot)

    def edits(self, text: bytes, read: Any, keys: Sequence[Match], ring: Ring) -> tuple[list[Edit], list[str]]:
        """Return the edits of ``text`` and the rules behind; raises :class:`NotSure`.

        ``read`` and ``keys`` are what the shape read and found in it.
        """
        if not self._possible:
            raise NotSure
        edits, changed, seen = list[Edit](), list[str](), list[bytes]()
        for found in keys:
            name = found[1]
            slots = self._slots.get(name)
            if slots is None:
                continue
            if name in seen or not slots:
                raise NotSure
            seen.append(name)
            value_of, rule, only, tasks = slots[0] if len(slots) == 1 else _the_one(slots, read)
            value, start = bytes(value_of(read)), found.end()
            if not value or not text.startswith(value, start):
                raise NotSure
            if only is None:
                edits += done(tasks, found.start(), start, value, changed, ring)
                continue
            new = only(value, ring)
            if new != value:
                edits.append((found.start() if new is None else start, start + len(value), new))
                changed.append(rule)
        return edits, changed


def _the_one(slots: Sequence[_Slot], read: Any) -> _Slot:
    found = [slot for slot in slots if len(slot.value(read))]
    if len(found) != 1:
        raise NotSure
    return found[0]
