"""Converts a letter's body for editing and back: JSON keeps its meaning to the last digit."""

import re

import msgspec

from relay_cli.printing import printable

# Each level is two more blanks on every line: what nests deeper than any real event is not laid out.
_DEEPEST_LAID_OUT = 32
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_INDENT = 2
_COMPACT = -1


def editable(body: str) -> str:
    """Return JSON laid out over lines, with invisible characters escaped; anything else is returned unchanged."""
    plain = compact(body)
    if not _is_json(plain):
        return body
    text = "".join(map(_seen, plain))
    return (_formatted(text, _INDENT) if _depth(text) <= _DEEPEST_LAID_OUT else text) + "\n"


def compact(text: str) -> str:
    """Return JSON on one line with numbers and strings as written; anything else without surrounding blanks."""
    text = text.removeprefix("\ufeff")
    return _formatted(text, _COMPACT) if _is_json(text) else text.strip()


def _is_json(text: str) -> bool:
    try:
        _formatted(text, _COMPACT)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return False
    return True


def _formatted(text: str, indent: int) -> str:
    return msgspec.json.format(text.encode(), indent=indent).decode()


def _seen(character: str) -> str:
    """In JSON on one line only a string can hold what is not seen."""
    if printable(character) == character:
        return character
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _depth(text: str) -> int:
    deepest = depth = 0
    for character in _STRING.sub("", text):
        depth += (character in "[{") - (character in "]}")
        deepest = max(deepest, depth)
    return deepest
