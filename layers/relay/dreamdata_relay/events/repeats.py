"""Finds repeats: events that are equal byte for byte, ids included. Different events with one id are not repeats."""

import itertools
from collections.abc import Iterable, Sequence

from dreamdata_relay.events.typed_fields import Text


class Seen:
    """The events of one request so far, each as a hash of its text, never the text.

    Python's hash of bytes has 64 bits and a random key in each process (SipHash). So two events collide neither by
    chance nor by a sender's intent. The id is part of the text.
    """

    def __init__(self) -> None:
        self._first: dict[str, int] = {}
        # Of the ids that several events have, the hashes of all but the first event: bare numbers, because all events
        # of a request may have one id.
        self._others: set[int] = set()

    def select(self, message_ids: Sequence[str], texts: Iterable[Text]) -> list[bool] | None:
        """Return for each event whether it is new, or None if all are, and remember the events."""
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
        if text_hash == first or text_hash in self._others:
            return False
        self._others.add(text_hash)
        return True
