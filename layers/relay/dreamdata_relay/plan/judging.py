"""Judges a decoded event by one schema. The validator is imported and each schema compiled at first use.

The validator never fetches anything, and its patterns take linear time. It copies the value beside each error, so that
a large value with many errors costs too much: of those only the first error is asked for.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from dreamdata_relay.plan.violations import Kind, Place, Violation

if TYPE_CHECKING:
    import jsonschema_rs

# Nobody mends more at a time.
MOST_VIOLATIONS = 20
# An error takes some 20 us and a copy of the value: all are asked for of events up to this size, and up to this
# product of their size and the schema's weight.
_MOST_BYTES = 20_000
_MOST_WORK = 2_000_000
# Stands for the folder of the plan; nothing is ever asked there.
_BASE = "https://plan.invalid/"
_ADDITIONAL = frozenset({"additionalProperties", "unevaluatedProperties"})


class Found(NamedTuple):
    """The violations of a schema; ``more``: there may be others."""

    violations: tuple[Violation, ...] = ()
    more: bool = False


_NONE = Found()


class Validator:
    """Validates by the schema of ``file``; ``resources`` are the files that it refers to."""

    def __init__(self, file: str, schema: bytes, resources: Mapping[str, bytes], weight: int = 1) -> None:
        self._validator = validator_of(file, schema, resources)
        # Whether a decoded event fits; what raises ValueError or RecursionError fits not.
        self.fits: Callable[[Any], bool] = self._validator.is_valid
        self._weight = weight

    def violations(self, event: Any, size: int) -> Found:
        """Return how ``event``, whose text has ``size`` bytes, breaks the schema."""
        validator = self._validator
        if self.fits(event):
            return _NONE
        if size > _MOST_BYTES or size * self._weight > _MOST_WORK:
            return Found(tuple(itertools.islice(self._first(event), MOST_VIOLATIONS)), more=True)
        errors = (found for error in validator.iter_errors(event) for found in _violations(error, event))
        listed = tuple(itertools.islice(_once(errors), MOST_VIOLATIONS + 1))
        return Found(listed[:MOST_VIOLATIONS], len(listed) > MOST_VIOLATIONS)

    def _first(self, event: Any) -> Iterator[Violation]:
        # Imported here like all of the validator.
        import jsonschema_rs

        try:
            self._validator.validate(event)
        except jsonschema_rs.ValidationError as error:
            yield from _violations(error, event)


def validator_of(file: str, schema: bytes, resources: Mapping[str, bytes]) -> "jsonschema_rs.Validator":
    """Return the validator of a schema that has been checked at build."""
    # Imported here, because stacks without a plan do not have it.
    import jsonschema_rs

    registry = None
    if resources:
        named = [(_BASE + name, msgspec.json.decode(text)) for name, text in resources.items()]
        registry = jsonschema_rs.Registry(named, draft=jsonschema_rs.Draft202012)
    return jsonschema_rs.Draft202012Validator(
        msgspec.json.decode(schema),
        base_uri=_BASE + file,
        registry=registry,
        offline=True,
        validate_formats=True,
        pattern_options=jsonschema_rs.RegexOptions(),
        # What it would write into its messages, which nobody reads.
        mask="",
    )


def _violations(error: "jsonschema_rs.ValidationError", event: Any) -> Iterator[Violation]:
    keyword, at = error.kind.name, tuple(error.instance_path)
    if keyword == "required":
        yield Violation(Kind.MISSING_REQUIRED, (*at, error.kind.as_dict()["property"]), keyword)
    elif keyword in _ADDITIONAL:
        for name in error.kind.as_dict()["unexpected"]:
            yield Violation(Kind.ADDITIONAL_MEMBER, (*at, name), keyword)
    elif keyword == "falseSchema":
        yield from _barred(tuple(error.schema_path), at, event)
    elif keyword == "type" or (keyword in ("anyOf", "oneOf") and _only_types(error, at)):
        yield Violation(Kind.WRONG_TYPE, at, keyword)
    else:
        yield Violation(Kind.OTHER, at, keyword)


def _barred(keywords: Place, at: Place, event: Any) -> Iterator[Violation]:
    """Yield what a schema that is ``false`` bars: one member, all of an object, or something else."""
    if keywords[-1:] == ("additionalProperties",):
        # Beside no other keyword it is told of the object, not of its members.
        for step in at:
            event = event[step]
        yield from (Violation(Kind.ADDITIONAL_MEMBER, (*at, name), "additionalProperties") for name in event)
    elif keywords[-2:-1] in (("properties",), ("patternProperties",)):
        yield Violation(Kind.ADDITIONAL_MEMBER, at, str(keywords[-2]))
    else:
        yield Violation(Kind.OTHER, at, "false")


def _only_types(error: "jsonschema_rs.ValidationError", at: Place) -> bool:
    """Whether the value has the type of no alternative."""
    branches = error.kind.as_dict().get("context") or ()
    return bool(branches) and all(
        any(inner.kind.name == "type" and tuple(inner.instance_path) == at for inner in branch) for branch in branches
    )


def _once(found: Iterator[Violation]) -> Iterator[Violation]:
    seen: set[tuple[Kind, Place]] = set()
    for violation in found:
        if violation[:2] not in seen:
            seen.add(violation[:2])
            yield violation
