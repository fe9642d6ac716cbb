"""Follows how deep JSON text nests, however deep and however often, without a step of Python for each bracket.

A text falls into dips: some brackets that open, then some that close, up to the next one that opens. The depth is least
at the end of each. All that is counted of a dip is counted by functions of C, mapped over the dips of a whole stretch;
and where only the least or the greatest depth of a stretch is asked for, most of its brackets are left out before.

It is imported at first use, because hardly any text nests so deep.
"""

import functools
import itertools
import operator
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events.json_nesting import containers

# A container that ends soon is found in a short stretch; a long one limits the memory that its dips take.
_FIRST_BYTES, _STRETCH_BYTES = 1_024, 32_768
# The second is what comes before the first bracket of a stretch that opens.
_DIP = re.compile(rb"\[[^\]]*+[^\[]*+|[^\[]++")
# What nests no deeper is found sooner by a pattern.
_LESS_DEEP = 64
_BACKSLASHES = re.compile(rb"\\*+")
_ESCAPED = b"\0\0"
# No byte changes its place. In strings, brackets and escaped quotes become dots, of which no name has one.
_IN_STRINGS, _OUTSIDE = bytes.maketrans(b"[]{}\0", b"....."), bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]"))
# Pairs of brackets are left out again and again as long as these are more than one in so many.
_WORTH_IT = 8


class Dips(NamedTuple):
    """The texts of dips, where each starts and the last one ends, and the depth before the first and after each."""

    texts: list[bytes]
    places: list[int]
    depths: list[int]

    @property
    def highest(self) -> Iterator[int]:
        """The greatest depth in each."""
        return map(operator.add, self.depths, map(bytes.count, self.texts, itertools.repeat(b"[")))

    def only(self, wanted: Iterable[bool], depths: Iterable[int]) -> "Dips":
        """Return those that are ``wanted``, with ``depths``, of which each has one."""
        chosen = list(wanted)
        return Dips(*(list(itertools.compress(each, chosen)) for each in (self.texts, self.places, depths)))  # type: ignore[arg-type]  # in the fields' order


class Stretch:
    """A part of a text that starts at a place, with the depth before it.

    ``flat`` is as long as it, but no bracket in it is in a string, and all are square.
    """

    def __init__(self, start: int, flat: bytes, before: int) -> None:
        self.start, self.end = start, start + len(flat)
        self.flat = flat
        self._opened, self._closed = flat.count(b"["), flat.count(b"]")
        self.before, self.after = before, before + self._opened - self._closed

    def falls_below(self, depth: int) -> bool:
        """Whether the depth is less than ``depth`` before, in or after it."""
        return self.before - self._closed < depth and min(self._reduced[0].depths) < depth

    def rises_above(self, depth: int) -> bool:
        """Whether the depth is more than ``depth`` before, in or after it."""
        if self.before > depth or self.before + self._opened <= depth:
            return self.before > depth
        reduced, by = self._reduced
        return max(reduced.highest, default=self.before) + by > depth and max(self.dips.highest) > depth

    @functools.cached_property
    def dips(self) -> Dips:
        """All of its dips."""
        return _dips(self.flat, self.start, self.before)

    @functools.cached_property
    def _reduced(self) -> tuple[Dips, int]:
        """The dips without many of the brackets, and how much less deep they are at most; the least depth stays."""
        if len(self.flat) <= _FIRST_BYTES:
            # To leave any out would take longer.
            return self.dips, 0
        flat = self.flat.translate(None, _NO_BRACKETS)
        by = 0
        while True:
            size = len(flat)
            flat, by = flat.replace(b"[]", b""), by + 1
            if _WORTH_IT * len(flat) >= (_WORTH_IT - 1) * size:
                return _dips(flat, 0, self.before), by


def _dips(flat: bytes, start: int, depth: int) -> Dips:
    texts = _DIP.findall(flat)
    opened = map(bytes.count, texts, itertools.repeat(b"["))
    closed = map(bytes.count, texts, itertools.repeat(b"]"))
    places = list(itertools.accumulate(map(len, texts), initial=start))
    return Dips(texts, places, list(itertools.accumulate(map(operator.sub, opened, closed), initial=depth)))


