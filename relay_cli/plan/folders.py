"""Folders of plans, read and compiled by what the build compiles them with."""

from collections import Counter
from pathlib import Path

from plan_compiler import PlanInvalid, compiled_folder
from relay_cli.compiled import Compiled, sound, usual_place
from relay_cli.errors import WrongInput

_PLACES = (Path("layers/rules/plan"), Path("plan"))


class PlanFolder(Compiled):
    """The plan in the folder at ``path``, as plan.json."""

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
    return usual_place(given, _PLACES, Path.is_dir, "no plan is given, and there is no folder")


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
    return sound(faults_of(plan_folder(given)))
