"""Edits the text of one event: replaces, removes or prepends members and keeps the rest byte for byte."""

import json
from collections.abc import Mapping, Sequence

from dreamdata_relay.events.event_fields import EMPTY_ARRAY
from dreamdata_relay.events.json_editing import Member, split_around, values_of


def without_key(text: bytes) -> bytes:
    """Return a JSON value's text, an object without its ``writeKey``, so that no dead letter holds a relay key."""
    if not may_hold_key(text) or text[:1] != b"{" or not values_of(text, ("writeKey",)):
        return text
    return edited(text, split_around(text, ("writeKey",)), {"writeKey": None}, ())


def with_type(text: bytes, kind: str) -> bytes:
    """Return the event ``text``, an object, with ``kind``, the type that its path names."""
    value = values_of(text, ("type",)).get("type")
    if value is None:
        return b'{"type":' + quoted(kind) + _after_first(text)
    return text if value == quoted(kind) else edited(text, split_around(text, ("type",)), {"type": quoted(kind)}, ())


def _after_first(text: bytes) -> bytes:
    """Return what follows a new first member of the object ``text``."""
    rest = text[1:]
    return rest if rest.lstrip(b" \t\r\n")[:1] == b"}" else b"," + rest


def may_hold_key(text: bytes) -> bool:
    """Return False if no member anywhere in ``text`` is called ``writeKey``, with or without escapes."""
    return b"writeKey" in text or b"\\u" in text


def edited(
    text: bytes, listed: list[Member], replaced: Mapping[str, bytes | None], added: Sequence[tuple[str, bytes]]
) -> bytes:
    """Return the object ``text`` with members ``replaced`` (None: removed) and others ``added`` in front.

    ``listed``: its members in order.
    """
    if not added and not any(member.key in replaced for member in listed):
        return text
    # Keep only the last of a changed key that occurs twice, so that no two readers see different values.
    last = {member.key: number for number, member in enumerate(listed)}
    kept = [
        number
        for number, member in enumerate(listed)
        if member.key not in replaced or (last[member.key] == number and replaced[member.key] is not None)
    ]
    front = b",".join(quoted(name) + b":" + value for name, value in added)
    pieces = [b"{", front, b"," if front and kept else b""]
    position, previous = 1, -1
    for number in kept:
        member = listed[number]
        if number != previous + 1:
            # A member between the two was removed, and its comma with it.
            pieces.append(b"," if previous >= 0 else b"")
            position = member.start
        value = replaced.get(member.key)
        if value is None:
            pieces.append(text[position : member.value_end])
        else:
            pieces += [text[position : member.value_start], value]
        position, previous = member.value_end, number
    pieces.append(text[listed[-1].value_end :] if listed else text[1:])
    return b"".join(pieces)


def object_member(text: bytes | None, name: str) -> bytes | None:
    """Return the value of member ``name`` of the object ``text`` if it is an object too; ``[]`` counts as ``{}``."""
    if text is None or text[:1] != b"{":
        return None
    value = values_of(text, (name,)).get(name, b"")
    return b"{}" if EMPTY_ARRAY.fullmatch(value) else value if value[:1] == b"{" else None


def quoted(text: str) -> bytes:
    """Return ``text`` as a JSON string."""
    return json.dumps(text).encode()
