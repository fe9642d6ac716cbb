"""Ties events to what other events of the same person say: an identify with an email, a group with a domain.

It keeps hashes of ids and counts. Whoever has one id in common is one person, whichever event came first.
"""

import enum

from dreamdata_relay.attribution.checking import DIRECTLY, INDIRECTLY, Verdict
from dreamdata_relay.attribution.facts import Facts

# Ids that are remembered, some 200 bytes each; events of further ones stay untied.
MOST_IDS = 200_000


class _Known(enum.IntFlag):
    CONTACT = 1
    COMPANY = 2


class _Person:
    """What is known of a person, and how many events wait for it to be known."""

    __slots__ = ("company_waits", "contact_waits", "known")

    def __init__(self) -> None:
        self.known = _Known(0)
        self.contact_waits = 0
        self.company_waits = 0

    def take(self, other: "_Person") -> None:
        """Become one with ``other``."""
        self.known |= other.known
        self.contact_waits += other.contact_waits
        self.company_waits += other.company_waits


class Stitching:
    """Counts the events that reach a contact or a company only by another event; ``most`` ids are remembered."""

    def __init__(self, most: int = MOST_IDS) -> None:
        self._most = most
        # Each id leads to an older one of the same person; the oldest one to what is known.
        self._older: dict[int, int] = {}
        self._people: dict[int, _Person] = {}

    def add(self, facts: Facts, verdict: Verdict) -> None:
        """Take an event's ids, and what it says of them."""
        found = None
        if facts.user:
            found = self._root(hash(("user", facts.user)))
        if facts.anonymous:
            other = self._root(hash(("anonymous", facts.anonymous)))
            found = other if found is None else self._joined(found, other)
        if found is None:
            return
        person = self._people[found]
        if verdict.contact is DIRECTLY:
            person.known |= _Known.CONTACT
        elif verdict.contact is INDIRECTLY:
            person.contact_waits += 1
        # An address tells where somebody is, not who: it says nothing of the person's other events.
        if verdict.company is DIRECTLY and (facts.domain or facts.kind == "group"):
            person.known |= _Known.COMPANY
        elif verdict.company is INDIRECTLY:
            person.company_waits += 1

    @property
    def is_full(self) -> bool:
        """Whether there were more ids than are remembered, so that more events may be tied than are counted."""
        return len(self._older) >= self._most

    def contacts(self) -> int:
        """Return how many events reach a contact by another event."""
        return sum(person.contact_waits for person in self._people.values() if person.known & _Known.CONTACT)

    def companies(self) -> int:
        """Return how many events reach a company by another event."""
        return sum(person.company_waits for person in self._people.values() if person.known & _Known.COMPANY)

    def _root(self, an_id: int) -> int | None:
        """Return the oldest id of the person; None for a new one where no more are remembered."""
        older = self._older.get(an_id)
        if older is None:
            if self.is_full:
                return None
            self._older[an_id] = an_id
            self._people[an_id] = _Person()
            return an_id
        while older != an_id:
            # Halves the way for who comes next.
            oldest = self._older[older]
            self._older[an_id] = oldest
            an_id, older = older, oldest
        return an_id

    def _joined(self, one: int, other: int | None) -> int:
        if other is None or one == other:
            return one
        self._people[one].take(self._people.pop(other))
        self._older[other] = one
        return one
