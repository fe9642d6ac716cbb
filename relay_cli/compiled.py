"""Sources of rules and plans: where they are looked for, what they compile to, and how their faults end a command."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import typer

from relay_cli import output
from relay_cli.errors import WrongInput


@dataclass(frozen=True)
class Compiled:
    """What the file or the folder at ``path`` compiles to."""

    path: Path
    compiled: bytes

    @cached_property
    def value(self) -> dict[str, Any]:
        """It as a value."""
        found: dict[str, Any] = json.loads(self.compiled)
        return found


class Faulty(Protocol):
    """All that is wrong with a source."""

    def lines(self) -> list[str]:
        """Return each fault in a line."""
        ...


def usual_place(given: Path | None, places: Sequence[Path], is_there: Callable[[Path], bool], none: str) -> Path:
    """``given``, or the first of ``places`` that is there; raises WrongInput: ``none``, and where it was looked."""
    if given is not None:
        return given
    found = next(filter(is_there, places), None)
    if found is None:
        raise WrongInput(f"{none} {' or '.join(map(str, places))}")
    return found


def sound[T: Compiled](found: T | Faulty) -> T:
    """``found``, if it is sound; else the command ends, each fault on a line of its own."""
    if isinstance(found, Compiled):
        return found
    for line in found.lines():
        output.say(line)
    raise typer.Exit(WrongInput.status)
