"""The events of one array as bytes and, if all could be typed at once, their typed fields."""

from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Raw, Struct

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events import json_editing
from dreamdata_relay.events.typed_fields import UNREADABLE, Probe, Text, array_of, probe_array

_RAWS = msgspec.json.Decoder(list[Raw])


class Batch(Struct, frozen=True):
    """The events of one array: the bytes of each and, if all could be typed at once, their probes.

    ``size`` (bytes) is an upper bound of each event's size. ``places`` are the events' indexes in the request or
    message, if these are not 0, 1, 2 ... ``untyped`` is a hint: the index in ``raws`` of the first event that could not
    be typed.
    """

    raws: Sequence[Text]
    probes: Sequence[Probe] | None = None
    size: int = 0
    places: Sequence[int] | None = None
    untyped: int | None = None

    def parts(self, most: int) -> "Iterator[Batch]":
        """Yield the events in batches of at most ``most``, so that results are never all held in memory at once."""
        if len(self.raws) <= most:
            yield self
            return
        places = range(len(self.raws)) if self.places is None else self.places
        for start in range(0, len(self.raws), most):
            raws = self.raws[start : start + most]
            text = array_of(raws)
            yield Batch(raws, probe_array(text), len(text), places[start : start + most])


def read_array(array: Text, probes: Sequence[Probe] | None = None) -> Batch:
    """Return the events of ``array``, the text of a JSON array; raises :class:`NotJson` if it is not one.

    ``probes``: the events' probes, if they are already known.
    """
    try:
        raws = _RAWS.decode(array)
    except UNREADABLE:
        return Batch(_elements(bytes(array)))
    return Batch(raws, probes or probe_array(array), len(array))


def _elements(array: bytes) -> list[bytes]:
    """Return the events of an array that msgspec rejects for lone surrogates or too deep nesting somewhere."""
    json_editing.check(array)
    if array.lstrip(b" \t\r\n")[:1] != b"[":
        raise NotJson("not a JSON array")
    return json_editing.split_array(array)
