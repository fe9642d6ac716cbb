"""Whether a body has a member twice that counts: every reader of JSON takes the last and says nothing of the first.

These are its list ``batch`` and what its events share. Reading a body member by member to know is what Python does
slowly. Nearly always the list can be taken out, from the first ``batch`` to the last bracket: it is read by itself, so
that nothing can hide in it, and what remains is short.
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


def twice_in(rest: bytes, *shared: tuple[str, Raw | bytes]) -> str | None:
    """Which of the members ``shared`` (name and value, empty where it has none) the object ``rest`` has twice."""
    return next((name for name, value in shared if value and json_editing.stands_twice(rest, name)), None)


def repeated(body: bytes, events: Sequence[Raw] | Raw | bytes, *shared: tuple[str, Raw | bytes]) -> str | None:
    """Which member stands twice in ``body``, an object with a list ``batch``: this, or one of ``shared``; None: none.

    ``events`` are those of the list, or its text. For what :func:`taken_apart` leaves.
    """
    size = len(events)
    if not isinstance(events, Raw | bytes):
        # Of a list without spaces. With any it is longer, and the name is counted.
        size = sum(map(len, events)) + max(size - 1, 0) + len(b"[]")
    rest = _rest(body, size)
    if rest is not None:
        return twice_in(rest, *shared)
    return "batch" if json_editing.stands_twice(body, "batch") else twice_in(body, *shared)


def _place_of_list(body: bytes) -> int:
    """Where the list begins that the first ``batch`` names; 0 where that is unclear."""
    key = _KEY.search(body)
    if key is None or body.count(_NAME, 0, key.end()) != 1 or _ESCAPED_LETTER.search(body, 0, key.start()):
        return 0
    return key.end()


def _rest(body: bytes, size: int) -> bytes | None:
    """``body`` with a 0 in the place of the list of ``size`` bytes; None where that is no object with one ``batch``.

    Else this is proven to be the only list. Were it another one than the reader found, the rest would begin again
    inside of the latter, for that is no shorter and its name is not in the rest. Brackets would close there that
    nothing opens or, within a string, the quotes would be odd in number.
    """
    start = _place_of_list(body)
    after = body[start + size :]
    if not start or _NAME in after or b"\\" in after:
        return None
    rest = body[:start] + b"0" + after
    try:
        return rest if bytes(_BATCH.decode(rest).batch) == b"0" else None
    except UNREADABLE:
        return None
