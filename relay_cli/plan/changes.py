"""What a change of a schema means for events that kept to the old one.

A change breaks events if one that fitted may fit no longer. Where that cannot be told, it may break them.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from plan_compiler import keywords
from plan_compiler.references import Files

_OPEN = True
_AT_LEAST = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"})
_AT_MOST = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"})
_ALL_TYPES = frozenset({"null", "boolean", "object", "array", "number", "string"})
# Told keyword by keyword; any other that differs may break events.
_TOLD = (
    frozenset({"type", "required", "enum", "properties", "additionalProperties", "items", "const"})
    | _AT_LEAST
    | _AT_MOST
    | keywords.ANNOTATIONS
    | keywords.KEPT_MEMBERS
)


class Change(NamedTuple):
    """One change at a place, such as ``properties.revenue``; ``breaks``: None where that cannot be told."""

    path: tuple[str, ...]
    what: str
    breaks: bool | None


class Sided(NamedTuple):
    """A schema with the folder that its references lead into."""

    files: Files
    file: str
    schema: Any

    def at(self, schema: Any) -> "Sided":
        """Another schema of the same file."""
        return self._replace(schema=schema)

    def followed(self) -> "Sided":
        """The schema that a lone reference stands for."""
        one = self
        while isinstance(one.schema, dict) and isinstance(one.schema.get("$ref"), str):
            beside = one.schema.keys() - keywords.ANNOTATIONS - keywords.KEPT_MEMBERS - {"$ref"}
            if beside:
                return one
            target = one.files.target(one.file, one.schema["$ref"])
            one = Sided(one.files, target.file, target.schema)
        return one


def changes(old: Sided, new: Sided, path: tuple[str, ...] = ()) -> Iterator[Change]:
    """All changes from one schema to the other."""
    old, new = old.followed(), new.followed()
    if _takes_all(new.schema):
        if not _takes_all(old.schema):
            yield Change(path, "anything is taken now", breaks=False)
        return
    if old.schema is False or new.schema is False:
        if old.schema is not new.schema:
            yield Change(path, "not allowed any more" if new.schema is False else "allowed now", new.schema is False)
        return
    before, after = _object(old.schema), _object(new.schema)
    yield from _types(before, after, path)
    yield from _required(before, after, path)
    yield from _enum(before, after, path)
    yield from _bounds(before, after, path)
    yield from _members(old.at(before), new.at(after), path)
    if "items" in before or "items" in after:
        items = old.at(before.get("items", _OPEN)), new.at(after.get("items", _OPEN))
        yield from changes(*items, (*path, "[]"))
    yield from _others(old.at(before), new.at(after), path)


def _takes_all(schema: Any) -> bool:
    return schema is True or (isinstance(schema, dict) and not schema.keys() - keywords.ANNOTATIONS)


def _object(schema: Any) -> dict[str, Any]:
    return schema if isinstance(schema, dict) else {}


def _types(before: Mapping[str, Any], after: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Change]:
    old, new = _listed(before.get("type")), _listed(after.get("type"))
    if lost := {kind for kind in old if kind not in new and not (kind == "integer" and "number" in new)}:
        if "type" not in before:
            yield Change(path, f"has to be {_or(new)} now", breaks=True)
        else:
            yield Change(path, f"{_or(lost)} is no longer taken", breaks=True)
    elif gained := {kind for kind in new if kind not in old and not (kind == "integer" and "number" in old)}:
        yield Change(path, f"{_or(gained)} is taken now" if "type" in after else "has any type now", breaks=False)


def _listed(types: Any) -> set[str]:
    if types is None:
        return set(_ALL_TYPES)
    return {types} if isinstance(types, str) else set(types)


def _or(words: set[str]) -> str:
    return " or ".join(sorted(words))


def _required(before: Mapping[str, Any], after: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Change]:
    old, new = set(before.get("required", ())), set(after.get("required", ()))
    yield from (Change((*path, name), "is required now", breaks=True) for name in sorted(new - old))
    yield from (Change((*path, name), "is no longer required", breaks=False) for name in sorted(old - new))


def _enum(before: Mapping[str, Any], after: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Change]:
    old, new = _choices(before), _choices(after)
    if new is None:
        if old is not None:
            yield Change(path, "is free now", breaks=False)
    elif old is None:
        yield Change(path, f"has to be one of {len(new)} values now", breaks=True)
    elif lost := len([one for one in old if one not in new]):
        yield Change(path, f"{lost} of {len(old)} values are no longer taken", breaks=True)
    elif len(new) > len(old):
        yield Change(path, f"{len(new) - len(old)} more values are taken", breaks=False)


def _choices(schema: Mapping[str, Any]) -> list[str] | None:
    """The values, told from one another as JSON does."""
    found = schema.get("enum", [schema["const"]] if "const" in schema else None)
    return None if found is None else [f"{type(one).__name__}{one!r}" for one in found]


def _bounds(before: Mapping[str, Any], after: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Change]:
    for names, tighter in ((_AT_LEAST, _greater), (_AT_MOST, _less)):
        for name in sorted(names & (before.keys() | after.keys())):
            old, new = before.get(name), after.get(name)
            if old == new:
                continue
            narrowed = new is not None and (old is None or tighter(new, old))
            yield Change(path, f"{name} is {'gone' if new is None else new}", breaks=narrowed)


def _greater(new: float, old: float) -> bool:
    return new > old


def _less(new: float, old: float) -> bool:
    return new < old


def _members(old: Sided, new: Sided, path: tuple[str, ...]) -> Iterator[Change]:
    before, after = old.schema.get("properties", {}), new.schema.get("properties", {})
    rest_before = old.schema.get("additionalProperties", _OPEN)
    rest_after = new.schema.get("additionalProperties", _OPEN)
    for name in [*before, *(name for name in after if name not in before)]:
        inner = (*path, name)
        if name not in after and rest_after is False:
            yield Change(inner, "is no longer a member", breaks=True)
        elif name not in before and rest_before is False:
            yield Change(inner, "is a member now", breaks=False)
        else:
            yield from changes(old.at(before.get(name, rest_before)), new.at(after.get(name, rest_after)), inner)
    if rest_after is False and rest_before is not False:
        yield Change(path, "is closed now: no other members", breaks=True)
    elif rest_before is False and rest_after is not False:
        yield Change(path, "is open now: other members are taken", breaks=False)
    else:
        yield from changes(old.at(rest_before), new.at(rest_after), (*path, "*"))


def _others(old: Sided, new: Sided, path: tuple[str, ...]) -> Iterator[Change]:
    """Of keywords that are not followed: one that is gone breaks nothing, if it only checked."""
    for name in sorted((old.schema.keys() | new.schema.keys()) - _TOLD):
        if name.startswith("x-") or (
            old.schema.get(name) == new.schema.get(name) and _inside(old, name) == _inside(new, name)
        ):
            continue
        gone = name not in new.schema and name in keywords.CHECKS
        yield Change(path, f"{name} is gone" if gone else f"{name} has changed", breaks=False if gone else None)


def _inside(side: Sided, name: str) -> list[Any]:
    """The schemas of a keyword, whole: a reference in them may lead to something that has changed."""
    return [_inlined(side, one) for one in _under(side.schema, name)]


def _under(schema: Mapping[str, Any], name: str) -> list[Any]:
    if name == "$ref" and name in schema:
        return [{"$ref": schema["$ref"]}]
    return [one.schema for one in keywords.inner(schema) if one.keyword == name]


def _inlined(side: Sided, schema: Any) -> Any:
    """The schema with what its references lead to in their place."""
    if isinstance(schema, dict):
        found = {name: _inlined(side, one) for name, one in schema.items()}
        if isinstance(schema.get("$ref"), str):
            target = side.files.target(side.file, schema["$ref"])
            found["$ref"] = _inlined(Sided(side.files, target.file, target.schema), target.schema)
        return found
    return [_inlined(side, one) for one in schema] if isinstance(schema, list) else schema
