"""Tells ids that are none, and names that hold an id."""

import re

# What code leaves where an id is missing; an id of somebody is hardly ever one of these.
_WRITTEN = """
null undefined none nil nan (null) <null> [null] n/a na - -1 0 00 0.0 false true unknown anonymous guest default
object {} [] $userid {{userid}} {userid} ${userid} ${user.id} {{user.id}} %userid% your_user_id user_id userid
anonymousid anonymous_id groupid 00000000-0000-0000-0000-000000000000 ffffffff-ffff-ffff-ffff-ffffffffffff
"""
_LITERALS = frozenset(_WRITTEN.split()) | {"[object object]"}
_LONGEST_LITERAL = 40

_LONGEST_NAME = 256
_NO_YEAR = r"(?!(?:19|20)[0-9]{2}(?![0-9]))"
_ID_IN_NAME = re.compile(
    # Four digits and more, but no year; two after what has numbers; a UUID or another hexadecimal number; an email.
    rf"(?<![0-9]){_NO_YEAR}[0-9]{{4,}}"
    r"|(?:#|(?<![a-z])(?:id|order|user|customer|account|company|invoice|product|item|deal|ticket|session)[ _:#.-]{1,2})"
    rf"{_NO_YEAR}[0-9]{{2,}}"
    r"|(?<![0-9a-z])(?=[a-f-]{0,40}[0-9])(?=[0-9-]{0,40}[a-f])[0-9a-f]{8}(?:-?[0-9a-f]{4}){0,7}(?![0-9a-z])"
    r"|[^\s@]@[a-z0-9-]{1,63}\.[a-z]{2}",
    re.IGNORECASE,
)
# Without one of these there is no id in a name.
_PERHAPS = re.compile("[0-9@]")


def text_of(given: str | float | None) -> str:
    """Return an id as text, as the relay sends it; empty if there is none."""
    if given is None:
        return ""
    return given if type(given) is str else str(given)


def is_literal(text: str) -> bool:
    """Whether the id (not empty) says only that somebody's code had none."""
    return len(text) <= _LONGEST_LITERAL and text.strip().lower() in _LITERALS


def has_id(name: str) -> bool:
    """Whether the name of an event holds something that differs from event to event."""
    return bool(_PERHAPS.search(name, 0, _LONGEST_NAME) and _ID_IN_NAME.search(name, 0, _LONGEST_NAME))