def stretches(text: bytes, start: int = 0, end: int | None = None, depth: int = 0) -> Iterator[Stretch]:
    """Yield the stretches of ``text`` from a place outside of strings where the depth is ``depth``.

    Raises :class:`NotJson` for a backslash before a quote outside of strings.
    """
    for place, flat in _flat(text, start, len(text) if end is None else end):
        some = Stretch(place, flat, depth)
        yield some
        depth = some.after


def _flat(text: bytes, place: int, end: int) -> Iterator[tuple[int, bytes]]:
    inside, width = False, _FIRST_BYTES
    while place < end:
        stop = min(place + width, end)
        if text[stop - 1 : stop] == b"\\":
            # Do not cut an escape in two.
            run = _BACKSLASHES.match(text, stop)
            stop = min(run.end() + 1 if run else end, end)
        parts = text[place:stop].replace(b"\\\\", _ESCAPED).replace(b'\\"', _ESCAPED).split(b'"')
        strings = slice(0 if inside else 1, None, 2)
        parts[strings] = map(bytes.translate, parts[strings], itertools.repeat(_IN_STRINGS))
        flat = b'"'.join(parts)
        if b"\0" in flat:
            raise NotJson("a backslash or a zero byte outside of strings")
        yield place, flat.translate(_OUTSIDE)
        inside ^= len(parts) % 2 == 0
        place, width = stop, min(4 * width, _STRETCH_BYTES)


def end_of_container(text: bytes, start: int) -> int | None:
    """Return where the array or object at ``start`` ends; None if it does not."""
    found = _less_deep().match(text, start)
    if found:
        return found.end()
    for some in stretches(text, start + 1, depth=1):
        if some.falls_below(1):
            texts, places, (_, *after) = some.dips
            last = next(itertools.compress(itertools.count(), map((0).__ge__, after)))
            # What is around it may end in the same dip.
            return places[last] + len(texts[last].rsplit(b"]", 1 - after[last])[0]) + 1
    return None


@functools.cache
def _less_deep() -> re.Pattern[bytes]:
    return re.compile(containers(_LESS_DEEP), re.DOTALL)


def nests_deeper(text: bytes, most: int) -> bool:
    """Whether ``text`` nests deeper than ``most`` levels."""
    return any(some.rises_above(most) for some in stretches(text))


def cut_at(text: bytes, most: int) -> bytes:
    """Return ``text`` with a 0 for every array or object that is ``most`` levels deep."""
    return b"".join(_cut(text, some, most) for some in stretches(text))


def _cut(text: bytes, some: Stretch, most: int) -> bytes:
    if not some.rises_above(most):
        return text[some.start : some.end]
    if not some.falls_below(most + 1):
        return b""
    (*before, _), (_, *after) = some.dips.depths, some.dips.depths
    deep = list(map(most.__lt__, some.dips.highest))
    starts = _ends_of_deep(some.dips.only(map(operator.and_, deep, map(most.__ge__, after)), after), most)
    ends = _starts_of_deep(some.dips.only(map(operator.and_, deep, map(most.__ge__, before)), before), most)
    if some.before <= most:
        starts.insert(0, some.start)
    # What is still open at the end goes on being left out.
    return b"0".join(map(text.__getitem__, map(slice, [*starts, some.end], [*ends, some.end])))


def _starts_of_deep(dips: Dips, most: int) -> list[int]:
    """Return where in each dip, with the depth before it, the bracket opens that goes beyond ``most`` levels."""
    split = map(bytes.split, dips.texts, itertools.repeat(b"["), map((most + 1).__sub__, dips.depths))
    rests = map(len, map(operator.itemgetter(-1), split))
    return list(map(operator.add, dips.places, map((-1).__add__, map(operator.sub, map(len, dips.texts), rests))))


def _ends_of_deep(dips: Dips, most: int) -> list[int]:
    """Return where in each dip, with the depth after it, the bracket ends that comes back to ``most`` levels."""
    split = map(bytes.rsplit, dips.texts, itertools.repeat(b"]"), map((most + 1).__sub__, dips.depths))
    return list(map(operator.add, dips.places, map((1).__add__, map(len, map(operator.itemgetter(0), split)))))
