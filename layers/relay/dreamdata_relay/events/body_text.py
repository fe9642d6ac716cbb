"""The text of a request's body, or of a message, as JSON: the same text is the same JSON by every way in."""

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events import json_editing, json_repair

_SPACE = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"


def repaired(text: bytes) -> bytes:
    """``text`` without what is no content (space around it, a byte order mark), and NaN and Infinity as null.

    So it is strict JSON but for lone surrogate escapes, where it is JSON at all.
    """
    return json_repair.without_constants(text.strip(_SPACE).removeprefix(_BOM).lstrip(_SPACE))


def checked(text: bytes) -> bytes:
    """``text``, which is :func:`repaired`, where it is one JSON value; raises :class:`NotJson`."""
    json_editing.check(text)
    return text


def checked_or_lines(text: bytes) -> tuple[bytes, bool]:
    """The same, and whether it is events one a line: these are an array then."""
    try:
        return checked(text), False
    except NotJson:
        # Imported here: next to no text needs it.
        from dreamdata_relay.events.body_shapes import array_of_lines

        return array_of_lines(text), True
