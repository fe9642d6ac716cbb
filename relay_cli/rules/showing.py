"""What was tried, for people: each change in colour with its rule; and for programs."""

import json
from collections.abc import Sequence

from relay_cli import output
from relay_cli.printing import cropped, printable
from relay_cli.rules.cases import Result
from relay_cli.rules.differences import Difference, differences
from relay_cli.rules.trying import Change, Tried

# Values are shown to be recognised; --json has them whole.
_MOST_CHARACTERS = 200
_REMOVED, _ADDED, _NOTED = "red", "green", "yellow"


def show(tried: Sequence[Tried]) -> None:
    """All of them, and how many were changed and dropped."""
    for number, one in enumerate(tried, 1):
        output.line(f"event {number}{_named(one.before)}: {_fate(one)}")
        for change in one.changes:
            show_difference(change.difference, f"{change.rule}: {change.action}")
    dropped = sum(one.after is None for one in tried)
    changed = sum(bool(one.changed) for one in tried)
    output.line(
        f"{len(tried)} events: {changed} changed, {dropped} dropped, {len(tried) - changed - dropped} as they came"
    )


def show_difference(difference: Difference, by: str) -> None:
    """A line for what was there, and one for what is."""
    path, before, after = difference
    if before is not None:
        beside = f"    {by}" if after is None else ""
        output.coloured(f"  - {path}: {cropped(printable(before), _MOST_CHARACTERS)}{beside}", _REMOVED)
    if after is not None:
        output.coloured(f"  + {path}: {cropped(printable(after), _MOST_CHARACTERS)}    {by}", _ADDED)


def as_value(index: int, one: Tried) -> dict[str, object]:
    """One event's result; ``text`` is the event as it would be kept, ``event`` what a reader makes of it."""
    text = None if one.after is None else one.after.decode("utf-8", "surrogateescape")
    return {
        "index": index,
        "event": None if text is None else json.loads(text),
        "text": text,
        "dropped_by": one.dropped_by,
        "changed": list(one.changed),
        "refused": one.refused,
        "changes": [_value(change) for change in one.changes],
    }


def show_results(results: Sequence[Result]) -> None:
    """The cases that failed, each with what differs, and how many there were."""
    for result in results:
        if result.passed and result.detail:
            output.line(f"{result.name}: {result.detail}")
        if result.passed:
            continue
        output.coloured(f"failed: {result.name}: {result.detail}", _NOTED)
        if result.expected is not None and result.found is not None:
            for difference in differences(result.expected, result.found):
                show_difference(difference, "- expected, + found")
    failed = sum(not result.passed for result in results)
    output.line(f"{len(results)} cases, {failed} failed")


def _fate(one: Tried) -> str:
    if one.after is None:
        return f"dropped by {one.dropped_by}"
    if not one.changed:
        return "as it came"
    refused = f", and then refused: {one.refused}" if one.refused else ""
    return f"changed by {', '.join(one.changed)}{refused}"


def _named(event: bytes) -> str:
    try:
        value = json.loads(event)
    except (ValueError, RecursionError):
        return ""
    kind, name = value.get("type"), value.get("event")
    words = [str(kind)] if isinstance(kind, str) else []
    words += [f'"{name}"'] if isinstance(name, str) else []
    return "".join(f" {cropped(printable(word), 80)}" for word in words)


def _value(change: Change) -> dict[str, object]:
    return {**change.difference._asdict(), "rule": change.rule, "action": change.action}
