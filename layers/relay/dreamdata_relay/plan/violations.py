"""What a plan says of an event: violations and the verdict, without a value of the event."""

import re
from enum import StrEnum
from typing import NamedTuple

type Place = tuple[str | int, ...]

# A member's name is written by senders, too: one that may be a person's address or an id is not shown.
_SHOWN_NAME = re.compile(r"(?!.*[0-9]{6})[\w$ .:/+-]{1,60}")
_PLAIN_NAME = re.compile(r"[\w$-]+")
_HIDDEN = "*"


class Mode(StrEnum):
    """What is to be done about a violation, the least first."""

    OFF = "off"
    WARN = "warn"
    OMIT = "omit"
    QUARANTINE = "quarantine"
    REFUSE = "refuse"

    @property
    def strength(self) -> int:
        """Return a number by which modes compare."""
        return _MODES.index(self)


_MODES = list(Mode)


class Kind(StrEnum):
    """The kinds of violations."""

    UNPLANNED_EVENT = "unplanned_event"
    MISSING_REQUIRED = "missing_required"
    WRONG_TYPE = "wrong_type"
    ADDITIONAL_MEMBER = "additional_member"
    OTHER = "other"


class Violation(NamedTuple):
    """One fault of an event. ``at`` is its place by names and indexes; only :attr:`path` may be logged.

    ``rule`` is the keyword of the schema that is broken, or ``unreadable``.
    """

    kind: Kind
    at: Place
    rule: str
    mode: Mode = Mode.WARN

    @property
    def path(self) -> str:
        """Return the place as text, such as ``properties.products[0].price``; names that may be data are ``*``."""
        return path_of(self.at)


class Verdict(NamedTuple):
    """What becomes of an event: the strongest ``mode`` of its violations. ``more``: not all are listed.

    Where there may be more, the mode is the strongest that any violation of the event could have.
    """

    mode: Mode = Mode.OFF
    violations: tuple[Violation, ...] = ()
    more: bool = False


KEEPS_TO_THE_PLAN = Verdict()


def path_of(at: Place) -> str:
    """Return a place as text that holds no value and no name that may be one."""
    parts = [f"[{step}]" if isinstance(step, int) else f".{_named(step)}" for step in at]
    return "".join(parts).removeprefix(".")


def _named(name: str) -> str:
    if not _SHOWN_NAME.fullmatch(name):
        return _HIDDEN
    return name if _PLAIN_NAME.fullmatch(name) else f'"{name}"'
