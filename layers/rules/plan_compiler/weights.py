"""How much work a schema can be: how many schemas, and listed names, one value of an event meets at most.

A chain of references that doubles at each step makes a million schemas of thirty; counting finds that out in no time,
because each schema is counted once.
"""

from typing import Any, NamedTuple

from plan_compiler import keywords
from plan_compiler.keywords import inner
from plan_compiler.references import BadReference, Files

# What a plan of 10,000 members in one object weighs, and some.
MOST_WEIGHT = 20_000
# As many steps as the validator follows without harm.
MOST_STEPS = 100
_SAME_PART = keywords.BELOW_ONE | keywords.BELOW_MEMBERS
_HERE = keywords.HERE_ONE | keywords.HERE_LIST | keywords.HERE_MEMBERS
_DEEP = f"schemas nest more than {MOST_STEPS} deep, references followed"
_LISTING = ("required", "enum", "properties")


class Weight(NamedTuple):
    """``here`` is what applies to the value itself, ``below`` the most that applies to a part; ``steps``: its depth."""

    here: int
    below: int
    steps: int


class TooHeavy(Exception):
    """Raised when a schema is too much work; the text says why."""


class Weights:
    """Weighs the schemas of a folder."""

    def __init__(self, files: Files) -> None:
        self._files = files
        # The schemas live as long as the folder, so that their ids stay theirs.
        self._known: dict[int, Weight] = {}
        self._open: set[int] = set()

    def weight(self, file: str, schema: Any) -> int:
        """The weight of a schema; raises TooHeavy, or BadReference for a reference in a circle."""
        found = self._weigh(file, schema)
        return max(found.here, found.below)

    def _weigh(self, file: str, schema: Any) -> Weight:
        if not isinstance(schema, dict):
            return Weight(1, 0, 1)
        key = id(schema)
        if key not in self._known:
            if key in self._open:
                raise BadReference("it leads back to itself; schemas that hold themselves are not read")
            self._open.add(key)
            if len(self._open) > MOST_STEPS:
                raise TooHeavy(_DEEP)
            self._known[key] = self._weighed(file, schema)
            self._open.discard(key)
        return self._known[key]

    def _weighed(self, file: str, schema: dict[str, Any]) -> Weight:
        here = 1 + sum(len(schema[name]) for name in _LISTING if isinstance(schema.get(name), list | dict))
        below, apart, steps = 0, 0, 0
        found = [(one.keyword, self._weigh(file, one.schema)) for one in inner(schema)]
        if isinstance(schema.get("$ref"), str):
            target = self._files.target(file, schema["$ref"])
            found.append(("allOf", self._weigh(target.file, target.schema)))
        for keyword, one in found:
            if keyword in keywords.KEPT_MEMBERS:
                continue
            steps = max(steps, one.steps)
            whole = max(one.here, one.below)
            if keyword in _HERE:
                here += one.here
                below += one.below
            elif keyword in _SAME_PART:
                below += whole
            else:
                apart = max(apart, whole)
        result = Weight(here, below + apart, steps + 1)
        if result.steps > MOST_STEPS:
            raise TooHeavy(_DEEP)
        if max(result.here, result.below) > MOST_WEIGHT:
            raise TooHeavy(f"more than {MOST_WEIGHT:,} schemas and listed names apply to one value")
        return result
