"""Reads a long array of events in parts, so that its events are never all held as objects.

Scanning for places to cut the array would be slow in Python. Instead a comma is tried: the text before it, closed with
a bracket, is a valid array only if the comma is between two events. A comma in a string or nested deeper would leave
something open. So the successful try is the decoding that is needed anyway.
"""

import re
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Raw, Struct

from dreamdata_relay.events import json_editing
from dreamdata_relay.events.batches import Batch
from dreamdata_relay.events.typed_fields import UNREADABLE, Text, probe_array

# About 160 ordinary events, or 43,000 of the shortest possible, each briefly an object of 48 bytes.
_STRETCH_BYTES = 131_072
_MOST_AT_ONCE = 5_000
_RAWS = msgspec.json.Decoder(list[Raw])
_BETWEEN_OBJECTS = re.compile(rb"\}[ \t\r\n]*+,(?=[ \t\r\n]*+\{)")
# Where to search a stretch for commas, from its end to its middle, and what fraction of it to search each time.
_FROM_EIGHTHS = (8, 7, 6, 5)
_LOOKED_AT = 16
_TRIES_EACH = 2


class LongArray(Struct, frozen=True):
    """A checked JSON array. ``typed``: msgspec reads it; otherwise it has lone surrogates or nests deep.

    It is the whole ``text``, or if that is a body of which msgspec reads nothing, the part of it at ``span``.
    """

    text: bytes | Raw
    typed: bool
    span: tuple[int, int] | None = None

    def parts(self, most: int) -> Iterator[Batch]:
        """Yield the events in order, in batches of at most ``most``, never more than 5,000."""
        most = min(most, _MOST_AT_ONCE)
        place = 0
        for raws, array in self._typed() if self.typed else self._untyped():
            probes = probe_array(array) if array and len(raws) <= most else None
            stretch = Batch(raws, probes, max(map(len, raws), default=0), range(place, place + len(raws)))
            place += len(raws)
            del raws
            yield from stretch.parts(most)
            del stretch

    def count(self) -> int:
        """Return the number of events."""
        return sum(len(raws) for raws, _ in (self._typed() if self.typed else self._untyped()))

    def _typed(self) -> Iterator[tuple[Sequence[Text], bytes]]:
        view = memoryview(self.text)
        start, end, width = 1, len(view) - 1, _STRETCH_BYTES
        while end - start > width:
            found = _first_events(bytes(view[start : start + width]))
            if found is None:
                # Rare: an event that is half as long as the stretch.
                width *= 2
                continue
            array, raws = found
            size = len(array)
            yield raws, array
            # Free these before the next are made.
            del found, raws, array
            # One of the two brackets counts for the comma after the events, the other for nothing.
            start, width = start + size - 1, _STRETCH_BYTES
        array = b"[" + view[start:end] + b"]"
        yield _RAWS.decode(array), array

    def _untyped(self) -> Iterator[tuple[Sequence[Text], bytes]]:
        raws: list[Text] = []
        size = 0
        for element in json_editing.elements(bytes(self.text), *(self.span or ())):
            raws.append(element)
            # Each event is a separate object here, so short ones count as longer.
            size += len(element) + 48
            if size > _STRETCH_BYTES:
                yield raws, b""
                raws, size = [], 0
        if raws:
            yield raws, b""


def _first_events(window: bytes) -> tuple[bytes, list[Raw]] | None:
    """Return the array and the events from the start of ``window`` into its second half; None if no cut is found."""
    for end in _commas(window):
        array = b"[" + window[:end] + b"]"
        try:
            return array, _RAWS.decode(array)
        except UNREADABLE:
            continue
    return None


def _commas(window: bytes) -> Iterator[int]:
    """Yield the places of commas that may separate two events."""
    width = len(window)
    for eighths in _FROM_EIGHTHS:
        end = width * eighths // 8
        start = end - width // _LOOKED_AT
        found = [match.end() - 1 for match in _BETWEEN_OBJECTS.finditer(window, start, end)]
        yield from reversed(found[-_TRIES_EACH:])
        if not found:
            # Events that are not objects are refused, but must not all be held for that.
            comma = window.rfind(b",", start, end)
            if comma >= 0:
                yield comma
