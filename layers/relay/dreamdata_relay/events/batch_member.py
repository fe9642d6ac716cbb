"""Whether a body has one member ``batch``: of two, every reader of JSON takes the last and says nothing of the first.

Reading a body member by member to know is what Python does slowly. Nearly always the list can be taken out, from the
first ``batch`` to the last bracket: it is read by itself, so that nothing can hide in it, and what remains is short.
"""

import re
from collections.abc import Sequence

import msgspec
from msgspec import Raw, Struct

from dreamdata_relay.events import json_editing
from dreamdata_relay.events.typed_fields import UNREADABLE

_NAME = b"batch"
_KEY = re.compile(rb'"batch"[ \t\r\n]*+:[ \t\r\n]*+(?=\[)')
# One of the letters of the name, written as an escape.
_ESCAPED_LETTER = re.compile(rb"\\u00(?:6[1238]|74)")


class _Batch(Struct):
    batch: Raw = Raw()


_BATCH = msgspec.json.Decoder(_Batch)


def taken_apart(body: bytes) -> tuple[memoryview, bytes] | None:
    """The list ``batch`` of ``body``, and the rest of it with a 0 in its place; None where that is not so simple.

    Where the one is a JSON array and the other an object with a ``batch``, this is the 0, and there is no other.
    """
    # Most bodies begin so; to look for it would take longer than all the rest.
    start = 9 if body.startswith(b'{"batch":[') else 10 if body.startswith(b'{"batch": [') else _place_of_list(body)
    end = body.rfind(b"]") + 1
    after = body[end:]
    # Not by "in", which asks first whether bytes are a number: five times as long.
    if not start or end <= start or after.find(_NAME) >= 0 or after.find(b"\\") >= 0:
        return None
    return memoryview(body)[start:end], body[:start] + b"0" + after


def stands_once(body: bytes, events: Sequence[Raw]) -> bool:
    """Whether ``body``, the text of an object with a list ``batch`` of these ``events``, has one list so named.

    For what :func:`taken_apart` leaves.
    """
    # Of a list without spaces. With any it is longer, and the name is counted.
    size = sum(map(len, events)) + max(len(events) - 1, 0) + len(b"[]")
    start = _place_of_list(body)
    return _remains_whole(body, start, start + size) or not json_editing.stands_twice(body, "batch")


def list_stands_once(body: bytes, events: Raw | bytes) -> bool:
    """The same, where the list's own text is known."""
    start = _place_of_list(body)
    return _remains_whole(body, start, start + len(events)) or not json_editing.stands_twice(body, "batch")


def _place_of_list(body: bytes) -> int:
    """Where the list begins that the first ``batch`` names; 0 where that is unclear."""
    key = _KEY.search(body)
    if key is None or body.count(_NAME, 0, key.end()) != 1 or _ESCAPED_LETTER.search(body, 0, key.start()):
        return 0
    return key.end()


def _remains_whole(body: bytes, start: int, end: int) -> bool:
    """Whether 0 can stand in the place of the list from ``start`` to ``end``, and no other ``batch`` is in the rest.

    This proves that this is the only list. Were it another one than the reader found, the rest would begin again inside
    of the latter, for that is no shorter and its name is not in the rest. Brackets would close there that nothing
    opens or, within a string, the quotes would be odd in number.
    """
    after = body[end:]
    if not start or _NAME in after or b"\\" in after:
        return False
    try:
        return bytes(_BATCH.decode(body[:start] + b"0" + after).batch) == b"0"
    except UNREADABLE:
        return False
