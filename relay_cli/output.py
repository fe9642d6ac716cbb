"""Prints results to stdout, as text or JSON, and everything else, including progress, to stderr; all is printable.

On a terminal a line that is longer than a row continues in rows that begin with spaces: no foreign text can begin a
row that looks like one of this program's. A command to type is never continued: pasted, its first row would be another.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, TextIO, cast

from relay_cli.errors import NotWritten
from relay_cli.printing import cropped, folded, printable
from relay_cli.to_type import rendered

# rich is imported where a bar or a screen is drawn: it takes a tenth of a second.
if TYPE_CHECKING:
    from rich.progress import Progress

_USUAL_COLUMNS = 80
_COLOURS = {"red": 31, "green": 32, "yellow": 33}


class _Unheard:
    """The current stderr; if it cannot be written, the text is lost and the command continues."""

    def write(self, text: str) -> int:
        with suppress(OSError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)


def progress() -> "Progress":
    """Show a bar on stderr with this program's own texts only: rich would read markup and emoji codes in others."""
    from rich.console import Console
    from rich.progress import Progress

    return Progress(console=Console(file=cast("IO[str]", _Unheard()), highlight=False, soft_wrap=True))


def as_json(value: object) -> None:
    """Print one JSON value on a line of its own, in ASCII."""
    _put(json.dumps(value, default=str))


def line(text: str = "") -> None:
    """Print a line of the result. Like all that prints the result it raises NotWritten if stdout cannot take it."""
    _put(_shown(sys.stdout, text))


def coloured(text: str, colour: str) -> None:
    """A line of the result, on a terminal in ``colour`` unless NO_COLOR asks for none."""
    shown = _shown(sys.stdout, text)
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        shown = f"\x1b[{_COLOURS[colour]}m{shown}\x1b[0m"
    _put(shown)


def whole(text: str) -> None:
    """Print a text for copying: only the terminal itself breaks its rows."""
    _put(_shown(sys.stdout, text, foldable=False))


def say(text: str) -> None:
    """Print a line for people on stderr."""
    with suppress(OSError):
        sys.stderr.write(_shown(sys.stderr, text) + "\n")
        sys.stderr.flush()


def table(
    rows: Sequence[Mapping[str, object]], columns: Sequence[str], *, most: Mapping[str, int] | None = None
) -> None:
    """Print ``rows`` in columns as wide as needed, so that ids can be copied and other programs can cut the lines.

    ``most``: how many characters of a column's cells are shown, for columns that senders can fill.
    """
    longest = most or {}

    def shown(row: Mapping[str, object], column: str) -> str:
        text = cell(row.get(column))
        return cropped(text, longest[column]) if column in longest else text

    cells = [list(columns), *([shown(row, column) for column in columns] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        line("  ".join(map(str.ljust, row, widths)).rstrip())


def cell(value: object) -> str:
    """Return a value as a table shows it; list members can be told apart from one that contains a comma."""
    if isinstance(value, list):
        return ", ".join(
            json.dumps(text, ensure_ascii=False) if "," in text else text for text in map(printable, value)
        )
    return "" if value is None else printable(value)


def _put(text: str) -> None:
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads has seen enough.
        raise
    except OSError as error:
        raise NotWritten(f"the result could not be written: {error.strerror}") from None


def _shown(stream: TextIO, text: str, *, foldable: bool = True) -> str:
    encoding = stream.encoding or "utf-8"
    # A terminal of another encoding shows what it lacks as an escape.
    shown = printable(text).encode(encoding, "backslashreplace").decode(encoding)
    return folded(shown, _columns(stream), rendered()) if foldable and stream.isatty() else shown


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or _USUAL_COLUMNS
    except OSError:
        return _USUAL_COLUMNS
