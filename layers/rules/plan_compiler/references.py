"""Where `$ref` leads: within the file, or into another file of the plan's folder; never further, and never in a circle.

Without circles every schema is a finite tree, whatever the event is, and its weight can be counted.
"""

import posixpath
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from plan_compiler.json_places import Path
from plan_compiler.keywords import walk


class Target(NamedTuple):
    """What a reference stands for."""

    file: str
    schema: Any


class BadReference(Exception):
    """Raised when a reference leads nowhere that is allowed; the text says why."""


class Files:
    """The schemas of the folder by file, such as ``track/order-completed.json``."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas

    def target(self, file: str, reference: str) -> Target:
        """What ``reference`` in ``file`` leads to; raises BadReference."""
        name, _, fragment = reference.partition("#")
        if ":" in name or name.startswith("/"):
            raise BadReference("it leads out of the plan's folder; nothing is fetched")
        found = posixpath.normpath(posixpath.join(posixpath.dirname(file), unquote(name))) if name else file
        if found not in self._schemas:
            raise BadReference(f"there is no file {found[:100]} in the plan's folder")
        return Target(found, self._within(self._schemas[found], unquote(fragment)))

    def _within(self, schema: Any, fragment: str) -> Any:
        if not fragment:
            return schema
        if not fragment.startswith("/"):
            return self._anchored(schema, fragment)
        for step in _steps(fragment):
            if isinstance(schema, dict) and step in schema:
                schema = schema[step]
            elif isinstance(schema, list) and isinstance(step, str) and step.isdigit() and int(step) < len(schema):
                schema = schema[int(step)]
            else:
                raise BadReference("there is nothing at that place")
        if not isinstance(schema, dict | bool):
            raise BadReference("there is no schema at that place")
        return schema

    def _anchored(self, schema: Any, anchor: str) -> Any:
        for _, one in walk(schema):
            if isinstance(one, dict) and one.get("$anchor") == anchor:
                return one
        raise BadReference("there is no such $anchor")


def _steps(pointer: str) -> Path:
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])
