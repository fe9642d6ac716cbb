"""Compares two plans: for each event, what would break."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dreamdata_relay.plan.model import Compiled, read
from plan_compiler.folder import EVENT_TYPES
from plan_compiler.references import Files
from relay_cli.plan.changes import Change, Sided, changes
from relay_cli.plan.folders import PlanFolder

ALL = "all events"


class Difference(NamedTuple):
    """A change, and the events that it is for: ``track "Order Completed"``, ``identify`` or ``all events``."""

    of: str
    change: Change


class _Side:
    """One of the plans."""

    def __init__(self, plan: PlanFolder) -> None:
        value = plan.value
        entries = [one["schema"] for one in value["planned"]] + [value["common"]] * (value["common"] is not None)
        files = Files({**value["resources"], **{one["file"]: one["schema"] for one in entries}})
        self.sides: dict[tuple[str, str | None], Sided] = {
            (one["type"], one["event"]): Sided(files, one["schema"]["file"], one["schema"]["schema"])
            for one in value["planned"]
        }
        self.common = Sided(files, "common.json", value["common"]["schema"] if value["common"] else True)
        self.types = {kind for kind, _ in self.sides}
        self.compiled = read(plan.compiled)

    def of(self, kind: str, name: str | None) -> Sided | None:
        """What such events have to fit; None where they are unplanned."""
        found = self.sides.get((kind, name)) or self.sides.get((kind, None))
        if found is None and kind not in self.types:
            return self.common.at(True)
        return found


def differences(old: PlanFolder, new: PlanFolder) -> Iterator[Difference]:
    """All that differs, first what is common, then event by event."""
    before, after = _Side(old), _Side(new)
    yield from (Difference(ALL, one) for one in _of_modes(before.compiled, after.compiled))
    yield from (Difference(ALL, one) for one in changes(before.common, after.common))
    keys = before.sides.keys() | after.sides.keys()
    for kind in EVENT_TYPES:
        yield from _of_others(kind, before, after)
        for name in sorted(name for one, name in keys if one == kind and name is not None):
            yield from (Difference(f"{kind} {json.dumps(name)}", one) for one in _of(kind, name, before, after))


def _of_others(kind: str, before: _Side, after: _Side) -> Iterator[Difference]:
    """Of the events of a type that have no file of their own."""
    named = any(one == kind and name is not None for one, name in before.sides.keys() | after.sides.keys())
    told = f"other {kind} events" if named else f"{kind} events"
    yield from (Difference(told, one) for one in _of(kind, None, before, after))


def _of(kind: str, name: str | None, before: _Side, after: _Side) -> Iterator[Change]:
    old, new = before.of(kind, name), after.of(kind, name)
    if old is None or new is None:
        if old is not None:
            yield Change((), "no longer planned", breaks=True)
        elif new is not None:
            yield Change((), "planned now", breaks=False)
    else:
        yield from changes(old, new)


def _of_modes(before: Compiled, after: Compiled) -> Iterator[Change]:
    if before.mode is not after.mode:
        yield Change((), f"mode: {before.mode} becomes {after.mode}", after.mode.strength > before.mode.strength)
    if before.modes != after.modes:
        yield Change((), "the modes of some have changed", breaks=None)


def as_value(one: Difference) -> Mapping[str, Any]:
    """One difference for programs."""
    return {"events": one.of, "path": path(one.change), "change": one.change.what, "breaks": one.change.breaks}


def path(change: Change) -> str:
    """The place as text."""
    return ".".join(change.path).replace(".[]", "[]")
