"""Patterns for the names of members in JSON text, in which any character may be written as an escape."""

import functools
import re
from collections.abc import Iterable

from dreamdata_relay.events.json_nesting import STRING, containers

WS = rb"[ \t\r\n]*+"
SCALAR = rb'[^,:\[\]{}" \t\r\n]++'
# What JSON writes shorter than by a code.
_SHORT = {'"': '"', "\\": "\\", "/": "/", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}
_FIRST_WRITTEN_AS_IS, _LAST_ASCII = " ", "\x7f"


@functools.lru_cache(256)
def members_without(names: frozenset[str], container: bytes = containers()) -> re.Pattern[bytes]:
    """Return a pattern for consecutive members that are surely not in ``names`` and nest at most twelve levels.

    Group 1 is empty and ends where the last one's value does. ``container``: another pattern for an array or object.
    """
    unnamed = (rb"(?!" + any_of(names) + rb")" if names else b"") + STRING
    value = STRING + rb"|" + SCALAR + rb"|" + container
    member = rb"[{,]" + WS + unnamed + WS + rb":" + WS + rb"(?:" + value + rb")()" + WS
    return re.compile(rb"(?:" + member + rb")*+", re.DOTALL)


def escapes_of(characters: Iterable[str]) -> bytes:
    """Return a pattern for the escapes that JSON may write ``characters`` as."""
    if any(character in _SHORT or character > _LAST_ASCII for character in characters):
        return b"|".join(sorted({way for character in characters for way in _escapes(character)}))
    # What all have in common first, for which re searches quickly.
    digits: dict[str, str] = {}
    for code in sorted(f"{ord(character):02x}" for character in characters):
        digits[code[0]] = digits.get(code[0], "") + code[1] + code[1].upper()
    return (r"\\u00(?:" + "|".join(f"{first}[{second}]" for first, second in digits.items()) + ")").encode()


def any_of(names: Iterable[str]) -> bytes:
    """Return a pattern for one of ``names`` as a key, however JSON may write it."""
    return rb'"(?:' + b"|".join(b"".join(map(_spelled, name)) for name in sorted(names)) + rb')"'


def _spelled(character: str) -> bytes:
    ways = _escapes(character)
    if character not in '"\\' and character >= _FIRST_WRITTEN_AS_IS:
        ways.insert(0, re.escape(character.encode("utf-8", "surrogatepass")))
    return b"(?:" + b"|".join(ways) + b")"


def _escapes(character: str) -> list[bytes]:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    ways = [b"".join(rf"\\u(?i:{units[place : place + 4]})".encode() for place in range(0, len(units), 4))]
    if character in _SHORT:
        ways.append(re.escape("\\" + _SHORT[character]).encode())
    return ways
