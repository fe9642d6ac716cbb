"""Reads a long array of events in parts: its events are never all held as objects.

Where an array can be cut is not looked for by walking through it, which Python does slowly: a comma is tried, and what
stands before it, closed by a bracket, is an array only where that comma stands between two events. In a string or
further in, something would be left open. So the try that succeeds is the decoding that had to be done anyway.
"""

import re
from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Raw, Struct

from dreamdata_relay.events import json_editing
from dreamdata_relay.events.batches import Batch
from dreamdata_relay.events.typed_fields import UNREADABLE, Text, probe_array

# A hundred and sixty events or so; of the shortest possible 43,000, each an object of 48 bytes for a moment.
_STRETCH_BYTES = 131_072
_MOST_AT_ONCE = 5_000
_RAWS = msgspec.json.Decoder(list[Raw])
_BETWEEN_OBJECTS = re.compile(rb"\}[ \t\r\n]*+,(?=[ \t\r\n]*+\{)")
# Of a stretch: where commas are looked for, from its end to its middle, and in how much of it each time.
_FROM_EIGHTHS = (8, 7, 6, 5)
_LOOKED_AT = 16
_TRIES_EACH = 2


class LongArray(Struct, frozen=True):
    """The text of a JSON array, checked. ``typed``: msgspec takes it; else it has lone surrogates or nests deep."""

    text: bytes | Raw
    typed: bool

    def parts(self, most: int) -> Iterator[Batch]:
        """The events in order, in batches of at most ``most``, never more than 5,000."""
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
        """How many events there are."""
        return sum(len(raws) for raws, _ in (self._typed() if self.typed else self._untyped()))

    def _typed(self) -> Iterator[tuple[Sequence[Text], bytes]]:
        view = memoryview(self.text)
        start, end, width = 1, len(view) - 1, _STRETCH_BYTES
        while end - start > width:
            found = _first_events(bytes(view[start : start + width]))
            if found is None:
                # Hardly ever: an event as long as half of this.
                width *= 2
                continue
            array, raws = found
            size = len(array)
            yield raws, array
            # Gone before the next are made.
            del found, raws, array
            # The array's two brackets stand for the comma after it and for nothing.
            start, width = start + size - 1, _STRETCH_BYTES
        array = b"[" + view[start:end] + b"]"
        yield _RAWS.decode(array), array

    def _untyped(self) -> Iterator[tuple[Sequence[Text], bytes]]:
        raws: list[Text] = []
        size = 0
        for element in json_editing.elements(bytes(self.text)):
            raws.append(element)
            # Each is an object of its own here, so that the shortest count for more.
            size += len(element) + 48
            if size > _STRETCH_BYTES:
                yield raws, b""
                raws, size = [], 0
        if raws:
            yield raws, b""


def _first_events(window: bytes) -> tuple[bytes, list[Raw]] | None:
    """The events that ``window``, which begins with one, has up to its second half, and their array; None: unclear."""
    for end in _commas(window):
        array = b"[" + window[:end] + b"]"
        try:
            return array, _RAWS.decode(array)
        except UNREADABLE:
            continue
    return None


def _commas(window: bytes) -> Iterator[int]:
    """Places of commas that may stand between two events."""
    width = len(window)
    for eighths in _FROM_EIGHTHS:
        end = width * eighths // 8
        start = end - width // _LOOKED_AT
        found = [match.end() - 1 for match in _BETWEEN_OBJECTS.finditer(window, start, end)]
        yield from reversed(found[-_TRIES_EACH:])
        if not found:
            # Events that are no objects are refused, but not all held for that.
            comma = window.rfind(b",", start, end)
            if comma >= 0:
                yield comma
