"""Measures how deep JSON text nests by its brackets, without recursion and without a step of Python for each bracket.

What opens and closes again within a few levels is passed over in one match, so that a text takes as few steps as it has
turns that are deeper than that.
"""

import functools
import itertools
import re
from collections.abc import Iterator

from dreamdata_relay.limits import MAX_NESTING

STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
# A string that nothing closes is taken to the end: the text may not have been checked yet, and the search would begin
# anew at every quote in it and take time by the square of its length.
_STRING_OR_REST = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
# Real events nest some ten levels.
_PASSED_OVER = 12
_OPENING = re.compile(rb"[\[{]")


def containers(levels: int = _PASSED_OVER) -> bytes:
    """A pattern of an array or object, brackets balanced, that nests at most so many levels, itself the first."""
    pattern = b""
    for _ in range(levels):
        pattern = rb'[\[{](?:[^\[\]{}"]++|' + STRING + (b"|" + pattern if pattern else b"") + rb")*+[\]}]"
    return pattern


def turns(text: bytes, start: int = 0, most: int | None = None) -> Iterator[tuple[re.Match[bytes], int, int]]:
    """Each run of brackets in one direction, with the depth before and after it; the first group is the run.

    Passed over: what is balanced within twelve levels, and within ``most`` of them from the beginning.
    """
    depth, place = 0, start
    while True:
        levels = _PASSED_OVER if most is None or depth > most else min(_PASSED_OVER, most - depth)
        found = _turn(levels).match(text, place)
        if found is None or not found[1]:
            return
        before, depth = depth, depth + _steps(found[1])
        yield found, before, depth
        place = found.end()


def nests_too_deep(text: bytes) -> bool:
    """Whether ``text`` nests deeper than ``MAX_NESTING``; for nearly every text its length alone decides."""
    # A level takes two bytes; and counting brackets costs a tenth of reading.
    if len(text) <= 2 * MAX_NESTING or text.count(b"[") + text.count(b"{") <= MAX_NESTING:
        return False
    return any(depth > MAX_NESTING for _, _, depth in turns(text, most=MAX_NESTING))


def pruned(text: bytes) -> bytes:
    """``text`` with every value that stands ``MAX_NESTING`` levels deep and nests itself replaced by a 0."""
    pieces = []
    start = 0
    for found, before, depth in turns(text, most=MAX_NESTING):
        if before <= MAX_NESTING < depth:
            opening = itertools.islice(_OPENING.finditer(text, found.start(1)), MAX_NESTING - before, None)
            pieces += [text[start : next(opening).start()], b"0"]
            # Until it is closed; if it never is, what is left is not JSON, and found to be so.
            start = len(text)
        elif depth <= MAX_NESTING < before:
            start = found.start(1) + before - MAX_NESTING
    return b"".join((*pieces, text[start:]))


def _steps(brackets: bytes) -> int:
    """By how many levels ``brackets`` change the depth; negative if they close more than they open."""
    if len(brackets) > 1 and brackets[0] in b"[{":
        return brackets.count(b"[") + brackets.count(b"{")
    return len(brackets) if brackets in (b"[", b"{") else -len(brackets)


@functools.cache
def _turn(levels: int) -> re.Pattern[bytes]:
    """What lies between brackets, then as many of one direction as follow one another, plain keys of objects between.

    It matches at the text's end, too.
    """
    balanced = b"|" + containers(levels) if levels else b""
    return re.compile(
        rb'(?:[^"\[\]{}]++|' + _STRING_OR_REST + balanced + rb")*+"
        rb'((?:[\[{]++(?:[ \t\r\n]*+"[^"\\\[\]{}]*+"[ \t\r\n]*+:[ \t\r\n]*+)?+)++|[\]}]++|\Z)',
        re.DOTALL,
    )
