"""Judges events by the functions' own engine, and finds out which rule and action made each change.

An action acts on what the one before left, so the engine is asked with the rules up to each action: what one more of
them changes is that one's.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from dreamdata_relay.errors import RelayError, RulesUnusable
from dreamdata_relay.privacy.keys import KeyRing, Keys, ring_of
from dreamdata_relay.privacy.rules import Judged, Rules, rules_of
from relay_cli.errors import WrongInput
from relay_cli.rules import events
from relay_cli.rules.differences import Difference, differences

_WAYS = ("queue", "sns", "eventbridge")
COMPANY_LEVEL = "company_level"


class Change(NamedTuple):
    """A difference, and the rule and action that made it."""

    difference: Difference
    rule: str
    action: str


class Tried(NamedTuple):
    """An event and what became of it: ``after`` is None where the rule ``dropped_by`` dropped it.

    ``refused``: the code by which the relay refuses what the rules have left of it.
    """

    before: bytes
    after: bytes | None
    dropped_by: str | None
    changed: tuple[str, ...]
    changes: tuple[Change, ...]
    refused: str | None = None


class TrialKeys(Keys):
    """A key that everybody knows, so that what is tried is the same everywhere and no pseudonym is a real one."""

    def __init__(self) -> None:
        key = base64.b64encode(hashlib.sha256(b"relay rules try").digest()).decode()
        self._ring = ring_of(json.dumps({"current": "trial", "keys": {"trial": key}}))

    def ring(self) -> KeyRing:
        """The key."""
        return self._ring


class Trial:
    """Tries the ``compiled`` rules on events that come by ``source``; with ``keys`` if it is no trial of strangers'."""

    def __init__(self, compiled: bytes, source: str, keys: Keys | None = None) -> None:
        if source not in _WAYS and not source.startswith("http:"):
            raise WrongInput(f"{source} is no way in: http:KEY, {', '.join(_WAYS)}")
        self._source = source
        self._keys = keys or TrialKeys()
        self._compiled: dict[str, Any] = json.loads(compiled)
        self._rules = _rules(compiled)
        self._until: dict[tuple[int, int], Rules] = {}

    def of(self, event: bytes) -> Tried:
        """What becomes of one event; raises WrongInput where the rules cannot judge it."""
        if self._rules is None:
            return Tried(event, event, None, (), ())
        judged = self._judged(self._rules, event)
        if judged.text is None:
            return Tried(event, None, judged.rule, (), ())
        changes = tuple(self._changes(event, set(judged.changed)))
        refused = events.refusal(judged.text) if judged.changed and not events.refusal(event) else None
        return Tried(event, judged.text, None, judged.changed, changes, refused)

    def _changes(self, event: bytes, changed: set[str]) -> Iterator[Change]:
        text = event
        for number, rule in enumerate(self._compiled["rules"]):
            if rule["name"] not in changed:
                continue
            names = [COMPANY_LEVEL, *(action["do"] for action in rule["actions"])]
            for count, action in enumerate(names):
                after = self._judged(self._rules_until(number, count), event).text
                if after is not None and after != text:
                    yield from (Change(found, rule["name"], action) for found in differences(text, after))
                    text = after

    def _rules_until(self, number: int, actions: int) -> Rules:
        """The rules before the one with this number, and that one with its first ``actions``."""
        if (number, actions) not in self._until:
            rules = self._compiled["rules"]
            last = {**rules[number], "actions": rules[number]["actions"][:actions]}
            found = _rules(json.dumps({**self._compiled, "rules": [*rules[:number], last]}).encode())
            assert found is not None, "there is at least the last rule"  # noqa: S101  # a fault of this program only
            self._until[number, actions] = found
        return self._until[number, actions]

    def _judged(self, rules: Rules, event: bytes) -> Judged:
        try:
            return rules.judged(event, self._source, self._keys)
        except RelayError as error:
            raise WrongInput(f"the rules cannot judge an event: {type(error).__name__}: {error}") from None


def _rules(compiled: bytes) -> Rules | None:
    try:
        return rules_of(compiled)
    except RulesUnusable as error:
        raise WrongInput(str(error)) from None
