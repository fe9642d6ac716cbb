"""Results to stdout, as text or JSON; everything else, progress included, to stderr. All of it is printable."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

from rich.console import Console

from relay_cli.printing import printable

# For progress bars alone, whose texts are this program's own: rich would read markup and emoji codes into others.
errors = Console(stderr=True, highlight=False, soft_wrap=True)


def as_json(value: object) -> None:
    """One JSON value on a line of its own, in ASCII."""
    sys.stdout.write(json.dumps(value, default=str) + "\n")
    sys.stdout.flush()


def line(text: str = "") -> None:
    """A line of the result."""
    _write(sys.stdout, text)


def say(text: str) -> None:
    """A line for people, on stderr."""
    _write(sys.stderr, text)


def table(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> None:
    """``rows`` in columns as wide as they need: ids can be copied, lines can be cut by other programs."""
    cells = [list(columns), *([cell(row.get(column)) for column in columns] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        line("  ".join(map(str.ljust, row, widths)).rstrip())


def cell(value: object) -> str:
    """A value as a table shows it; a list's members are told apart from one that holds a comma."""
    if isinstance(value, list):
        return ", ".join(
            json.dumps(text, ensure_ascii=False) if "," in text else text for text in map(printable, value)
        )
    return "" if value is None else printable(value)


def _write(stream: TextIO, text: str) -> None:
    encoding = stream.encoding or "utf-8"
    # A terminal of another encoding shows what it lacks as an escape.
    stream.write(printable(text).encode(encoding, "backslashreplace").decode(encoding) + "\n")
    stream.flush()
