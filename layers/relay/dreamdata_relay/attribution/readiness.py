"""Attribution readiness: of the events of each relay key or source, the share that can reach what counts."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from dreamdata_relay.attribution.checking import Reach, Verdict

TARGETS = ("contact", "company", "campaign")
# Further sources are counted together.
MOST_SOURCES = 100
OTHER = "other"


@dataclass(slots=True)
class Reached:
    """How many events reach one target: ``directly``, ``indirectly`` or ``not``, see :class:`.checking.Reach`.

    ``tied``: those of ``indirectly`` of which another event is known to tie them.
    """

    counts: list[int] = field(default_factory=lambda: [0, 0, 0])
    tied: int = 0

    @property
    def directly(self) -> int:
        """Return the number of events that reach it by their own members."""
        return self.counts[Reach.DIRECTLY]

    @property
    def indirectly(self) -> int:
        """Return the number of events that reach it if something else ties them, ``tied`` ones included."""
        return self.counts[Reach.INDIRECTLY]

    @property
    def not_at_all(self) -> int:
        """Return the number of events that cannot reach it."""
        return self.counts[Reach.NOT]

    @property
    def share(self) -> float:
        """Return the share of events that surely reach it, from 0 to 1."""
        return _share(self.directly + self.tied, sum(self.counts))

    @property
    def possible(self) -> float:
        """Return the share of events that can reach it, if all that may tie them does."""
        return _share(self.directly + self.indirectly, sum(self.counts))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


class Readiness:
    """Counts the verdicts of one source."""

    __slots__ = ("by_rule", "events", "reached", "with_findings")

    def __init__(self) -> None:
        self.events = 0
        self.with_findings = 0
        self.by_rule = Counter[str]()
        self.reached = {target: Reached() for target in TARGETS}

    def add(self, verdict: Verdict) -> None:
        """Count an event."""
        self.events += 1
        reached = self.reached
        reached["contact"].counts[verdict.contact] += 1
        reached["company"].counts[verdict.company] += 1
        reached["campaign"].counts[verdict.campaign] += 1
        if verdict.findings:
            self.with_findings += 1
            # An event counts once for a rule, however many of its members break it.
            for rule in {finding.rule for finding in verdict.findings}:
                self.by_rule[rule] += 1


class BySource:
    """Counts verdicts by relay key or other source."""

    def __init__(self, most: int = MOST_SOURCES) -> None:
        self._most = most
        self._of: dict[str, Readiness] = {}

    def of(self, source: str) -> Readiness:
        """Return the counts of ``source``, or those of all that are too many."""
        found = self._of.get(source)
        if found is None:
            name = source if len(self._of) < self._most else OTHER
            found = self._of.setdefault(name, Readiness())
        return found

    def all(self) -> Mapping[str, Readiness]:
        """Return all counts by source."""
        return self._of
