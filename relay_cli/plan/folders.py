"""Folders of plans, read and compiled by what the build compiles them with."""

import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import typer

from plan_compiler import PlanInvalid, compiled_folder
from relay_cli import output
from relay_cli.errors import WrongInput

_PLACES = (Path("layers/rules/plan"), Path("plan"))


@dataclass(frozen=True)
class PlanFolder:
    """The plan in the folder at ``path``, as plan.json."""

    path: Path
    compiled: bytes

    @cached_property
    def value(self) -> dict[str, Any]:
        """plan.json as a value."""
        found: dict[str, Any] = json.loads(self.compiled)
        return found

    def summary(self) -> dict[str, object]:
        """What is told of it."""
        planned = [{"type": one["type"], "event": one["event"]} for one in self.value["planned"]]
        return {"version": self.value["version"], "common": self.value["common"] is not None, "planned": planned}

    def told(self) -> str:
        """The same in a sentence."""
        planned = self.value["planned"]
        named = Counter(one["type"] for one in planned if one["event"] is not None)
        parts = [f"{count} {kind} event{'s' if count > 1 else ''}" for kind, count in named.items()]
        parts += [f"{one['type']} events" for one in planned if one["event"] is None]
        if not parts and self.value["common"] is None:
            return "nothing is planned: there is no schema"
        common = ["what all events have in common"] if self.value["common"] is not None else []
        return f"plans {', '.join(parts + common)}; version {self.value['version']}"


def plan_folder(given: Path | None) -> Path:
    """``given``, or the folder at one of the usual places; raises WrongInput."""
    if given is not None:
        return given
    found = next((place for place in _PLACES if place.is_dir()), None)
    if found is None:
        raise WrongInput(f"no plan is given, and there is no folder {' or '.join(map(str, _PLACES))}")
    return found


def faults_of(path: Path) -> PlanFolder | PlanInvalid:
    """The plan in the folder, or all that is wrong with it; raises WrongInput where it cannot be read."""
    try:
        return PlanFolder(path, compiled_folder(path))
    except PlanInvalid as invalid:
        return invalid
    except OSError as error:
        raise WrongInput(f"{error.filename or path} cannot be read: {error.strerror}") from None


def read_plan(given: Path | None) -> PlanFolder:
    """The plan in the folder; a wrong one ends the command, each fault on a line of its own."""
    found = faults_of(plan_folder(given))
    if isinstance(found, PlanFolder):
        return found
    for line in found.lines():
        output.say(line)
    raise typer.Exit(WrongInput.status)
