"""Plans for tests, written into a folder and compiled."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dreamdata_relay.plan.plan import Plan, plan_of
from plan_compiler import PlanInvalid, compiled_folder

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def write(folder: Path, files: Mapping[str, Any]) -> Path:
    """Schemas are written as JSON, texts as they are."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=2))
    return folder


def plan(folder: Path, files: Mapping[str, Any]) -> Plan:
    found = plan_of(compiled_folder(write(folder, files)))
    assert found is not None
    return found


def faults(folder: Path, files: Mapping[str, Any]) -> list[str]:
    """``file:line:column: reason`` of each fault."""
    try:
        compiled_folder(write(folder, files), "plan")
    except PlanInvalid as invalid:
        return [line.removeprefix("plan/") for line in invalid.lines()]
    return []


def of_properties(name: str, **schema: Any) -> dict[str, Any]:
    """The schema of an event, of which only the properties are planned."""
    inner = {"type": "object", **schema}
    return {"title": name, "type": "object", "required": ["properties"], "properties": {"properties": inner}}


def text(**members: Any) -> bytes:
    return json.dumps(members).encode()
