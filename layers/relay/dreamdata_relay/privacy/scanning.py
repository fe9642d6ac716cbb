"""Finds where keys and values start and end in JSON text, from any place in it, without recursion.

The text has been checked. No function here takes a slice of it, because that would cost its length at every level.
"""

import functools
import re

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events.json_editing import end_of_container
from dreamdata_relay.events.json_names import SCALAR, WS, any_of
from dreamdata_relay.events.json_nesting import STRING, containers

_SPACES = b" \t\r\n"


def before_space(text: bytes, place: int) -> int:
    """Return the place of the last byte before ``place`` that is no space."""
    place -= 1
    while text[place] in _SPACES:
        place -= 1
    return place


def value_end(text: bytes, start: int) -> int:
    """Return where the value that starts at ``start`` ends; raises :class:`NotJson` if none does."""
    plain = _plain().match(text, start)
    if plain:
        return plain.end()
    found = _container().match(text, start)
    if found:
        return found.end()
    if text[start : start + 1] not in (b"{", b"["):
        raise NotJson("a value is missing")
    end = end_of_container(text, start)
    if end is None:
        raise NotJson("an array or object does not end")
    return end


# Compiled at first use, because ordinary events do not need them.
@functools.cache
def key_pattern() -> re.Pattern[bytes]:
    """Return a pattern for a member's key, which group 1 is, up to its value."""
    return re.compile(rb"[{,]" + WS + rb"(" + STRING + rb")" + WS + rb":" + WS, re.DOTALL)


@functools.cache
def item_pattern() -> re.Pattern[bytes]:
    """Return a pattern for what is before an item of an array."""
    return re.compile(rb"[\[,]" + WS + rb"(?!\])")


@functools.cache
def plain_items() -> re.Pattern[bytes]:
    """Return a pattern for consecutive items of an array that are neither arrays nor objects."""
    item = rb"[\[,]" + WS + rb"(?:" + STRING + rb"|" + SCALAR + rb")" + WS
    return re.compile(rb"(?:" + item + rb")*+", re.DOTALL)


@functools.cache
def leaf_pattern() -> re.Pattern[bytes]:
    """Return a pattern for a leaf in an array or object, which group 2 is, with its key, which group 1 is.

    Group 2 is nothing where an array or object begins.
    """
    key = rb"(?:(" + STRING + rb")" + WS + rb":" + WS + rb")?+"
    return re.compile(rb"[\[\]{}, \t\r\n]*+" + key + rb"(" + STRING + rb"|" + SCALAR + rb")?+", re.DOTALL)


@functools.lru_cache(256)
def next_of(names: frozenset[str]) -> re.Pattern[bytes]:
    """Return a pattern for all up to the next member in ``names``, at whatever depth; group 1 is its key."""
    key = rb"(?:" + any_of(names) + rb")" + WS + rb":"
    return re.compile(rb'(?:[^"]++|(?!' + key + rb")" + STRING + rb")*+(" + STRING + rb")" + WS + rb":" + WS, re.DOTALL)


@functools.cache
def _plain() -> re.Pattern[bytes]:
    return re.compile(STRING + rb"|" + SCALAR, re.DOTALL)


@functools.cache
def _container() -> re.Pattern[bytes]:
    return re.compile(containers(), re.DOTALL)
