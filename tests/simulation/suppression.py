"""The suppression list in a run: who is on it when, the simulated S3 that it lies in, and what must not be posted."""

import re
from random import Random
from typing import TYPE_CHECKING

from dreamdata_relay.errors import ListUnavailable
from dreamdata_relay.privacy.suppressed_ids import PersonId
from dreamdata_relay.privacy.suppression import encode, entries_with
from dreamdata_relay.privacy.suppression_list import Stored
from tests.simulation.ledger import SimEvent, markers_in
from tests.simulation.plan import LIST_DOWN, LIST_PASSES, SUPPRESSION

if TYPE_CHECKING:
    from tests.simulation.world import World

OBJECT = "https://list.s3.eu-west-1.amazonaws.com/list"
LIST_KEY = b"simulated list".ljust(32, b".")
# As docs/suppression.md promises: it holds for what is read so long after it was added.
_HOLDS_AFTER_S = 60.0
# So long after the list is back, or a person is off it, the one before may be in use.
_USED_S = 80.0
_USER = re.compile(r'"userId": ?"(user-[0-9]+)"')
_USERS = 20
_MOST_SUPPRESSED = 8
# Without the list's key the list is away, too.
_OF_SECRETS = ("secrets_down", "secret_refused", "secret_slow", "privacy_keys_down")


class SimList:
    """The stored list of one run, if it has one: empty, then with ``people``, then empty again in some runs."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._on = SUPPRESSION in world.plan.features
        # Apart from the plan's: runs without a list stay what they were.
        chance = Random(f"suppression {world.plan.seed}")  # noqa: S311  # to be replayed, not to be secret
        self.people = frozenset(f"user-{chance.randrange(_USERS)}" for _ in range(_MOST_SUPPRESSED))
        self.added = chance.random() * 0.6 * world.plan.heal
        self.removed = self.added + 120 + chance.random() * world.plan.heal if chance.random() < 0.6 else float("inf")

    def fetch(self, etag: str | None) -> Stored | None:
        """As S3 answers."""
        world = self._world
        with world.call("get_list", 1):
            if world.lasts(LIST_DOWN):
                raise ListUnavailable("list_unavailable")
            now = world.scheduler.now
            version = (now >= self.added) + (now >= self.removed)
        if version == 0:
            return Stored(None, None)
        if etag == str(version):
            return None
        entry_of = entries_with(LIST_KEY)
        entries = [entry_of(PersonId("user", one)) for one in sorted(self.people)] if version == 1 else []
        return Stored(encode(entries, LIST_KEY), str(version))

    def names(self, event: SimEvent) -> bool:
        """Whether the list names the person of ``event`` at some time."""
        found = _USER.search(event.text) if self._on else None
        return found is not None and found[1] in self.people

    def may_hold(self, event: SimEvent) -> bool:
        """Whether ``event`` may have been dropped by now."""
        if not self.names(event) or self._world.scheduler.now < self.added:
            return False
        return event.born - self._world.clock.START < self._forgotten

    @property
    def _forgotten(self) -> float:
        """When the list with the people on it is in use nowhere any more: ingest goes on with it while it is away."""
        outages = [p.end for p in self._world.plan.phases if p.kind == LIST_DOWN and p.start <= self.removed + _USED_S]
        return max(self.removed, *outages, 0.0) + _USED_S

    def check_posted(self, body: str) -> None:
        """Nobody who was on the list a minute before the function ran is in what it posts."""
        started = self._world.invocation.started
        if not self._on or not self.added + _HOLDS_AFTER_S <= started < self.removed or self._may_pass(started):
            return
        for marker in markers_in(body):
            event = self._world.ledger.events.get(marker)
            if event is not None and self.names(event):
                self._world.ledger.violated(f"{marker} is posted though its person is suppressed")

    def _may_pass(self, started: float) -> bool:
        """Whether a stack that lets events pass may not have had the list."""
        plan = self._world.plan
        if LIST_PASSES not in plan.features:
            return False
        away = any(p.kind == LIST_DOWN and p.start <= started < p.end + _USED_S for p in plan.phases)
        return away or any(self._world.ledger.faults[fault] for fault in _OF_SECRETS)

    def balance(self) -> None:
        """What has no end was dropped, and the relay counts it."""
        ledger = self._world.ledger
        ledger.suppressed = {marker for marker, event in ledger.events.items() if self.may_hold(event)}
        without_end = {marker for marker in ledger.suppressed & ledger.promised if not ledger.ends(marker)}
        gone = [marker for marker in without_end if not ledger.events[marker].dropped]
        if self._world.metrics["EventsSuppressed"] < len(gone):
            ledger.violated(f"{len(gone)} events of suppressed people have no end, and the relay counts fewer")
        ledger.counts["events_suppressed"] += len(gone)
