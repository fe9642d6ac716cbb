"""Writes plans that were made, and tells of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dreamdata_relay.plan.violations import path_of
from plan_compiler import PlanInvalid
from relay_cli import output
from relay_cli.plan.folders import faults_of
from relay_cli.plan.vendors import Imported
from relay_cli.plan.writing import files_of, write_plan
from relay_cli.printing import cropped, printable

_MOST_CHARACTERS = 100


def report_import(imported: Imported, to: Path, *, json: bool) -> bool:
    """Write what was imported; whether there is something to mend."""
    notes = [(one.event, ".".join(map(str, one.path)), one.reason) for one in imported.notes]
    faults = _written(to, files_of(imported.schemas))
    if json:
        left = [{"event": event, "path": path, "reason": reason} for event, path, reason in notes]
        told = {"vendor": imported.vendor, "events": len(imported.schemas), "left_out": left, "problems": faults}
        output.as_json({"folder": str(to), **told})
    else:
        for event, path, reason in notes:
            where = f": {cropped(printable(path), _MOST_CHARACTERS)}" if path else ""
            output.say(f"left out: {cropped(printable(event), _MOST_CHARACTERS)}{where}: {reason}")
        for line in faults:
            output.say(line)
        output.line(f"{to}: {len(imported.schemas)} schemas of a tracking plan of {imported.vendor}")
    return bool(notes or faults)


def report_inferred(schemas: Mapping[Any, Any], to: Path, events: int, notes: list[str], *, json: bool) -> bool:
    """Write what was inferred; whether there is something to look at."""
    faults = _written(to, files_of(schemas))
    if json:
        output.as_json({"folder": str(to), "schemas": len(schemas), "events": events, "notes": notes + faults})
    else:
        for line in notes + faults:
            output.say(line)
        output.line(f"{to}: {len(schemas)} schemas of {events} events")
    return bool(notes or faults)


def hidden(name: str) -> str:
    """An event's name as it may be shown."""
    return path_of((name,))


def _written(to: Path, files: Mapping[str, dict[str, Any]]) -> list[str]:
    """Write the files; what the compiler says of them."""
    write_plan(to, files)
    found = faults_of(to)
    return found.lines() if isinstance(found, PlanInvalid) else []
