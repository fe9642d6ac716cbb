"""Parts as tables for people and as JSON for programs."""

import json
import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.parts import Cell, Check, Part

_PACKAGES = ("msgspec", "orjson", "pydantic", "aws-lambda-powertools", "boto3", "urllib3")
_HUNDRED = 100


def show(console: Console, part: Part) -> None:
    """Print the part's table and its notes."""
    table = Table(*(str(name) for name in part.rows[0]), title=part.title, title_justify="left")
    for row in part.rows:
        table.add_row(*map(cell, row.values()))
    console.print(table)
    for note in part.notes:
        console.print(f"  {note}", style="dim", markup=False, highlight=False)


def summarize(console: Console, parts: Sequence[Part]) -> None:
    """Print every target with what was measured."""
    table = Table("target", "measured", "limit", "", title="Targets", title_justify="left")
    for part in parts:
        for check in part.checks:
            verdict = "ok" if check.ok else "missed"
            table.add_row(check.claim, *sides(check), verdict, style=None if check.ok else "bold")
    console.print(table)


def sides(check: Check) -> tuple[str, str]:
    """What was measured and what was to be, for people."""
    word = "at least" if check.at_least else "at most"
    return f"{cell(check.measured)} {check.unit}", f"{word} {cell(check.limit)} {check.unit}"


def cell(value: Cell) -> str:
    """A number to three digits or so, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= _HUNDRED else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else value


def machine() -> dict[str, object]:
    """What the figures were measured on; nothing names the machine itself."""
    return {
        "python": platform.python_version(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "packages": {name: version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def write(path: Path, parts: Sequence[Part], rounds: int, seed: int) -> None:
    """Write everything as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figures = {"machine": machine(), "rounds": rounds, "seed": seed, "parts": [part.figures() for part in parts]}
    path.write_text(json.dumps(figures, indent=1))
