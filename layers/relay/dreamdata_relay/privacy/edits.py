"""Puts changes into a text: what is between them stays byte for byte."""

import operator

from dreamdata_relay.events.json_editing import after_space
from dreamdata_relay.privacy.scanning import before_space

_start = operator.itemgetter(0)
_COMMA = ord(",")


# From where to where, and the bytes that are to be there; None: the members or items there go, with a comma each.
type Edit = tuple[int, int, bytes | None]


def edited(text: bytes, edits: list[Edit]) -> bytes:
    """Return ``text`` with ``edits``, which do not overlap."""
    edits.sort(key=_start)
    pieces: list[bytes] = []
    done = number = 0
    while number < len(edits):
        start, end, new = edits[number]
        number += 1
        if new is None:
            while number < len(edits) and edits[number][2] is None and _follows(text, end, edits[number][0]):
                end = edits[number][1]
                number += 1
            start, end = _with_comma(text, start, end)
        pieces += text[done:start], new or b""
        done = end
    pieces.append(text[done:])
    return b"".join(pieces)


def spliced(text: bytes, edits: list[Edit]) -> bytes:
    """Return the same for edits that are in order, which takes half as long if none removes anything."""
    pieces: list[bytes] = []
    done = 0
    for start, end, new in edits:
        if new is None:
            return edited(text, edits)
        pieces += text[done:start], new
        done = end
    pieces.append(text[done:])
    return b"".join(pieces)


def _follows(text: bytes, end: int, start: int) -> bool:
    """Whether only a comma is between."""
    comma = after_space(text, end)
    return text[comma] == _COMMA and after_space(text, comma + 1) == start


def _with_comma(text: bytes, start: int, end: int) -> tuple[int, int]:
    before = before_space(text, start)
    if text[before] == _COMMA:
        return before, end
    after = after_space(text, end)
    return start, after + 1 if text[after] == _COMMA else end
