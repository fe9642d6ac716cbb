"""A plan out of events: the types, required members, formats and choices that all of them have.

Only traits and properties are planned; what an SDK adds in context is its own. A schema takes every event that it was
made of, and leaves room for other members.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from dreamdata_relay.plan.reading import head_of, readable
from plan_compiler.folder import EVENT_TYPES
from relay_cli.plan.values import Texts
from relay_cli.plan.writing import Key

PARTS = ("properties", "traits")
MOST_EVENTS = 1_000
# A member that fewer events have is not called required.
FEWEST_FOR_REQUIRED = 5
# An object with more names than this is a map, whose names are data; so are some names in others.
_MOST_NAMES = 200
_DEEPEST = 10
_TYPES = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    str: "string",
    list: "array",
    dict: "object",
}
_DATA_IN_NAME = re.compile(r"[0-9]{4}|@")


class Seen:
    """What was seen at one place: of the member called ``name``."""

    def __init__(self, name: str, depth: int = 0) -> None:
        self._name = name
        self._depth = depth
        self._types: set[str] = set()
        self._texts = Texts(name)
        self._objects = 0
        self._members: dict[str, Seen] = {}
        self._times: dict[str, int] = {}
        self._map = False
        self._items: Seen | None = None

    def add(self, value: Any, person: str) -> None:
        """One more value."""
        kind = _type_of(value)
        self._types.add(kind)
        if kind == "string":
            self._texts.add(value, person)
        elif self._depth >= _DEEPEST:
            return
        elif kind == "object":
            self._objects += 1
            for name, one in value.items():
                if not self._map and not _DATA_IN_NAME.search(name):
                    self._member(name).add(one, person)
        elif kind == "array":
            self._items = self._items or Seen(self._name, self._depth + 1)
            for one in value:
                self._items.add(one, person)

    def schema(self) -> dict[str, Any]:
        """A schema that takes all of them."""
        types = sorted(self._types - ({"integer"} if "number" in self._types else set()))
        found: dict[str, Any] = {"type": types[0] if len(types) == 1 else types}
        if types == ["string"]:
            found |= self._texts.schema()
        if "object" in types and self._members:
            found |= self._object()
        if self._items is not None and self._items._types:
            found["items"] = self._items.schema()
        return found

    def _member(self, name: str) -> "Seen":
        self._times[name] = self._times.get(name, 0) + 1
        self._map = len(self._times) > _MOST_NAMES
        return self._members.setdefault(name, Seen(name, self._depth + 1))

    def _object(self) -> dict[str, Any]:
        if self._map:
            return {}
        always = [name for name, times in self._times.items() if times == self._objects >= FEWEST_FOR_REQUIRED]
        members = {name: one.schema() for name, one in self._members.items()}
        return {**({"required": always} if always else {}), "properties": members}


class Inferred:
    """Schemas in the making; ``left_out`` counts events of no type, or of a name that looks like data."""

    def __init__(self) -> None:
        self._seen: dict[Key, Seen] = {}
        self.count = 0
        self.left_out = 0

    def add(self, texts: Iterable[bytes]) -> None:
        """Look at more events."""
        for text in texts:
            self.count += 1
            head = head_of(text)
            key = (head.type, head.name or None)
            named = head.name is not None and (_DATA_IN_NAME.search(head.name) or len(head.name) > 200)
            if head.type not in EVENT_TYPES or named or (key not in self._seen and len(self._seen) >= MOST_EVENTS):
                self.left_out += 1
                continue
            event = readable(text)
            parts = {name: event[name] for name in PARTS if name in event}
            person = json.dumps(event.get("userId") or event.get("anonymousId") or "")
            self._seen.setdefault(key, Seen("")).add(parts, person)

    def schemas(self) -> dict[Key, dict[str, Any]]:
        """The schemas by what they are for."""
        return {key: seen.schema() for key, seen in self._seen.items()}


def _type_of(value: Any) -> str:
    if isinstance(value, float):
        # What JSON Schema calls an integer is one however it is written.
        return "integer" if value.is_integer() else "number"
    return _TYPES[type(value)]
