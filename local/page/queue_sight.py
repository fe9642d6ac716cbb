"""What is seen of the queue: by looks at all of its messages, and of each message as it is handed to deliver.

Every method returns the keys of the rows that may have changed.
"""

from local.page.entries import INVOCATION_S, Where
from local.page.holds import Holds
from local.page.known import Known
from local.page.observations import Held, Passed, Place, QueueLook
from local.page.presence import Presence


class QueueSight:
    """The messages on the queue by the latest look, and whom deliver held."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._presence = Presence(known, lambda entry: entry.on_queue)
        self._wheres: dict[str, Where] = {}
        self._holds = Holds()

    def look(self, look: QueueLook) -> set[str]:
        """Take a look at the whole queue."""
        changed: set[str] = set()
        newest = self._presence.seen(look.at)
        for place in look.places:
            changed |= self._place(place, look.at, newest)
        if newest:
            self._presence.looked_at = look.at
            here = {place.message for place in look.places}
            for message in self._wheres.keys() - here:
                changed |= self._left(message, look.at)
        return changed

    def passed(self, passed: Passed) -> set[str]:
        """Take a message that deliver was given."""
        return self._place(passed.place, passed.at, self._presence.seen(passed.at))

    def held(self, held: Held) -> set[str]:
        """Take a line of deliver's log."""
        self._known.notice(held.at)
        found = (self._wheres[message].keys for message in self._holds.add(held) if message in self._wheres)
        return {key for keys in found for key in keys}

    def reason_of(self, where: Where) -> str:
        """Why deliver held the message; empty while no line says so."""
        return self._holds.reason(where.held_by)

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
        self._known.remind(known.received_by + INVOCATION_S, known.keys)
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
        where.keys = tuple(dict.fromkeys(self._put(where, place, newest)))
        if newest:
            self._wheres[place.message] = where
            self._holds.wait(place.message, None, at)
            self._known.remind(at + INVOCATION_S, where.keys)
        else:
            self._presence.lay_there(where.keys)
        return set(where.keys)

    def _put(self, where: Where, place: Place, newest: bool) -> list[str]:
        keys = []
        for index, event in enumerate(place.contents.events):
            entry = self._known.identities.of_place(event, place.message, index, where.sent_at)
            earlier = entry.places.get(place.message)
            if earlier is None or where.seen_at > earlier.seen_at:
                entry.places[place.message] = where
            self._presence.put(entry, event, place.message, place.contents, newest)
            keys.append(entry.key)
        return keys

    def _left(self, message: str, at: float) -> set[str]:
        where = self._wheres.pop(message)
        self._holds.forget(message, where.held_by)
        return self._presence.left(message, where.keys, at)
