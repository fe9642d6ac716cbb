"""Tracking plans of Segment and RudderStack, read as the JSON that their APIs and tools give.

Segment's Public API: ``rules`` is a list, each with ``key``, ``type`` and ``jsonSchema``. Segment's Config API and
RudderStack: ``rules.events`` is a list, each with ``name`` and ``rules``; RudderStack's has ``eventType`` beside it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from plan_compiler.folder import EVENT_TYPES, NAMED_TYPES
from plan_compiler.json_places import NotRead, Path, located
from relay_cli.errors import WrongInput
from relay_cli.plan.conversion import Converter
from relay_cli.plan.writing import Key

# Theirs nest, with what is around them, a little deeper than a file of a plan.
_MOST_DEPTH = 100
_PARTS = frozenset({"context", "traits", "properties"})
_LEGACY = {"global": "common", "identify": "identify", "group": "group"}


class Note(NamedTuple):
    """What could not be kept: of which event, where in its schema, and why."""

    event: str
    path: Path
    reason: str


class Imported(NamedTuple):
    """The schemas by what they are for, which vendor's plan it was, and what was left out."""

    vendor: str
    schemas: dict[Key, dict[str, Any]]
    notes: list[Note]


class _Rule(NamedTuple):
    kind: str
    name: str | None
    schema: Any
    version: float


def read_vendor_plan(text: bytes) -> Imported:
    """The plan in the text; raises WrongInput where it is none of those known."""
    try:
        value = located(text, _MOST_DEPTH).value
    except NotRead as wrong:
        raise WrongInput(f"line {wrong.line}: {wrong.reason}") from None
    vendor, rules = _rules(value)
    found: dict[Key, dict[str, Any]] = {}
    versions: dict[Key, float] = {}
    notes: list[Note] = []
    for rule in rules:
        told = f'{rule.kind} "{rule.name}"' if rule.name else rule.kind
        if rule.kind != "common" and rule.kind not in EVENT_TYPES:
            notes.append(Note(told, (), "no type of event that the relay takes"))
            continue
        key = (rule.kind, rule.name if rule.kind in NAMED_TYPES else None)
        if key in found:
            notes.append(Note(told, (), "planned more than once; the newest version is kept"))
            if rule.version <= versions[key]:
                continue
        converter = Converter()
        found[key] = _whole_event(converter.converted(_unfolded(rule.schema)))
        versions[key] = rule.version
        notes += [Note(told, path, reason) for path, reason in converter.notes]
    if not found:
        raise WrongInput("the tracking plan has no event")
    return Imported(vendor, found, notes)


def _rules(value: Any) -> tuple[str, list[_Rule]]:
    outer: dict[str, Any] = value if isinstance(value, dict) else {}
    inner: dict[str, Any] = outer["data"] if isinstance(outer.get("data"), dict) else outer
    rules = inner.get("rules")
    if isinstance(rules, list):
        return "Segment", [_of_segment(one) for one in rules if isinstance(one, dict)]
    if isinstance(rules, dict) and isinstance(rules.get("events"), list):
        events = [one for one in rules["events"] if isinstance(one, dict)]
        found = [_of_event(one) for one in events] + list(_of_legacy(rules))
        segment = _LEGACY.keys() & rules.keys() or "display_name" in inner
        return "Segment" if segment else "RudderStack", found
    raise WrongInput("no tracking plan of Segment or RudderStack: it has neither a list rules nor rules.events")


def _of_segment(rule: Mapping[str, Any]) -> _Rule:
    return _Rule(str(rule.get("type")).lower(), _name(rule.get("key")), rule.get("jsonSchema"), _version(rule))


def _of_event(event: Mapping[str, Any]) -> _Rule:
    kind = str(event.get("eventType") or "track").lower()
    return _Rule(kind, _name(event.get("name")), event.get("rules"), _version(event))


def _of_legacy(rules: Mapping[str, Any]) -> Iterator[_Rule]:
    for name, kind in _LEGACY.items():
        schema = rules.get(name)
        if isinstance(schema, dict) and schema.get("properties"):
            yield _Rule(kind, None, schema, 0)


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _version(rule: Mapping[str, Any]) -> float:
    version = rule.get("version")
    return version if isinstance(version, int | float) else 0


def _unfolded(schema: Any) -> Any:
    """Of a file of Segment's typewriter, whose schema is of the properties alone, the schema of the whole event."""
    if not (isinstance(schema, dict) and "eventMetadata" in schema):
        return schema
    members = schema.get("properties")
    if isinstance(members, dict) and (not members or _PARTS & members.keys()):
        return schema
    return {"type": "object", "properties": {"properties": schema}}


def _whole_event(schema: Any) -> dict[str, Any]:
    """A schema without the parts of an event that it says nothing of."""
    found = schema if isinstance(schema, dict) else {}
    members = {name: one for name, one in found.get("properties", {}).items() if one != {} or name not in _PARTS}
    rest = {name: one for name, one in found.items() if name != "properties"}
    return {**rest, "properties": members} if members else rest
