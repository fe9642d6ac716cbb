"""Privacy rules in a run: what is planted in events for them, and what must be left of it, by code of its own."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING, Any

from tests.simulation.ledger import SimEvent
from tests.simulation.plan import RULES, RULES_CHANGE
from tests.simulation.suppression import LIST_KEY

if TYPE_CHECKING:
    from tests.simulation.invocations import Environment
    from tests.simulation.queues import Message
    from tests.simulation.world import World

# A value that a rule drops, one that a rule makes a pseudonym of, one that only a later version of the rules drops:
# nobody may see it once a function with these rules has had it.
SECRET, PERSON, LATE = PLANTED = ("cnry-secret", "cnry-person", "cnry-late")
KEYS = "privacy-keys"
_KEY = b"simulated".ljust(32, b".")
# Where an event has its context, in both ways that events are written.
_CONTEXT = re.compile(r'"context": ?\{')
_NO_CONSENT = '"consent":{"marketing":false},'
# Of one version and of the next, which does the same and is another one all the same; if rules change, it does more.
_VERSIONS = ("1111111111111111", "2222222222222222")
# How long old and new functions run beside one another when the rules change.
_ROLLING_S = 300.0


def pseudonym(text: str) -> str:
    """The pseudonym of ``text``, as docs/privacy.md describes it."""
    value = _short(hmac.digest(_KEY, b"value:" + text.encode(), hashlib.sha256)[:16])
    return f"psn_k1_{value}_{_short(hmac.digest(_KEY, b'check:' + value.encode(), hashlib.sha256)[:8])}"


def secret() -> str:
    """The text of the secret with the keys."""
    keys = {"k1": base64.b64encode(_KEY).decode()}
    return json.dumps({"current": "k1", "keys": keys, "suppression": base64.b64encode(LIST_KEY).decode()})


def _short(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class Privacy:
    """The rules of one run, if it has any: two versions at once, or one deployment after another."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._on = RULES in world.plan.features
        self._changes = RULES_CHANGE in world.plan.features
        # Apart from the plan's: runs without rules stay what they were.
        self._random = Random(f"privacy {world.plan.seed}")  # noqa: S311  # to be replayed, not to be secret
        self.told_dropped: set[str] = set()
        # When the rules are switched on, changed, and switched off.
        chance = Random(f"switches {world.plan.seed}")  # noqa: S311  # likewise
        self._switches = sorted(chance.random() * world.plan.heal for _ in range(3))

    def _deployments(self) -> tuple[int, int]:
        """The oldest and the newest deployment of which functions run now."""
        now = self._world.scheduler.now
        return sum(at + _ROLLING_S <= now for at in self._switches), sum(at <= now for at in self._switches)

    def may_run(self, environment: "Environment") -> bool:
        """Whether the functions of its deployment are not gone."""
        return not self._changes or environment.deployment >= self._deployments()[0]

    def compiled(self, _path: str) -> bytes | None:
        """The compiled rules that a function finds at its start: of either version, where both run at once."""
        if not self._on:
            return None
        environment = self._world.environment()
        version = self._random.randrange(2)
        if self._changes:
            environment.deployment = self._random.choice(self._deployments())
            # Off, on, on with more, off.
            version = environment.deployment - 1
            if version not in (0, 1):
                return None
        more = self._changes and version == 1
        environment.hidden = PLANTED if more else PLANTED[:2]
        consent = {"category": "marketing", "at": ["context", "consent"], "otherwise": "drop_event", "missing": "allow"}
        rules = [
            {"name": "secrets", "actions": [{"do": "drop", "at": [["context", "secret"]]}]},
            {"name": "persons", "actions": [{"do": "pseudonymise", "at": [["context", "person"]]}]},
            {"name": "consent", "consent": consent, "actions": []},
            *([{"name": "late", "actions": [{"do": "drop", "at": [["context", "late"]]}]}] if more else ()),
        ]
        return json.dumps({"format": 1, "version": _VERSIONS[version], "needs_keys": True, "rules": rules}).encode()

    def plant(self, event: SimEvent) -> None:
        """Have ``event``, which is about to be sent for the first time, carry what the rules are about."""
        if not self._on or event.forms:
            return
        event.forms = (event.text,)
        found = _CONTEXT.search(event.text)
        if found is None or event.count > 1:
            return
        before, after = event.text[: found.end()], event.text[found.end() :]
        event.dropped = event.exact and event.content is None and event.refusal is None and self._random.random() < 0.1
        more = _NO_CONSENT if event.dropped else ""
        late = f'"late":"{LATE}",' if self._changes else ""
        event.text = f'{before}"secret":"{SECRET}",{more}"person":"{PERSON}",{late}{after}'
        cleaned = f'"person":"{pseudonym(PERSON)}",'
        event.forms = (f"{before}{cleaned}{after}",)
        if self._changes:
            event.forms += (f"{before}{cleaned}{late}{after}", event.text)

    def take_out(self, event: SimEvent, arrived: dict[str, Any]) -> None:
        """Take what was planted out of an event that arrived, to compare the rest."""
        context = arrived.get("context")
        if len(event.forms) and isinstance(context, dict) and "person" in context:
            left = {name: context.pop(name, None) for name in ("secret", "person", "late", "consent")}
            self._world.check(left["person"] in (PERSON, pseudonym(PERSON)), f"the person of {event.marker}: {left}")

    def _check(self, text: str, claim: str) -> None:
        hidden = self._world.environment().hidden or ()
        self._world.check(not any(one in text for one in hidden), claim)

    def stored(self, message: "Message") -> None:
        """One of the functions put ``message`` on a queue."""
        most = self._world.plan.max_receives
        unread = any(one.receives >= most and one.body == message.body for one in self._world.invocation.messages)
        # The only ways out for what never met its rules: they could not run, or it ended the function every time.
        if "rules_unavailable" not in message.attributes.get("error_detail", "") and not unread:
            self._check(message.body, "what a rule removes is on no queue any more")

    def posted(self, body: str) -> None:
        """The deliver function posted ``body``."""
        self._check(body, "what a rule removes is not posted")
        self._world.suppression.check_posted(body)

    def ended(self, event: SimEvent, how: str) -> None:
        """An event was delivered or dead-lettered."""
        if event.dropped and self._world.environment().hidden is not None:
            self._world.ledger.violated(f"{event.marker} was {how} although a rule drops it")

    def may_suppress(self, event: SimEvent) -> bool:
        """Whether ``event`` may have been dropped for its person."""
        return self._world.suppression.may_hold(event)

    def may_drop(self, event: SimEvent) -> bool:
        """Whether ``event`` may have been dropped for whatever reason."""
        return event.dropped or self.may_suppress(event)

    def check_told(self, events: Sequence[SimEvent], missing: Sequence[SimEvent], told: int) -> None:
        """An answer says that so many of ``events`` were dropped, among them all that are ``missing``."""
        dropped = {event.marker for event in events if event.dropped}
        least = len(missing) + (0 if self._changes else len(dropped))
        most = len(missing) + len({event.marker for event in events if event.refusal is None and self.may_drop(event)})
        self._world.check(least <= told <= most, f"the answer counts what was dropped: {told}, not {least} to {most}")
        if told == most:
            self.told_dropped |= dropped

    def balance(self) -> None:
        """Whatever was dropped is counted, by the relay too."""
        ledger = self._world.ledger
        gone = {m for m in ledger.promised if ledger.events[m].dropped and not ledger.ends(m)}
        dropped = gone | self.told_dropped
        counted = self._world.metrics["EventsDropped"]
        self._world.suppression.balance()
        # Of a person who is suppressed, an event is not asked for its consent.
        if counted < len(dropped - ledger.suppressed):
            ledger.violated(f"{len(dropped)} events were dropped, the relay counts {counted:.0f}")
        ledger.counts["events_dropped"] += len(dropped)
