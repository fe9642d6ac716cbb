"""Puts what was measured into docs/performance.md: a table stands between two comments that name it."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.parts import Cell, Check, Part
from benchmarks.report import cell, machine, sides

DOCUMENT = Path("docs/performance.md")
# What a reader decides by: the page opens with them.
SUMMARY = (
    "reading, beside orjson.loads",
    "an invocation, beside one without validation",
    "segment-analytics-python, beside the relay",
    "memory the function adds: hostile, the worst",
    'cold start of ingest, beside boto3.client("sqs") alone',
)
_PLACE = re.compile(r"(<!-- (\S+): .*?-->\n).*?(<!-- end -->)", re.DOTALL)


def update(document: Path, parts: Sequence[Part], rounds: int, seed: int, whole: bool) -> None:
    """Replace the tables of ``parts`` in ``document``, and where all parts ran, the summary of targets and machine.

    Raises ValueError when a part has no place in it.
    """
    texts = {part.name: _table(part.rows) + "".join(f"\n{note}\n" for note in part.notes) for part in parts}
    if whole:
        checks = [check for part in parts for check in part.checks]
        texts["targets"] = _targets(checks)
        texts["summary"] = _targets([check for name in SUMMARY for check in checks if check.claim == name])
        texts["machine"] = _machine(rounds, seed)
    text = document.read_text()
    missing = set(texts) - {name for _, name, _ in _PLACE.findall(text)}
    if missing:
        raise ValueError(f"{document} has no place for: {', '.join(sorted(missing))}")
    document.write_text(
        _PLACE.sub(lambda found: found[1] + texts[found[2]] + found[3] if found[2] in texts else found[0], text)
    )


def _table(rows: Sequence[Mapping[str, Cell]]) -> str:
    numbers = [all(not isinstance(row[name], str) for row in rows) for name in rows[0]]
    lines = [[name.strip() for name in rows[0]], ["---:" if number else "---" for number in numbers]]
    lines += [[cell(value) for value in row.values()] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _targets(checks: Sequence[Check]) -> str:
    rows: list[dict[str, Cell]] = []
    for check in checks:
        found, limit = sides(check)
        rows.append({"target": check.claim, "measured": found, "limit": limit, "": "ok" if check.ok else "**missed**"})
    return _table(rows)


def _machine(rounds: int, seed: int) -> str:
    found = machine()
    packages = found["packages"]
    assert isinstance(packages, dict)
    versions = ", ".join(f"{name} {version}" for name, version in packages.items())
    return (
        f"{rounds} rounds on {found['cores']} cores of {found['processor']}, {found['system']}, Python "
        f"{found['python']}; {versions}; corpus seed {seed}.\n"
    )
