"""Schemas of earlier drafts, as Segment and RudderStack keep them, in draft 2020-12 and with what a plan can hold."""

from collections.abc import Iterator
from typing import Any

from plan_compiler import keywords
from plan_compiler.checking import validator_fault
from plan_compiler.json_places import Path

_DEEPEST = 40
_EARLIER = frozenset({"items", "additionalItems", "dependencies"})
_TEXTS = keywords.ANNOTATIONS - {"$schema", "x-event", "$anchor"}


class Converter:
    """Converts schemas; ``notes`` are the parts that could not be kept, each with its path and the reason."""

    def __init__(self) -> None:
        self.notes: list[tuple[Path, str]] = []

    def converted(self, schema: Any, path: Path = ()) -> Any:
        """The schema; what is none becomes one that takes everything."""
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, dict):
            return self._left_out(path, {}, "no schema")
        if len(path) > _DEEPEST:
            return self._left_out(path, {}, "nested too deep")
        return {name: value for name, one in schema.items() for name, value in self._kept(schema, name, one, path)}

    def _kept(self, schema: dict[str, Any], name: str, value: Any, path: Path) -> Iterator[tuple[str, Any]]:
        """What a keyword becomes; what is none checks nothing and is left out."""
        at = (*path, name)
        if name in _EARLIER:
            yield from self._earlier(schema, name, value, at)
        elif name in keywords.ONE:
            yield name, self.converted(value, at)
        elif name in keywords.LISTS and isinstance(value, list):
            yield name, self._list(value, at)
        elif name in keywords.MEMBERS and isinstance(value, dict):
            yield from self._members(name, value, at)
        elif name in keywords.CHECKS or name in _TEXTS:
            yield from self._check(name, value, at)
        elif name == "$ref":
            yield from self._reference(value, at)

    def _earlier(self, schema: dict[str, Any], name: str, value: Any, at: Path) -> Iterator[tuple[str, Any]]:
        """A keyword that had another meaning, or another name."""
        if name == "items":
            listed = isinstance(value, list)
            yield ("prefixItems", self._list(value, at)) if listed else ("items", self.converted(value, at))
        elif name == "additionalItems":
            if isinstance(schema.get("items"), list):
                yield "items", self.converted(value, at)
        elif isinstance(value, dict):
            yield from self._dependencies(value, at)

    def _members(self, name: str, value: dict[str, Any], at: Path) -> Iterator[tuple[str, Any]]:
        found = {key: self.converted(one, (*at, key)) for key, one in value.items()}
        if found and name == "patternProperties" and (fault := validator_fault("a.json", {name: found}, {})):
            self._left_out(at, None, fault.reason)
        elif found:
            yield name, found

    def _list(self, value: list[Any], at: Path) -> list[Any]:
        return [self.converted(one, (*at, index)) for index, one in enumerate(value)]

    def _dependencies(self, value: dict[str, Any], at: Path) -> Iterator[tuple[str, Any]]:
        required = {name: one for name, one in value.items() if isinstance(one, list)}
        schemas = {name: self.converted(one, (*at, name)) for name, one in value.items() if name not in required}
        if required:
            yield "dependentRequired", required
        if schemas:
            yield "dependentSchemas", schemas

    def _check(self, name: str, value: Any, at: Path) -> Iterator[tuple[str, Any]]:
        # Vendors write "any" for no type at all.
        if (name == "required" and value == []) or (name == "type" and ("any" in (value, *_listed(value)))):
            return
        if name == "format" and isinstance(value, str) and value not in keywords.FORMATS:
            self._left_out(at, None, "a format that JSON Schema does not have")
        elif fault := validator_fault("a.json", {name: value}, {}):
            self._left_out(at, None, fault.reason)
        else:
            yield name, value

    def _reference(self, value: Any, at: Path) -> Iterator[tuple[str, Any]]:
        if isinstance(value, str) and value.startswith(("#/definitions/", "#/$defs/")):
            yield "$ref", value
        else:
            self._left_out(at, None, "a reference that leads away")

    def _left_out(self, at: Path, instead: Any, reason: str) -> Any:
        self.notes.append((at, reason))
        return instead


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
