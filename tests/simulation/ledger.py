"""What has to be accounted for: every event by its marker, where it went, and what excuses a second time."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

_MARKER = re.compile(r"sim-[0-9]{6}")


def markers_in(text: str) -> list[str]:
    """The markers in ``text``, each once, in order."""
    return list(dict.fromkeys(_MARKER.findall(text)))


@dataclass
class SimEvent:
    """One event (or one message that is none) that somebody sends.

    ``refusal``: the code it must be dead-lettered with; None: it must be delivered. ``expected``: its members as they
    must arrive, those in ``made`` aside, which the relay makes. ``exact``: its very bytes must arrive. ``one_id``: an
    id made for it must be the same however often it comes.
    """

    marker: str
    text: str
    refusal: str | None = None
    expected: dict[str, Any] | None = None
    made: frozenset[str] = frozenset()
    exact: bool = False
    poison: bool = False
    one_id: bool = True
    born: float = 0.0


@dataclass
class Ledger:
    """The books of one run; ``violations`` are the counterexamples found."""

    events: dict[str, SimEvent] = field(default_factory=dict)
    promised: set[str] = field(default_factory=set)
    delivered: Counter[str] = field(default_factory=Counter)
    dead: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    excuses: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    faults: Counter[str] = field(default_factory=Counter)
    duplicates: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    story: list[tuple[float, str]] = field(default_factory=list)

    def violated(self, claim: str) -> None:
        """Note a counterexample, each once."""
        if claim not in self.violations:
            self.violations.append(claim)

    def excuse(self, cause: str, markers: Iterable[str]) -> None:
        """From here on each of ``markers`` may come to one end more, because of ``cause``."""
        for marker in markers:
            self.excuses[marker][cause] += 1

    def ends(self, marker: str) -> int:
        """How often the event came to an end, by any of its copies."""
        return self.delivered[marker] + len(self.dead.get(marker, ()))
