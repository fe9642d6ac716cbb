"""The events of one array as bytes and, where they could be typed all at once, their typed fields."""

from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Raw, Struct

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events import json_editing
from dreamdata_relay.events.typed_fields import UNREADABLE, Probe, Text, array_of, probe_array

_RAWS = msgspec.json.Decoder(list[Raw])


class Batch(Struct, frozen=True):
    """The events of one array: each one's own bytes and, where all could be typed at once, their probes.

    ``size`` (bytes) is an upper bound of each event's size. ``places`` are the events' places in what they came in,
    where these are not 0, 1, 2 ... ``untyped`` is a hint: where among ``raws`` the first one stands that could not be
    typed.
    """

    raws: Sequence[Text]
    probes: Sequence[Probe] | None = None
    size: int = 0
    places: Sequence[int] | None = None
    untyped: int | None = None

    def parts(self, most: int) -> "Iterator[Batch]":
        """The same events in batches of at most ``most``, so that what is made of them is never all held at once."""
        if len(self.raws) <= most:
            yield self
            return
        places = range(len(self.raws)) if self.places is None else self.places
        for start in range(0, len(self.raws), most):
            raws = self.raws[start : start + most]
            text = array_of(raws)
            yield Batch(raws, probe_array(text), len(text), places[start : start + most])


def read_array(array: Text, probes: Sequence[Probe] | None = None) -> Batch:
    """The events of ``array``, the text of a JSON array; raises :class:`NotJson` when it is not one.

    ``probes``: theirs, where they are known already.
    """
    try:
        raws = _RAWS.decode(array)
    except UNREADABLE:
        return Batch(_elements(bytes(array)))
    return Batch(raws, probes or probe_array(array), len(array))


def _elements(array: bytes) -> list[bytes]:
    """The events of an array that msgspec does not take: lone surrogates, or nesting too deep to be read, somewhere."""
    json_editing.check(array)
    if array.lstrip(b" \t\r\n")[:1] != b"[":
        raise NotJson("not a JSON array")
    return json_editing.split_array(array)
