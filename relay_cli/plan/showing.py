"""What was judged, for people and for programs: kinds and paths, never a value."""

from collections import Counter
from collections.abc import Sequence

from dreamdata_relay.plan.violations import Kind, Violation, path_of
from relay_cli import output
from relay_cli.plan.trying import Tried
from relay_cli.printing import cropped, printable

_WORDS = {
    Kind.UNPLANNED_EVENT: "unplanned event",
    Kind.MISSING_REQUIRED: "missing required",
    Kind.WRONG_TYPE: "wrong type",
    Kind.ADDITIONAL_MEMBER: "additional member",
    Kind.OTHER: "other",
}
_MOST_CHARACTERS = 80


def show(tried: Sequence[Tried], file: str) -> None:
    """A line for each violation, and how many events keep to the plan."""
    kinds: Counter[str] = Counter()
    for one in tried:
        if one.refused:
            output.line(f"{_place(file, one.line)}event {one.number}{_named(one)}: refused by the relay: {one.refused}")
        for violation, line in sorted(zip(one.verdict.violations, one.lines, strict=True), key=_in_the_file):
            kinds[_WORDS[violation.kind]] += 1
            output.line(f"{_place(file, line)}event {one.number}{_named(one)}: {_told(violation)} ({violation.mode})")
        if one.verdict.more:
            output.line(f"{_place(file, one.line)}event {one.number}: there may be more")
    broken = sum(bool(one.verdict.violations) for one in tried)
    counts = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    output.line(f"{len(tried)} events, {broken} break the plan{': ' + counts if counts else ''}")


def as_value(one: Tried) -> dict[str, object]:
    """One event's result."""
    violations = [
        {"kind": found.kind, "path": found.path, "rule": found.rule, "mode": found.mode, "line": line}
        for found, line in zip(one.verdict.violations, one.lines, strict=True)
    ]
    return {
        "index": one.number - 1,
        "line": one.line,
        "mode": one.verdict.mode,
        "violations": violations,
        "more": one.verdict.more,
        "refused": one.refused,
    }


def _in_the_file(found: tuple[Violation, int | None]) -> tuple[int, str]:
    return found[1] or 0, found[0].path


def _told(violation: Violation) -> str:
    rule = f" ({violation.rule})" if violation.kind is Kind.OTHER else ""
    return f"{_WORDS[violation.kind]}{rule}{': ' + violation.path if violation.path else ''}"


def _place(file: str, line: int | None) -> str:
    return "" if line is None else f"{file}:{line}: "


def _named(one: Tried) -> str:
    if one.name is None:
        return f" {cropped(printable(one.type), _MOST_CHARACTERS)}" if one.type else ""
    return f' {one.type} "{cropped(printable(path_of((one.name,))).strip(chr(34)), _MOST_CHARACTERS)}"'
