"""Whether a body has one member ``batch``: of two, every reader of JSON takes the last and says nothing of the first.

Reading a body member by member to know is what Python does slowly. Nearly always it is enough to leave the list out and
to read what remains.
"""

import re
from collections.abc import Sequence

import msgspec
from msgspec import Raw, Struct

from dreamdata_relay import json_text
from dreamdata_relay.probes import UNREADABLE

_NAME = b"batch"
_KEY = re.compile(rb'"batch"[ \t\r\n]*+:[ \t\r\n]*+(?=\[)')
# One of the letters of the name, written as an escape.
_ESCAPED_LETTER = re.compile(rb"\\u00(?:6[1238]|74)")


class _Batch(Struct):
    batch: Raw = Raw()


_BATCH = msgspec.json.Decoder(_Batch)


def stands_once(body: bytes, batch: Sequence[Raw] | Raw | bytes) -> bool:
    """Whether ``body``, the text of an object with a list ``batch``, has no other member of that name.

    ``batch``: the list as a reader found it, its elements or its text.
    """
    key = _KEY.search(body)
    if key and _remains_whole(body, key.end(), key.end() + _size(body, key.end(), batch)):
        return True
    if body.count(_NAME) == 1 and not _ESCAPED_LETTER.search(body):
        return True
    return sum(member.key == "batch" for member in json_text.split_object(body)) == 1


def _size(body: bytes, start: int, batch: Sequence[Raw] | Raw | bytes) -> int:
    """Bytes of the list's text, or less: of elements without spaces, or spaced as Python's clients do at ``start``."""
    if isinstance(batch, Raw | bytes):
        return len(batch)
    if len(batch) > 1 and body.startswith(b", ", start + 1 + len(batch[0])):
        spaced = b", ".join(batch)
        if body.startswith(spaced, start + 1):
            return len(spaced) + len(b"[]")
    return sum(map(len, batch)) + max(len(batch) - 1, 0) + len(b"[]")


def _remains_whole(body: bytes, start: int, end: int) -> bool:
    """Whether 0 can stand in the place of the list from ``start`` to ``end``, and no other ``batch`` is in the rest.

    This proves that this is the only list. Were it another one than the reader found, the rest would begin again inside
    of the latter, for that is no shorter and its name is not in the rest. Brackets would close there that nothing
    opens or, within a string, the quotes would be odd in number.
    """
    before, after = body[:start], body[end:]
    rest = before + b"0" + after
    if rest.count(_NAME) != 1 or b"\\" in after or _ESCAPED_LETTER.search(before):
        return False
    try:
        return bytes(_BATCH.decode(rest).batch) == b"0"
    except UNREADABLE:
        return False
