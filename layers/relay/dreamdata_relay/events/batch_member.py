"""Finds a member that a body has twice, because every JSON reader silently takes the last one.

This matters for the list ``batch`` and for what its events share. Reading a body member by member is slow in Python.
Nearly always the list, from the first ``batch`` to the last bracket, can be taken out and read by itself, so that
nothing can hide in it, and what remains is short.
"""

import re
from collections.abc import Sequence

import msgspec
from msgspec import Raw, Struct

from dreamdata_relay.events import json_editing
from dreamdata_relay.events.typed_fields import UNREADABLE

_NAME = b"batch"
_KEY = re.compile(rb'"batch"[ \t\r\n]*+:[ \t\r\n]*+(?=\[)')
# A letter of the name, written as an escape.
_ESCAPED_LETTER = re.compile(rb"\\u00(?:6[1238]|74)")


class _Batch(Struct):
    batch: Raw = Raw()


_BATCH = msgspec.json.Decoder(_Batch)


def taken_apart(body: bytes) -> tuple[memoryview, bytes] | None:
    """Return the list ``batch`` of ``body``, and the rest of it with a 0 in its place; None if that is not so simple.

    If the first is a JSON array and the second an object with a ``batch``, that ``batch`` is the 0 and the only one.
    """
    # Most bodies begin like this; searching for the list would take longer than everything else.
    start = 9 if body.startswith(b'{"batch":[') else 10 if body.startswith(b'{"batch": [') else _place_of_list(body)
    end = body.rfind(b"]") + 1
    after = body[end:]
    # Not "in", which first tries to use the bytes as a number and takes five times as long.
    if not start or end <= start or after.find(_NAME) >= 0 or after.find(b"\\") >= 0:
        return None
    return memoryview(body)[start:end], body[:start] + b"0" + after


def twice_in(rest: bytes, *shared: tuple[str, Raw | bytes]) -> str | None:
    """Return which of the members ``shared`` (name and value, empty if absent) the object ``rest`` has twice."""
    return next((name for name, value in shared if value and json_editing.stands_twice(rest, name)), None)


def repeated(
    body: bytes, events: Sequence[Raw] | Raw | bytes | memoryview, *shared: tuple[str, Raw | bytes]
) -> str | None:
    """Return the member, ``batch`` or one of ``shared``, that ``body``, an object with a list ``batch``, has twice.

    Returns None if there is none. ``events`` are those of the list, or its text. It is for bodies that
    :func:`taken_apart` cannot handle.
    """
    size = len(events)
    if not isinstance(events, Raw | bytes | memoryview):
        # The size of a list without spaces; a list with spaces is longer, and then the name is counted.
        size = sum(map(len, events)) + max(size - 1, 0) + len(b"[]")
    rest = _rest(body, size)
    if rest is not None:
        return twice_in(rest, *shared)
    return "batch" if json_editing.stands_twice(body, "batch") else twice_in(body, *shared)


def _place_of_list(body: bytes) -> int:
    """Return where the list of the first ``batch`` begins; 0 if that is unclear."""
    key = _KEY.search(body)
    if key is None or body.count(_NAME, 0, key.end()) != 1 or _ESCAPED_LETTER.search(body, 0, key.start()):
        return 0
    return key.end()


def _rest(body: bytes, size: int) -> bytes | None:
    """Return ``body`` with a 0 for the list of ``size`` bytes; None if that is not an object with one ``batch``.

    A result proves that the list is the only one. If the reader had found a different one, the rest would begin inside
    that list, which is no shorter and whose name is not in the rest. Then the rest would have brackets that close
    without being opened or, inside a string, an odd number of quotes.
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
