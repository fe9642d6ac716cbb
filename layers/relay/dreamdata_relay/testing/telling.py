"""Says what came instead of what a test expected. It shows contents of events: they are the developer's own tests'."""

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from dreamdata_relay.testing.matching import differences, is_missing
from dreamdata_relay.testing.record import Violation

_MOST_LISTED = 20
_MOST_DIFFERENCES = 5
_MOST_CHARACTERS = 120
# How an event is named before its other members.
_NAMING = ("event", "name", "groupId", "userId", "anonymousId")


def named(event: Mapping[str, Any]) -> str:
    """Return an event's type, name and ids in a line."""
    ids = [f"{name}={shown(event[name])}" for name in _NAMING if event.get(name) not in (None, "")]
    return " ".join([str(event.get("type", "an event without a type")), *ids])


def expectation(expected: Mapping[str, Any]) -> str:
    """Return what was expected in a line."""
    rest = {name: value for name, value in expected.items() if name not in ("type", *_NAMING)}
    kind = named({"type": "event", **expected})
    return kind + "".join(f" {name}={shown(value)}" for name, value in rest.items())


def missed(expected: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> str:
    """Return the events that came, the most similar first, each with what differs."""
    found = [(list(islice(differences(expected, event), 100)), event) for event in events]
    # Of the same type first: another event's properties are not what somebody looks for.
    found.sort(key=lambda one: (sum(path in ("type", "event") for path, _, _ in one[0]), len(one[0])))
    lines = [f"{len(events)} event{'s' * (len(events) != 1)} came:"]
    for different, event in found[:_MOST_LISTED]:
        lines.append(f"  {named(event)}")
        if not any(path in ("type", "event") for path, _, _ in different):
            lines += [f"    {_difference(*one)}" for one in different[:_MOST_DIFFERENCES]]
    if len(found) > _MOST_LISTED:
        lines.append(f"  and {len(found) - _MOST_LISTED} more")
    return "\n".join(lines)


def listed(violations: Sequence[Violation]) -> str:
    """Return the violations, a line each."""
    lines = [f"  {told(violation)}" for violation in violations[:_MOST_LISTED]]
    if len(violations) > _MOST_LISTED:
        lines.append(f"  and {len(violations) - _MOST_LISTED} more")
    return "\n".join(lines)


def told(violation: Violation) -> str:
    """Return what is wrong in a line."""
    if violation.status != 200:
        return f"a request, answered {violation.status}: {violation.code}: {violation.detail}"
    what = named(violation.event) if violation.event is not None else "what is no event"
    return f"{what}: {violation.code}: {violation.detail}"


def shown(value: object) -> str:
    """Return ``value`` as JSON, cut where it is long."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        # What only compares, such as pytest.approx.
        text = repr(value)
    return text if len(text) <= _MOST_CHARACTERS else text[:_MOST_CHARACTERS] + "..."


def _difference(path: str, expected: object, actual: object) -> str:
    if is_missing(actual):
        return f"{path} is missing, expected {shown(expected)}"
    return f"{path} is {shown(actual)}, expected {shown(expected)}"
