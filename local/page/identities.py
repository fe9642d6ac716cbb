"""Which entry an event belongs to: by its id or, where it is refused without one, by its text."""

import hashlib
from collections import OrderedDict, deque
from collections.abc import Callable
from itertools import count, islice

from local.page.entries import Entry
from local.page.observations import SeenEvent

# Of a flood of bad events with the very same text, so many are compared.
_MOST_COMPARED = 64


class Identities:
    """Finds or makes the entry of an event in `entries`."""

    def __init__(self, entries: OrderedDict[str, Entry]) -> None:
        self._entries = entries
        self._numbers: dict[str, int] = {}
        self._next = count()
        # Of events without an id, by text: the keys of those last seen on the queue, and as dead letters.
        self._on_queue: dict[str, deque[str]] = {}
        self._dead: dict[str, deque[str]] = {}

    def number(self, key: str) -> int:
        """How many entries there were before this one."""
        return self._numbers.get(key, -1)

    def of_id(self, event: SeenEvent) -> Entry:
        """The entry of an event with an id."""
        return self._known_or_new(_key("id", event.message_id), event)

    def of_dropped(self, event: SeenEvent) -> Entry:
        """The entry of an event without an id that was dropped when it came: its mark is its alone."""
        return self._known_or_new(_key("dropped", event.mark), event)

    def of_place(self, event: SeenEvent, message: str, index: int, sent_at: float) -> Entry:
        """The entry of an event in a message on the queue.

        One without an id may have been seen as a dead letter before: as that of a later moment, or as one that has been
        moved back since.
        """

        def same(entry: Entry) -> bool:
            letter = entry.newest_letter()
            if letter is None or message in entry.places:
                return False
            later = letter.contents.sent_at >= sent_at
            return not entry.places if later else not entry.lying

        if event.message_id:
            return self.of_id(event)
        return self._marked(event, f"{message} {index}", self._dead, self._on_queue, same)

    def of_letter(self, event: SeenEvent, message: str, index: int, sent_at: float) -> Entry:
        """The entry of an event in a dead letter; one without an id may have been seen on the queue before."""

        def same(entry: Entry) -> bool:
            place = entry.newest_place()
            return place is not None and place.sent_at <= sent_at and message not in entry.letters

        if event.message_id:
            return self.of_id(event)
        return self._marked(event, f"{message} {index}", self._on_queue, self._dead, same)

    def forget(self, entry: Entry) -> None:
        """`entry` has been taken out."""
        self._numbers.pop(entry.key, None)
        for keys in (self._on_queue, self._dead):
            left = deque(key for key in keys.get(entry.event.mark, ()) if key != entry.key)
            if left:
                keys[entry.event.mark] = left
            else:
                keys.pop(entry.event.mark, None)

    def _marked(
        self,
        event: SeenEvent,
        first_seen: str,
        others: dict[str, deque[str]],
        here: dict[str, deque[str]],
        same: Callable[[Entry], bool],
    ) -> Entry:
        found = self._entries.get(_key("text", first_seen))
        if found is None:
            candidates = others.get(event.mark, deque())
            for at, key in enumerate(islice(candidates, _MOST_COMPARED)):
                if same(self._entries[key]):
                    del candidates[at]
                    found = self._entries[key]
                    break
            else:
                found = self._known_or_new(_key("text", first_seen), event)
            here.setdefault(event.mark, deque()).append(found.key)
        return found

    def _known_or_new(self, key: str, event: SeenEvent) -> Entry:
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = Entry(key, event)
            self._numbers[key] = next(self._next)
        return entry


def _key(kind: str, identity: str) -> str:
    text = f"{kind} {identity}".encode("utf-8", "surrogatepass")
    return hashlib.sha1(text, usedforsecurity=False).hexdigest()[:20]
