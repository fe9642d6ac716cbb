"""Repeats: events that are byte for byte the same, ids included. One id on two different events is no repeat."""

import itertools
from collections.abc import Iterable, Sequence

from dreamdata_relay.events.typed_fields import Text


class Seen:
    """The events of one request so far: of each its id and a hash of its text, never the text.

    Python's hash of bytes has 64 bits and is keyed at random in each process (SipHash), so that no two events with one
    id are taken for one by chance, nor by a sender who wants it.
    """

    def __init__(self) -> None:
        self._first: dict[str, int] = {}
        # Of ids that stand on several events, all but the first one.
        self._others: set[tuple[str, int]] = set()

    def select(self, message_ids: Sequence[str], texts: Iterable[Text]) -> list[bool] | None:
        """For each event whether it is the first of its kind; None: all are. They are remembered."""
        hashes = [hash(bytes(text)) for text in texts]
        if len(set(message_ids)) == len(message_ids) and self._first.keys().isdisjoint(message_ids):
            self._first.update(zip(message_ids, hashes, strict=True))
            return None
        return list(itertools.starmap(self._is_new, zip(message_ids, hashes, strict=True)))

    def _is_new(self, message_id: str, text_hash: int) -> bool:
        first = self._first.get(message_id)
        if first is None:
            self._first[message_id] = text_hash
            return True
        pair = message_id, text_hash
        if text_hash == first or pair in self._others:
            return False
        self._others.add(pair)
        return True
