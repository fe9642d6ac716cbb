"""Checks one schema: its dialect, its keywords, where its references lead, and what the validator says."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import jsonschema_rs

from plan_compiler import keywords
from plan_compiler.json_places import Path
from plan_compiler.keywords import inner
from plan_compiler.references import BadReference, Files
from rules_compiler.problems import hint, shown

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_BASE = "https://plan.invalid/"
# Keywords of the dialect that a plan does without, and of earlier ones.
_NOT_READ = {
    "$id": "a schema's place in the folder is its name",
    "$dynamicRef": "use $ref",
    "$dynamicAnchor": "use $anchor",
    "$recursiveRef": "use $ref",
    "$recursiveAnchor": "use $anchor",
    "$vocabulary": "leave it out",
    "contentSchema": "leave it out",
    "additionalItems": "in draft 2020-12 this is items",
    "dependencies": "in draft 2020-12 this is dependentRequired or dependentSchemas",
}


class Fault(NamedTuple):
    """What is wrong, and the path to it in the schema."""

    path: Path
    reason: str


def faults(file: str, schema: Any, files: Files) -> Iterator[Fault]:
    """All that can be seen without the validator."""
    if not isinstance(schema, dict):
        yield Fault((), "a file of a plan holds one schema, an object")
        return
    dialect = schema.get("$schema", DIALECT)
    if not isinstance(dialect, str) or dialect.rstrip("#") != DIALECT:
        yield Fault(("$schema",), f"schemas are of draft 2020-12: {DIALECT}")
    yield from _faults(file, schema, (), files)


def _faults(file: str, schema: Any, path: Path, files: Files) -> Iterator[Fault]:
    if isinstance(schema, bool):
        return
    if not isinstance(schema, dict):
        yield Fault(path, "a schema is an object, true or false")
        return
    for name, value in schema.items():
        if reason := _reason(file, name, value, files):
            yield Fault((*path, name), reason)
    for one in inner(schema):
        yield from _faults(file, one.schema, (*path, *one.path), files)


def _reason(file: str, name: str, value: Any, files: Files) -> str | None:
    if name in _NOT_READ:
        return f"{name} is not read: {_NOT_READ[name]}"
    if name not in keywords.KNOWN:
        return None if name.startswith("x-") else f"there is no keyword {shown(name)}; {_near(name)}"
    if name == "$ref":
        if not isinstance(value, str):
            return "$ref is a text"
        try:
            files.target(file, value)
        except BadReference as bad:
            return f"$ref {shown(value)}: {bad}"
    if name == "format" and isinstance(value, str) and value not in keywords.FORMATS:
        return f"there is no format {shown(value)}; {hint(value, sorted(keywords.FORMATS))}"
    return None


def _near(name: str) -> str:
    near = hint(name, sorted(keywords.KNOWN))
    return near if near.startswith("did") else "what is no keyword begins with x-"


def validator_fault(file: str, schema: Any, resources: Mapping[str, Any]) -> Fault | None:
    """What the validator that judges events has against a schema."""
    try:
        registry = None
        if resources:
            named = [(_BASE + name, one) for name, one in resources.items()]
            registry = jsonschema_rs.Registry(named, draft=jsonschema_rs.Draft202012)
        jsonschema_rs.Draft202012Validator(
            schema,
            base_uri=_BASE + file,
            registry=registry,
            offline=True,
            validate_formats=True,
            pattern_options=jsonschema_rs.RegexOptions(),
        )
    except jsonschema_rs.ValidationError as error:
        path = tuple(error.instance_path)
        if error.kind.name == "format" and path and (path[-1] == "pattern" or "patternProperties" in path):
            return Fault(path, "no pattern that is matched in linear time (without look-around and back references)")
        return Fault(path, f"not a schema: {shown(error.message)[1:-1]}")
    except (jsonschema_rs.ReferencingError, ValueError) as error:
        return Fault((), f"not a schema: {shown(str(error))[1:-1]}")
    return None
