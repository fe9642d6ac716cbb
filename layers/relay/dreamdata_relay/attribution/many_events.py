"""The rules that take many events of one source: an anonymousId that everybody has, and names without end.

It keeps hashes, counts and no text; what it holds is bounded, however many events there are.
"""

from dreamdata_relay.attribution.addresses import is_public
from dreamdata_relay.attribution.checking import Finding
from dreamdata_relay.attribution.facts import Facts

# More names than any report can show; the metrics of the relay count so many, too.
MOST_NAMES = 100
# An anonymousId is everybody's if so many people had it, by userId or else by address. A few may share a device.
_MOST_PEOPLE = 5
# Or if at least half of the events with one have it: of so many at least, or of fewer if none says who or where it was.
_MANY_EVENTS = 100
_MANY_OF_NOBODY = 20
# Ids counted at once: one that more than a ninth of the events have is surely among them (Misra and Gries).
_COUNTED = 8


class _Counted:
    """How often an anonymousId was seen, at least, and hashes of the first people that it was seen with."""

    __slots__ = ("events", "people")

    def __init__(self) -> None:
        self.events = 0
        self.people = set[int]()


class ManyEvents:
    """Counts the events of one source."""

    def __init__(self) -> None:
        self._names = set[int]()
        self._ids: dict[int, _Counted] = {}
        self._with_id = 0

    def add(self, facts: Facts) -> None:
        """Count an event."""
        if facts.kind == "track" and facts.event.event and len(self._names) <= MOST_NAMES:
            self._names.add(hash(facts.event.event))
        if facts.anonymous:
            self._count(facts)

    def findings(self) -> tuple[Finding, ...]:
        """Return what is found of all events until now."""
        found: tuple[Finding, ...] = ()
        if any(self._is_everybodys(one) for one in self._ids.values()):
            found = (Finding("shared_anonymous_id", "anonymousId"),)
        if len(self._names) > MOST_NAMES:
            found = (*found, Finding("too_many_event_names", "event"))
        return found

    def _count(self, facts: Facts) -> None:
        self._with_id += 1
        an_id = hash(facts.anonymous)
        one = self._ids.get(an_id)
        if one is None:
            if len(self._ids) >= _COUNTED:
                self._count_down()
                return
            one = self._ids[an_id] = _Counted()
        one.events += 1
        if len(one.people) < _MOST_PEOPLE:
            if facts.user:
                one.people.add(hash(facts.user))
            elif is_public(facts.context.ip):
                one.people.add(hash(facts.context.ip))

    def _count_down(self) -> None:
        for an_id, one in list(self._ids.items()):
            one.events -= 1
            if not one.events:
                del self._ids[an_id]

    def _is_everybodys(self, one: _Counted) -> bool:
        if len(one.people) >= _MOST_PEOPLE:
            return True
        return one.events >= (_MANY_EVENTS if one.people else _MANY_OF_NOBODY) and 2 * one.events >= self._with_id
