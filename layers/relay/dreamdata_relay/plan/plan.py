"""The plan as an event meets it: which schemas it has to fit, and what is said of how it breaks them."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec
from msgspec import UNSET

from dreamdata_relay.plan.judging import MOST_VIOLATIONS, Found, Validator
from dreamdata_relay.plan.model import Compiled, Schema, read
from dreamdata_relay.plan.modes import Modes
from dreamdata_relay.plan.reading import UNREADABLE, Reader, members_of, named, readable
from dreamdata_relay.plan.violations import KEEPS_TO_THE_PLAN, Kind, Mode, Place, Verdict, Violation

_UNPLANNED = Found((Violation(Kind.UNPLANNED_EVENT, (), ""),))
_UNREADABLE = Found((Violation(Kind.OTHER, (), "unreadable"),))


class Case:
    """What all events of one name, or of one type, have to fit."""

    def __init__(
        self, schemas: Sequence[Schema], resources: Mapping[str, msgspec.Raw], *, planned: bool = True
    ) -> None:
        self._schemas = schemas
        self._resources = resources
        self.planned = planned
        self._value: Callable[[Any, bytes], Any] | None = None

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

    def value(self, reader: Reader) -> Callable[[Any, bytes], Any]:
        """Return what decodes the members that the schemas look at."""
        if self._value is None:
            self._value = reader.value_of(_needs(self._schemas))
        return self._value


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
        self._reader = Reader(_needs([*common, *(one.schema for one in compiled.planned)]))

    def judged(self, event: bytes, source: str) -> Verdict:
        """Return what the plan says of ``event``, the text of one JSON object that the relay has taken.

        ``source`` is ``http:<relay key>``, ``queue``, ``sns`` or ``eventbridge``. It never raises on what an event
        holds; a text that cannot be read is a violation.
        """
        try:
            members = self._reader.read(event)
        except UNREADABLE:
            members = None
        type_, name = named(members or members_of(readable(event)))
        case = self._cases.get((type_, name)) or self._other(type_)
        if case.planned and self._fits(case, members, event):
            return KEEPS_TO_THE_PLAN
        key = source.partition(":")[2]
        if self._modes.all_off(type_, name, key):
            return KEEPS_TO_THE_PLAN
        return self._verdict(self._broken(case, members, event), (type_, name, key))

    def _other(self, type_: str) -> Case:
        return self._cases.get((type_, None)) or (self._unplanned if type_ in self._named else self._unjudged)

    def _fits(self, case: Case, members: Any, event: bytes) -> bool:
        """Whether an event surely fits all its schemas: quick, and so for nearly all."""
        validators = case.validators
        if not validators:
            return True
        if members is None:
            return False
        try:
            value = case.value(self._reader)(members, event)
            for validator in validators:
                if not validator.fits(value):
                    return False
        except (*UNREADABLE, ValueError):
            return False
        return True

    def _broken(self, case: Case, members: Any, event: bytes) -> list[Found]:
        found = [] if case.planned else [_UNPLANNED]
        if not case.validators:
            return found
        try:
            value = readable(event) if members is None else case.value(self._reader)(members, event)
        except UNREADABLE:
            value = readable(event)
        if value is UNSET:
            return [*found, _UNREADABLE]
        size = len(event)
        try:
            return [*found, *[one for one in [by.violations(value, size) for by in case.validators] if one.violations]]
        except (ValueError, RecursionError):
            return [*found, _UNREADABLE]

    def _verdict(self, found: Sequence[Found], of: tuple[str, str | None, str]) -> Verdict:
        violations = [violation for one in found for violation in one.violations]
        more = any(one.more for one in found) or len(violations) > MOST_VIOLATIONS
        kept: dict[tuple[Kind, Place], Violation] = {}
        for one in violations:
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


def _needs(schemas: Sequence[Schema]) -> list[str] | None:
    """Return the members that these schemas look at, None if one looks at all."""
    needs = [one.needs for one in schemas]
    if any(names is None for names in needs):
        return None
    return sorted({name for names in needs if names is not None for name in names})
