"""What has to be accounted for: every event by its marker, where it went, and what excuses a second time."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.excuses import EXCUSES

_MARKER = re.compile(r"sim-[0-9]{6}")
# The code of an event that must be dead-lettered, whatever the code.
ANY_CODE = "*"


def markers_in(text: str) -> list[str]:
    """The markers in ``text``, each once, in order."""
    return list(dict.fromkeys(_MARKER.findall(text)))


@dataclass
class SimEvent:
    """One event (or one message that is none) that somebody sends.

    ``refusal``: the code it must be dead-lettered with; None: it must be delivered. ``expected``: its members as they
    must arrive, those in ``made`` aside, which the relay makes. ``exact``: its very bytes must arrive. ``one_id``: an
    id or a time made for it must be the same however often it comes. ``content``: what Dreamdata does with a payload
    that holds it (see :mod:`tests.simulation.content`), ``chance``: how often. ``carries``: texts that were sent with
    it, which its dead letter must have. ``count``: so many refused events share the marker.
    """

    marker: str
    text: str
    refusal: str | None = None
    expected: dict[str, Any] | None = None
    made: frozenset[str] = frozenset()
    exact: bool = False
    content: str | None = None
    chance: float = 1.0
    one_id: bool = True
    born: float = 0.0
    carries: tuple[str, ...] = ()
    count: int = 1
    redriven: bool = False
    # With privacy rules: the texts that they may leave of it, and whether one of them drops the event.
    forms: tuple[str, ...] = ()
    dropped: bool = False

    @property
    def left(self) -> tuple[str, ...]:
        """What may arrive of its text."""
        return self.forms or (self.text,)


@dataclass
class Ledger:
    """The books of one run; ``violations`` are the counterexamples found.

    ``due``: how often an event must come to an end, once if nothing is said. ``unmarked``: messages that can hold no
    marker, sent less dead-lettered, by body.
    """

    events: dict[str, SimEvent] = field(default_factory=dict)
    promised: set[str] = field(default_factory=set)
    due: Counter[str] = field(default_factory=Counter)
    delivered: Counter[str] = field(default_factory=Counter)
    dead: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    dead_counts: Counter[str] = field(default_factory=Counter)
    unmarked: Counter[str] = field(default_factory=Counter)
    # Those that may have been dropped because their person was suppressed.
    suppressed: set[str] = field(default_factory=set)
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
            self.story.append((self.story[-1][0] if self.story else 0.0, f"BROKEN: {claim}"))

    def excuse(self, cause: str, markers: Iterable[str]) -> None:
        """From here on each of ``markers`` may come to one end more, because of ``cause``."""
        if cause not in EXCUSES:
            raise KeyError(cause)
        for marker in markers:
            self.excuses[marker][cause] += 1

    @property
    def failures(self) -> int:
        """How many faults there were that no event brought about, by what it is or by its size."""
        return sum(times for fault, times in self.faults.items() if not fault.startswith(("content_", "dreamdata_413")))

    def ends(self, marker: str) -> int:
        """How often the event came to an end, by any of its copies."""
        return self.delivered[marker] + len(self.dead.get(marker, ()))

    def must_end(self, marker: str) -> int:
        """How often it must."""
        return 1 + self.due[marker]
