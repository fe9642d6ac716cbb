"""Separates repeats from different events with the same messageId, across all messages of an invocation.

:mod:`dreamdata_relay.events.repeats` has already left out repeats within a message. A repeat is byte-equal to an event
of the same source. Many senders use an order number as the id of all its events. Those are different events, and no
payload may hold an id twice, so each gets a layer of its own.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

from msgspec import Struct, field

from dreamdata_relay.events.typed_fields import Text

# Source and hash of an event; dreamdata_relay.events.repeats says why 64 keyed bits are enough.
type _Mark = tuple[str, int]


class SharedIds(Struct):
    """The ids of an invocation's events; ``repeats`` counts the repeats left out so far."""

    repeats: int = 0
    # By id, the number of the message that it came in first; by id, the different events with their layers.
    _first: dict[str, int] = field(default_factory=dict)
    _variants: dict[str, dict[_Mark, int]] = field(default_factory=dict)
    _texts: dict[int, tuple[str, dict[str, bytes]]] = field(default_factory=dict)

    def are_new(self, number: int, ids: Sequence[str]) -> bool:
        """Whether ``ids`` are distinct and new to the invocation; if so, note them."""
        first = dict.fromkeys(ids, number)
        if len(first) != len(ids) or not self._first.keys().isdisjoint(first):
            return False
        self._first |= first
        return True

    def sort_out(
        self,
        number: int,
        source: str,
        events: Sequence[Text],
        ids: Sequence[str],
        text_of: Callable[[int], tuple[str, dict[str, bytes]]],
    ) -> tuple[dict[int, list[int]], int]:
        """Return the indexes of ``events`` by layer, and the number of repeats.

        ``text_of`` gives a message's source and events. Leaving out a repeat is safe, because the first one is still to
        be delivered, held or refused.
        """
        layers: defaultdict[int, list[int]] = defaultdict(list)
        left_out = 0
        for place, (event, message_id) in enumerate(zip(events, ids, strict=True)):
            variants = self._variants_of(number, message_id, text_of)
            mark = _mark(source, bytes(event))
            if mark in variants:
                left_out += 1
                continue
            variants[mark] = layer = len(variants)
            layers[layer].append(place)
        self.repeats += left_out
        return layers, left_out

    def _variants_of(
        self, number: int, message_id: str, text_of: Callable[[int], tuple[str, dict[str, bytes]]]
    ) -> dict[_Mark, int]:
        variants = self._variants.get(message_id)
        if variants is None:
            variants = self._variants[message_id] = {}
            first = self._first.setdefault(message_id, number)
            if first != number:
                if first not in self._texts:
                    self._texts[first] = text_of(first)
                source, texts = self._texts[first]
                variants[_mark(source, texts[message_id])] = 0
        return variants


def _mark(source: str, text: bytes) -> _Mark:
    return source, hash(text)
