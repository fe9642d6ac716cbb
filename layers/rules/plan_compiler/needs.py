"""Which members of an event a schema looks at, so that the rest need not be decoded."""

from typing import Any

from plan_compiler.references import Files

# With these every member counts.
_ALL = frozenset(
    {"additionalProperties", "unevaluatedProperties", "patternProperties", "propertyNames", "enum", "const"}
    | {"minProperties", "maxProperties"}
)


def needed(file: str, schema: Any, files: Files) -> set[str] | None:
    """The members' names; None where all are needed."""
    if not isinstance(schema, dict):
        return set()
    if any(name in schema and schema[name] is not True for name in _ALL):
        return None
    found = {*schema.get("properties", {}), *schema.get("required", [])}
    for name, others in schema.get("dependentRequired", {}).items():
        found |= {name, *others}
    found |= set(schema.get("dependentSchemas", {}))
    inner = [(file, one) for name in ("allOf", "anyOf", "oneOf") for one in schema.get(name, [])]
    inner += [(file, schema[name]) for name in ("not", "if", "then", "else") if name in schema]
    inner += [(file, one) for one in schema.get("dependentSchemas", {}).values()]
    if "$ref" in schema:
        inner.append(files.target(file, schema["$ref"]))
    for place, one in inner:
        more = needed(place, one, files)
        if more is None:
            return None
        found |= more
    return found
