"""Privacy rules in a run: what is planted in events for them, and what must be left of it, by code of its own."""

import base64
import hashlib
import hmac
import json
import re
from random import Random
from typing import TYPE_CHECKING

from tests.simulation.ledger import SimEvent

if TYPE_CHECKING:
    from tests.simulation.queues import Message
    from tests.simulation.world import World

# A value that a rule drops, one that a rule makes a pseudonym of; nobody may see either once the relay has had it.
SECRET, PERSON = "cnry-secret", "cnry-person"
KEYS = "privacy-keys"
_KEY = b"simulated".ljust(32, b".")
# Where an event has its context, in both ways that events are written.
_CONTEXT = re.compile(r'"context": ?\{')
_NO_CONSENT = '"consent":{"marketing":false},'
# Of one version and of the next, which does the same and is another one all the same.
_VERSIONS = ("1111111111111111", "2222222222222222")


def pseudonym(text: str) -> str:
    """The pseudonym of ``text``, as docs/privacy.md describes it."""
    value = _short(hmac.digest(_KEY, b"value:" + text.encode(), hashlib.sha256)[:16])
    return f"psn_k1_{value}_{_short(hmac.digest(_KEY, b'check:' + value.encode(), hashlib.sha256)[:8])}"


def secret() -> str:
    """The text of the secret with the keys."""
    return json.dumps({"current": "k1", "keys": {"k1": base64.b64encode(_KEY).decode()}})


def _short(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class Privacy:
    """The rules of one run, if it has any."""

    def __init__(self, world: "World", *, on: bool) -> None:
        self._world = world
        self._on = on
        # Apart from the plan's: runs without rules stay what they were.
        self._random = Random(f"privacy {world.plan.seed}")  # noqa: S311  # to be replayed, not to be secret
        self.told_dropped: set[str] = set()

    def compiled(self, _path: str) -> bytes | None:
        """The compiled rules that a function finds at its start: of either version, for both run at once."""
        if not self._on:
            return None
        version = self._random.choice(_VERSIONS)
        consent = {"category": "marketing", "at": ["context", "consent"], "otherwise": "drop_event", "missing": "allow"}
        rules = [
            {"name": "secrets", "actions": [{"do": "drop", "at": [["context", "secret"]]}]},
            {"name": "persons", "actions": [{"do": "pseudonymise", "at": [["context", "person"]]}]},
            {"name": "consent", "consent": consent, "actions": []},
        ]
        return json.dumps({"format": 1, "version": version, "needs_keys": True, "rules": rules}).encode()

    def plant(self, event: SimEvent) -> None:
        """Have ``event``, which is about to be sent for the first time, carry what the rules are about."""
        if not self._on or event.arrives is not None:
            return
        event.arrives = event.text
        found = _CONTEXT.search(event.text)
        if found is None or event.count > 1:
            return
        before, after = event.text[: found.end()], event.text[found.end() :]
        event.dropped = event.exact and event.content is None and event.refusal is None and self._random.random() < 0.1
        more = _NO_CONSENT if event.dropped else ""
        event.text = f'{before}"secret":"{SECRET}",{more}"person":"{PERSON}",{after}'
        event.arrives = f'{before}"person":"{pseudonym(PERSON)}",{after}'
        if event.expected is not None:
            context = {"person": pseudonym(PERSON)} | event.expected["context"]
            event.expected = event.expected | {"context": context}

    def stored(self, message: "Message") -> None:
        """One of the functions put ``message`` on a queue."""
        if self._on and (SECRET in message.body or PERSON in message.body):
            # The only way out for what never met its rules.
            detail = message.attributes.get("error_detail", "")
            self._world.check("rules_unavailable" in detail, "what a rule removes is on no queue any more")

    def posted(self, body: str) -> None:
        """The deliver function posted ``body``."""
        self._world.check(not (SECRET in body or PERSON in body), "what a rule removes is not posted")

    def ended(self, event: SimEvent, how: str) -> None:
        """An event was delivered or dead-lettered."""
        if event.dropped:
            self._world.ledger.violated(f"{event.marker} was {how} although a rule drops it")

    def balance(self) -> None:
        """Whatever was dropped is counted, by the relay too."""
        ledger = self._world.ledger
        dropped = {marker for marker in ledger.promised if ledger.events[marker].dropped} | self.told_dropped
        counted = self._world.metrics["EventsDropped"]
        if counted < len(dropped):
            ledger.violated(f"{len(dropped)} events were dropped, the relay counts {counted:.0f}")
        ledger.counts["events_dropped"] += len(dropped)
