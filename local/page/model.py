"""Observations in, rows out. Pure: no I/O and no clock; the looks bring the time with them.

A row for each event, whatever it travelled in. Events are told apart by their ids; those refused without one, by their
text. Neither the order in which the sources are looked at, nor how often, changes where a row ends.
"""

import heapq
from collections import OrderedDict
from collections.abc import Iterable

from local.page.entries import INVOCATION_S, LOST_AFTER_S, Entry, Where
from local.page.holds import Holds
from local.page.identities import Identities
from local.page.observations import DeadLook, Held, Lag, Letter, Observation, Place, QueueLook, Received
from local.page.shown import Shown
from local.page.texts import MAX_TEXT_BYTES, Texts

MAX_ROWS = 20_000
_MAX_PAYLOADS = 5_000


class Model:
    """All that is known of the newest `max_rows` events; of older ones only that there were so many, `forgotten`.

    `shown` has the rows, their versions beginning after `version`.
    """

    def __init__(self, version: int = 0, max_rows: int = MAX_ROWS, max_text_bytes: int = MAX_TEXT_BYTES) -> None:
        self.max_rows = max_rows
        self.forgotten = 0
        self.shown = Shown(version)
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._identities = Identities(self._entries)
        self._texts = Texts(self._entries, max_text_bytes)
        self._wheres: dict[str, Where] = {}
        self._letters: dict[str, tuple[str, ...]] = {}
        self._queue_at = self._dead_at = self._now = 0.0
        self._holds = Holds()
        self._lags: OrderedDict[str, float] = OrderedDict()
        self._of_payload: dict[str, list[str]] = {}
        # When a row changes though nothing is seen: (time, key).
        self._due: list[tuple[float, str]] = []

    def entry(self, key: str) -> Entry | None:
        """All that was seen of one event."""
        return self._entries.get(key)

    def take(self, observations: Iterable[Observation]) -> None:
        """Take what was seen."""
        changed: set[str] = set()
        for seen in observations:
            match seen:
                case QueueLook():
                    changed |= self._look_at_queue(seen)
                case DeadLook():
                    changed |= self._look_at_letters(seen)
                case Received():
                    changed |= self._received(seen)
                case Held():
                    self._now = max(self._now, seen.at)
                    for message in self._holds.add(seen):
                        changed.update(self._wheres[message].keys if message in self._wheres else ())
                case Lag():
                    changed |= self._lag(seen)
        while self._due and self._due[0][0] < self._now:
            changed.add(heapq.heappop(self._due)[1])
        # In the order the events came, so that the rows of one batch keep theirs.
        for key in sorted(changed, key=self._identities.number):
            self._refresh(key)
        self._make_room()

    # -- the sources

    def _look_at_queue(self, look: QueueLook) -> set[str]:
        changed: set[str] = set()
        newest = look.at >= self._queue_at
        self._now = max(self._now, look.at)
        for place in look.places:
            changed |= self._place(place, look.at, newest)
        if newest:
            self._queue_at = look.at
            here = {place.message for place in look.places}
            for message in self._wheres.keys() - here:
                changed |= self._left_queue(message, look.at)
        return changed

    def _place(self, place: Place, at: float, newest: bool) -> set[str]:
        known = self._wheres.get(place.message)
        if known is None:
            return self._new_place(place, at, newest)
        before = (known.receives, known.visible_at)
        seen = (place.receives, place.visible_at)
        if place.receives == known.receives:
            known.received_by = min(known.received_by, at)
        elif at > known.seen_at:
            known.received_by = at
        held_by = known.held_by
        if seen == before:
            held_by = min(held_by, at)
        elif at > known.seen_at:
            held_by = at
        changed = (seen != before and at > known.seen_at) or held_by != known.held_by
        if at > known.seen_at:
            known.seen_at, known.receives, known.visible_at = at, place.receives, place.visible_at
        if not changed:
            return set()
        self._holds.wait(known.message, known.held_by, held_by)
        known.held_by = held_by
        self._remind(known.received_by + INVOCATION_S, known.keys)
        return set(known.keys)

    def _new_place(self, place: Place, at: float, newest: bool) -> set[str]:
        contents = place.contents
        where = Where(
            message=place.message,
            sent_at=contents.sent_at,
            is_rest=contents.is_rest,
            seen_at=at,
            receives=place.receives,
            visible_at=place.visible_at,
            received_by=at,
            held_by=at,
        )
        keys = []
        for index, event in enumerate(contents.events):
            entry = self._identities.of_place(event, place.message, index, contents.sent_at)
            known = entry.places.get(place.message)
            if known is None or at > known.seen_at:
                entry.places[place.message] = where
            if newest:
                entry.on_queue.add(place.message)
                entry.gone_at = None
            entry.way = entry.way or contents.way
            self._texts.keep(entry, event)
            keys.append(entry.key)
        where.keys = tuple(dict.fromkeys(keys))
        if newest:
            self._wheres[place.message] = where
            self._holds.wait(place.message, None, at)
            self._remind(at + INVOCATION_S, where.keys)
        return set(where.keys)

    def _left_queue(self, message: str, at: float) -> set[str]:
        where = self._wheres.pop(message)
        self._holds.forget(message, where.held_by)
        for key in where.keys:
            if entry := self._entries.get(key):
                entry.on_queue.discard(message)
                entry.gone_at = at
        self._remind(at + LOST_AFTER_S, where.keys)
        return set(where.keys)

    def _look_at_letters(self, look: DeadLook) -> set[str]:
        changed: set[str] = set()
        newest = look.at >= self._dead_at
        self._now = max(self._now, look.at)
        for letter in look.letters:
            if letter.message not in self._letters:
                changed |= self._letter(letter, newest)
        if newest:
            self._dead_at = look.at
            for message in self._letters.keys() - {letter.message for letter in look.letters}:
                keys = self._letters.pop(message)
                changed.update(keys)
                for key in keys:
                    if entry := self._entries.get(key):
                        entry.lying.discard(message)
        return changed

    def _letter(self, letter: Letter, newest: bool) -> set[str]:
        keys = []
        for index, event in enumerate(letter.contents.events):
            entry = self._identities.of_letter(event, letter.message, index, letter.contents.sent_at)
            entry.letters[letter.message] = letter
            if newest:
                entry.lying.add(letter.message)
            entry.way = entry.way or letter.contents.way
            self._texts.keep(entry, event)
            keys.append(entry.key)
        if newest:
            self._letters[letter.message] = tuple(keys)
        return set(keys)

    def _received(self, received: Received) -> set[str]:
        entry = self._identities.of_id(received.event)
        first = entry.received
        if first is None or received.index < first.index:
            entry.received = received
            self._of_payload.setdefault(received.payload, []).append(entry.key)
        return {entry.key}

    def _lag(self, lag: Lag) -> set[str]:
        self._lags[lag.payload] = lag.seconds
        while len(self._lags) > _MAX_PAYLOADS:
            self._lags.popitem(last=False)
        return set(self._of_payload.get(lag.payload, ()))

    # -- rows

    def _refresh(self, key: str) -> None:
        entry = self._entries.get(key)
        if entry is not None:
            self.shown.put(entry.row(self._now, self._reason_of, self._lags.get))

    def _reason_of(self, where: Where) -> str:
        return self._holds.reason(where.held_by)

    def _remind(self, at: float, keys: Iterable[str]) -> None:
        for key in keys:
            heapq.heappush(self._due, (at, key))

    def _make_room(self) -> None:
        while len(self._entries) > self.max_rows:
            key, entry = self._entries.popitem(last=False)
            self._identities.forget(entry)
            self._texts.forget(key)
            self.shown.remove(key)
            if entry.received and key in self._of_payload.get(entry.received.payload, ()):
                del self._of_payload[entry.received.payload]
            self.forgotten += 1
