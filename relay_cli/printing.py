"""Makes foreign text harmless: nothing that a sender, a log or a service wrote can control the operator's terminal."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from itertools import chain

# Shown as nothing by terminals, or laid over their neighbour, though Unicode calls them letters or marks.
_UNSEEN = frozenset(
    chain(
        (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
        range(0x180B, 0x1810),
        range(0xFE00, 0xFE10),
        range(0xE0100, 0xE01F0),
    )
)
_MOST_MARKS = 2
# What begins a row that goes on with a line, and the narrowest terminal that has room for more beside it.
_GOES_ON = " " * 6
_FEWEST_COLUMNS = 20


def printable(value: object) -> str:
    r"""``value`` as one line of characters that are seen as they are.

    Text without anything else is returned as it is. Other text is escaped as a whole: each control, format,
    bidirectional, separating, private, unassigned or unseen character as ``\xNN``, ``\uNNNN`` or ``\UNNNNNNNN``, each
    backslash doubled, so that what was written can be told from it.
    """
    text = str(value)
    seen = _seen(text)
    if all(seen):
        return text
    return "".join(
        ("\\\\" if character == "\\" else character) if plain else _escaped(character)
        for character, plain in zip(text, seen, strict=True)
    )


def cropped(text: str, most: int) -> str:
    """Return ``text``, shortened to its first characters and an ellipsis if it is longer."""
    return text if len(text) <= most else text[: most - 1] + "…"


def folded(text: str, columns: int, unbroken: Collection[str] = ()) -> str:
    """Return ``text`` in rows of at most ``columns``; all but the first begin with spaces that are not the text's.

    What is in ``unbroken`` stays in one row, however long: a command that is copied in two pieces is another one.
    """
    room = max(columns, _FEWEST_COLUMNS)
    if len(text) * 2 <= room:
        return text
    rows, row, width = [], "", 0
    for part in _parts(text, unbroken):
        # Terminals do not agree, and each Unicode makes more wide: a row that ends early does no harm.
        takes = sum(1 if character.isascii() else 2 for character in part)
        if width + takes > room and row.strip():
            rows.append(row)
            row, width = _GOES_ON, len(_GOES_ON)
        row += part
        width += takes
    return "\n".join((*rows, row))


def _parts(text: str, unbroken: Collection[str]) -> Iterator[str]:
    """Return ``text`` in pieces: what is unbroken, and of all else each character."""
    longest_first = sorted(filter(None, unbroken), key=len, reverse=True)
    if not longest_first:
        yield from text
        return
    for part in re.split(f"({'|'.join(map(re.escape, longest_first))})", text):
        yield from (part,) if part in longest_first else part


def _seen(text: str) -> list[bool]:
    """Return for each character whether it may be shown."""
    found = []
    marks = _MOST_MARKS
    for character in text:
        if character.isascii():
            marks = 0
            found.append(character.isprintable())
            continue
        mark = unicodedata.category(character).startswith("M")
        # Marks piled up reach into the lines above and below.
        marks = marks + 1 if mark else 0
        found.append(character.isprintable() and ord(character) not in _UNSEEN and marks <= _MOST_MARKS)
    return found


def _escaped(character: str) -> str:
    number = ord(character)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
