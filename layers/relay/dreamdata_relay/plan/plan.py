"""The plan as an event meets it: which schemas it has to fit, and what is said of how it breaks them."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec
from msgspec import UNSET

from dreamdata_relay.plan.judging import MOST_VIOLATIONS, Found, Validator
from dreamdata_relay.plan.model import Compiled, Schema, read
from dreamdata_relay.plan.modes import Modes
from dreamdata_relay.plan.reading import Heads, head_of, readable, reader_of
from dreamdata_relay.plan.violations import KEEPS_TO_THE_PLAN, Kind, Mode, Verdict, Violation

_UNREADABLE = Found((Violation(Kind.OTHER, (), "unreadable"),))


class Case:
    """What all events of one name, or of one type, have to fit."""

    def __init__(
        self, schemas: Sequence[Schema], resources: Mapping[str, msgspec.Raw], *, planned: bool = True
    ) -> None:
        self._schemas = schemas
        self._resources = resources
        self.planned = planned

    @cached_property
    def validators(self) -> Sequence[Validator]:
        """Compiled when the first such event comes."""
        return [
            Validator(
                one.file,
                bytes(one.schema),
                {name: bytes(self._resources[name]) for name in one.uses},
                one.weight,
            )
            for one in self._schemas
        ]

    @cached_property
    def read(self) -> Callable[[bytes], Any]:
        """Decodes the members that the schemas look at."""
        needs = [one.needs for one in self._schemas]
        if any(names is None for names in needs):
            return reader_of(None)
        return reader_of(sorted({name for names in needs if names is not None for name in names}))


class Plan:
    """A plan of one version."""

    def __init__(self, compiled: Compiled) -> None:
        self.version = compiled.version
        self._modes = Modes(compiled.modes, compiled.mode)
        common = [compiled.common] if compiled.common else []
        resources = compiled.resources
        self._cases = {(one.type, one.event): Case([*common, one.schema], resources) for one in compiled.planned}
        self._unjudged = Case(common, resources)
        self._unplanned = Case(common, resources, planned=False)
        self._named = {one.type for one in compiled.planned}

    def judged(self, event: bytes, source: str) -> Verdict:
        """Return what the plan says of ``event``, the text of one JSON object that the relay has taken.

        ``source`` is ``http:<relay key>``, ``queue``, ``sns`` or ``eventbridge``. It never raises on what an event
        holds; a text that cannot be read is a violation.
        """
        head = head_of(event)
        type_, name, key = head.type, head.name, source.partition(":")[2]
        case = self._case(head)
        if self._modes.all_off(type_, name, key):
            return KEEPS_TO_THE_PLAN
        found = [] if case.planned else [Violation(Kind.UNPLANNED_EVENT, (), "")]
        more = False
        if case.validators:
            for one in self._broken(case, event):
                found += one.violations
                more = more or one.more
        if not found:
            return KEEPS_TO_THE_PLAN
        return self._verdict(found, more or len(found) > MOST_VIOLATIONS, (type_, name, key))

    def _case(self, head: Heads) -> Case:
        case = self._cases.get((head.type, head.name)) or self._cases.get((head.type, None))
        if case is None:
            case = self._unplanned if head.type in self._named else self._unjudged
        return case

    def _broken(self, case: Case, event: bytes) -> list[Found]:
        try:
            value = case.read(event)
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            value = readable(event)
        if value is UNSET:
            return [_UNREADABLE]
        try:
            return [one.violations(value, len(event)) for one in case.validators]
        except (ValueError, RecursionError):
            return [_UNREADABLE]

    def _verdict(self, found: Sequence[Violation], more: bool, of: tuple[str, str | None, str]) -> Verdict:
        kept: dict[tuple[Kind, tuple[str | int, ...]], Violation] = {}
        for one in found:
            mode = self._modes.mode(one.kind, *of)
            if mode is not Mode.OFF:
                kept.setdefault((one.kind, one.at), one._replace(mode=mode))
        # Those that are not listed may be of any kind.
        unlisted = [self._modes.mode(kind, *of) for kind in Kind if kind is not Kind.UNPLANNED_EVENT] if more else []
        modes = [*(one.mode for one in kept.values()), *unlisted]
        strongest = max(modes, key=lambda mode: mode.strength, default=Mode.OFF)
        if strongest is Mode.OFF:
            return KEEPS_TO_THE_PLAN
        return Verdict(strongest, tuple(kept.values())[:MOST_VIOLATIONS], more)


def plan_of(compiled: bytes) -> Plan | None:
    """Return the plan in the text of ``plan.json``, None if it plans nothing; raises :class:`PlanUnusable`."""
    found = read(compiled)
    return Plan(found) if found.common or found.planned else None
