"""Results to stdout, as text or JSON; everything else, progress included, to stderr."""

import json
import sys
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.markup import escape

console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


def as_json(value: object) -> None:
    """One JSON value on a line of its own."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def table(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> None:
    """``rows`` in columns as wide as they need: ids can be copied, lines can be cut by other programs."""
    cells = [list(columns), *([_cell(row.get(column)) for column in columns] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        sys.stdout.write("  ".join(map(str.ljust, line, widths)).rstrip() + "\n")


def say(text: str) -> None:
    """A line for people, on stderr."""
    errors.print(escape(text))


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    text = "" if value is None else str(value)
    # Control characters of a terminal are a sender's to write.
    return "".join(character if character.isprintable() else "?" for character in text)
