"""Measures how deep JSON text nests by its brackets, without recursion and without a step of Python for each bracket.

One match skips everything that opens and closes within a few levels, so that only deeper nesting takes further steps.
"""

import functools
import itertools
import re
from collections.abc import Iterator

from dreamdata_relay.limits import MAX_NESTING

STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
# An unclosed string is taken to the end: the text may not have been checked yet, and otherwise the search would restart
# at every quote in it and take quadratic time.
_STRING_OR_REST = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
# Real events nest some ten levels.
_PASSED_OVER = 12
_OPENING = re.compile(rb"[\[{]")


def containers(levels: int = _PASSED_OVER) -> bytes:
    """Return a pattern for a balanced array or object that nests at most ``levels`` deep, itself included."""
    pattern = b""
    for _ in range(levels):
        pattern = rb'[\[{](?:[^\[\]{}"]++|' + STRING + (b"|" + pattern if pattern else b"") + rb")*+[\]}]"
    return pattern


def bracket_runs(text: bytes, start: int = 0, most: int | None = None) -> Iterator[tuple[re.Match[bytes], int, int]]:
    """Yield each run of brackets in one direction as a match, with the depth before and after; group 1 is the run.

    Values that are balanced within twelve levels are skipped, and from the beginning only those within ``most`` levels.
    """
    depth, place = 0, start
    while True:
        levels = _PASSED_OVER if most is None or depth > most else min(_PASSED_OVER, most - depth)
        found = _bracket_run(levels).match(text, place)
        if found is None or not found[1]:
            return
        before, depth = depth, depth + _steps(found[1])
        yield found, before, depth
        place = found.end()


def nests_too_deep(text: bytes) -> bool:
    """Whether ``text`` nests deeper than ``MAX_NESTING``; for nearly every text its length alone shows that."""
    # A level takes two bytes, and counting brackets costs a tenth of reading.
    if len(text) <= 2 * MAX_NESTING or text.count(b"[") + text.count(b"{") <= MAX_NESTING:
        return False
    return any(depth > MAX_NESTING for _, _, depth in bracket_runs(text, most=MAX_NESTING))


def cut_at_max_nesting(text: bytes) -> bytes:
    """Return ``text`` with a 0 for every array or object that is ``MAX_NESTING`` levels deep."""
    pieces = []
    start = 0
    for found, before, depth in bracket_runs(text, most=MAX_NESTING):
        if before <= MAX_NESTING < depth:
            opening = itertools.islice(_OPENING.finditer(text, found.start(1)), MAX_NESTING - before, None)
            pieces += [text[start : next(opening).start()], b"0"]
            # Skip until it closes; if it never does, the result is not JSON, which the reader finds.
            start = len(text)
        elif depth <= MAX_NESTING < before:
            start = found.start(1) + before - MAX_NESTING
    return b"".join((*pieces, text[start:]))


def _steps(brackets: bytes) -> int:
    """Return by how many levels ``brackets`` change the depth; negative if they close."""
    if len(brackets) > 1 and brackets[0] in b"[{":
        return brackets.count(b"[") + brackets.count(b"{")
    return len(brackets) if brackets in (b"[", b"{") else -len(brackets)


@functools.cache
def _bracket_run(levels: int) -> re.Pattern[bytes]:
    """Return a pattern for text without brackets, then a run of brackets in one direction with plain keys between.

    It also matches at the text's end.
    """
    balanced = b"|" + containers(levels) if levels else b""
    return re.compile(
        rb'(?:[^"\[\]{}]++|' + _STRING_OR_REST + balanced + rb")*+"
        rb'((?:[\[{]++(?:[ \t\r\n]*+"[^"\\\[\]{}]*+"[ \t\r\n]*+:[ \t\r\n]*+)?+)++|[\]}]++|\Z)',
        re.DOTALL,
    )
