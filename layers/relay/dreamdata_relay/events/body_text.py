"""Reads the text of a request's body, or of a message, as JSON, in the same way for all sources."""

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events import json_editing, json_repair

_SPACE = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"


def repaired(text: bytes) -> bytes:
    """Return ``text`` without surrounding space and byte order mark, and with NaN and Infinity as null.

    If it is JSON at all, the result is strict JSON except for lone surrogate escapes.
    """
    return json_repair.without_constants(text.strip(_SPACE).removeprefix(_BOM).lstrip(_SPACE))


def checked(text: bytes) -> bytes:
    """Return ``text``, which is :func:`repaired`, if it is one JSON value; raises :class:`NotJson` otherwise."""
    json_editing.check(text)
    return text


def checked_or_lines(text: bytes) -> tuple[bytes, bool]:
    """Return the same, or events one a line as an array, and whether it is the latter."""
    try:
        return checked(text), False
    except NotJson:
        # Imported here because hardly any text needs it.
        from dreamdata_relay.events.body_shapes import array_of_lines

        return array_of_lines(text), True
