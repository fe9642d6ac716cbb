"""Writes the outline of an object: its own text, in which one bracket stands for each array and object in it.

So its members are found by one pattern however deep they nest. It is imported at first use, because hardly any does.
"""

import functools
import itertools
import operator
import re
from array import array
from bisect import bisect_right

from dreamdata_relay.events.json_depths import Dips, stretches
from dreamdata_relay.events.json_names import SCALAR, WS, members_without
from dreamdata_relay.events.json_nesting import STRING

# How an array or an object is written in an outline.
_CONTAINER = rb"\]"


class Outline:
    """The outline of the object ``text`` from the comma or brace at ``place`` on, without the one that ends it."""

    def __init__(self, text: bytes, place: int) -> None:
        # Where each piece of it starts, there and here.
        self._there = array("Q", [place])
        self._here = array("Q", [0])
        outline = bytearray(text[place : place + 1])
        for some in stretches(text, place + 1, text.rindex(b"}"), 1):
            if some.falls_below(2):
                self._add(some.dips, outline)
        self.text = bytes(outline)

    def _add(self, dips: Dips, outline: bytearray) -> None:
        own = list(map((1).__eq__, dips.depths[1:]))
        after = map(bytes.rpartition, itertools.compress(dips.texts, own), itertools.repeat(b"]"))
        pieces = list(map(operator.itemgetter(2), after))
        if not pieces:
            return
        sizes = list(map(len, pieces))
        self._there.extend(map(operator.sub, itertools.compress(dips.places[1:], own), sizes))
        if not own[0] or b"]" in dips.texts[0]:
            outline += b"]"
        # Otherwise the first one goes on with what the last stretch ended with.
        self._here.extend(itertools.accumulate(map((1).__add__, sizes[:-1]), initial=len(outline)))
        outline += b"]".join(pieces)

    def place_of(self, place: int) -> int:
        """Return where in the text it is that is here at ``place``, which is not in an array or object."""
        piece = bisect_right(self._here, place) - 1
        return self._there[piece] + place - self._here[piece]


@functools.cache
def any_member() -> re.Pattern[bytes]:
    """Return a pattern for a member in an outline: its key and its value."""
    value = STRING + rb"|" + SCALAR + rb"|" + _CONTAINER
    return re.compile(rb"[{,]" + WS + rb"(" + STRING + rb")" + WS + rb":" + WS + rb"(" + value + rb")", re.DOTALL)


def any_without(names: frozenset[str]) -> re.Pattern[bytes]:
    """Return the same as :func:`~dreamdata_relay.events.json_names.members_without`, of members in an outline."""
    return members_without(names, _CONTAINER)
