"""Finds where keys and values start and end in JSON text, from any place in it, without recursion.

The text has been checked. No function here takes a slice of it, because that would cost its length at every level.
"""

import functools
import json
import re
from collections.abc import Iterable

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events.json_nesting import STRING, bracket_runs, containers

_WS = rb"[ \t\r\n]*+"
_SCALAR = rb'[^,:\[\]{}" \t\r\n]++'
_SPACE = re.compile(_WS)
KEY = re.compile(rb"[{,]" + _WS + rb"(" + STRING + rb")" + _WS + rb":" + _WS, re.DOTALL)
ITEM = re.compile(rb"[\[,]" + _WS + rb"(?!\])")
# Items of an array that are neither arrays nor objects.
PLAIN_ITEMS = re.compile(rb"(?:[\[,]" + _WS + rb"(?:" + STRING + rb"|" + _SCALAR + rb")" + _WS + rb")*+", re.DOTALL)
_PLAIN = re.compile(STRING + rb"|" + _SCALAR, re.DOTALL)
# A leaf of an array or object with its key, which group 1 is; group 2 is nothing where an array or object begins.
LEAF = re.compile(
    rb"[\[\]{}, \t\r\n]*+(?:(" + STRING + rb")" + _WS + rb":" + _WS + rb")?+(" + STRING + rb"|" + _SCALAR + rb")?+",
    re.DOTALL,
)
# What JSON writes shorter than by a code.
_SHORT = {'"': '"', "\\": "\\", "/": "/", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}
_PLAIN_ESCAPE = re.compile(rb"\\\\u\(\?i:00[0-7][0-9a-f]\)")
_FIRST_WRITTEN_AS_IS = " "
_SPACES = b" \t\r\n"


def after_space(text: bytes, place: int) -> int:
    """Return the place of the next byte that is no space."""
    found = _SPACE.match(text, place)
    return found.end() if found else place


def before_space(text: bytes, place: int) -> int:
    """Return the place of the last byte before ``place`` that is no space."""
    place -= 1
    while text[place] in _SPACES:
        place -= 1
    return place


def value_end(text: bytes, start: int) -> int:
    """Return where the value that starts at ``start`` ends; raises :class:`NotJson` if none does."""
    plain = _PLAIN.match(text, start)
    if plain:
        return plain.end()
    found = _container().match(text, start)
    if found:
        return found.end()
    if text[start : start + 1] not in (b"{", b"["):
        raise NotJson("a value is missing")
    for run, before, depth in bracket_runs(text, start):
        if depth <= 0:
            # Among several consecutive closing brackets, find the value's own.
            return run.start(1) + before
    raise NotJson("an array or object does not end")


def string_of(value: bytes) -> str:
    """Return the string that ``value``, with its quotes, is; it may hold lone surrogates."""
    return str(json.loads(value)) if b"\\" in value else value[1:-1].decode()


@functools.lru_cache(256)
def run_without(names: frozenset[str]) -> re.Pattern[bytes]:
    """Return a pattern for consecutive members that are surely not in ``names`` and nest at most twelve levels.

    Group 1 is empty and ends where the last one's value does.
    """
    unnamed = (rb"(?!" + _any_of(names) + rb")" if names else b"") + STRING
    value = STRING + rb"|" + _SCALAR + rb"|" + containers()
    member = rb"[{,]" + _WS + unnamed + _WS + rb":" + _WS + rb"(?:" + value + rb")()" + _WS
    return re.compile(rb"(?:" + member + rb")*+", re.DOTALL)


@functools.lru_cache(256)
def next_of(names: frozenset[str]) -> re.Pattern[bytes]:
    """Return a pattern for all up to the next member in ``names``, at whatever depth; group 1 is its key."""
    key = rb"(?:" + _any_of(names) + rb")" + _WS + rb":"
    return re.compile(
        rb'(?:[^"]++|(?!' + key + rb")" + STRING + rb")*+(" + STRING + rb")" + _WS + rb":" + _WS, re.DOTALL
    )


def escapes_of(characters: Iterable[str]) -> bytes:
    """Return a pattern for the escapes that JSON may write ``characters`` as."""
    ways = sorted({way for character in characters for way in _escapes(character)})
    if all(_PLAIN_ESCAPE.fullmatch(way) for way in ways):
        # What all have in common first, for which re searches quickly.
        by_digit: dict[bytes, bytes] = {}
        for way in ways:
            by_digit[way[-3:-2]] = by_digit.get(way[-3:-2], b"") + way[-2:-1].lower() + way[-2:-1].upper()
        return rb"\\u00(?:" + b"|".join(digit + b"[" + rest + b"]" for digit, rest in by_digit.items()) + b")"
    return b"|".join(ways)


def _any_of(names: Iterable[str]) -> bytes:
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


@functools.cache
def _container() -> re.Pattern[bytes]:
    return re.compile(containers(), re.DOTALL)
