"""The rules as an event meets them: which match, whether one drops it, and what is done with the others' values."""

import functools
from typing import NamedTuple

from dreamdata_relay.errors import NotJson, RulesUnavailable
from dreamdata_relay.events.json_editing import after_space
from dreamdata_relay.privacy.keys import KeyRing, Keys
from dreamdata_relay.privacy.locating import NotSure
from dreamdata_relay.privacy.looking import Escapes
from dreamdata_relay.privacy.matching import Matching
from dreamdata_relay.privacy.model import Compiled, read
from dreamdata_relay.privacy.paths import WILD
from dreamdata_relay.privacy.values import Ring

_OPENING = ord("{")


class Judged(NamedTuple):
    """What became of an event: its ``text``, None if ``rule`` dropped it; ``changed`` are the rules that changed it."""

    text: bytes | None
    rule: str | None = None
    changed: tuple[str, ...] = ()


class Rules:
    """The rules of one version. ``needs_keys``: whether some action makes pseudonyms."""

    def __init__(self, compiled: Compiled) -> None:
        self.version = compiled.version
        self.needs_keys = compiled.needs_keys
        self._matching = Matching(compiled.rules)
        paths = [path for rule in compiled.rules for action in rule.actions for path in action.at]
        named = (name for path in paths for name in path if name not in WILD)
        self._escapes = Escapes({"type", "event", *named, *self._matching.consent_names})

    def judged(self, event: bytes, source: str, keys: Keys | None) -> Judged:
        """Return what the rules make of ``event``, the text of one JSON object that has been checked.

        ``source`` is ``http:<relay key>``, ``queue``, ``sns`` or ``eventbridge``. Raises :class:`RulesUnavailable` if
        keys are needed and there are none, :class:`NotJson` or another error if the text is not what it has to be. It
        never returns what a rule is to remove.
        """
        ring = functools.partial(_asked_once, keys, [])
        try:
            return self._quickly(event, source, ring)
        except NotSure:
            return self._surely(event, source, ring)

    def _quickly(self, event: bytes, source: str, ring: Ring) -> Judged:
        if self._escapes.may_spell(event):
            raise NotSure
        matching = self._matching
        read = matching.shape.read(event)
        keys = [(key[1], key) for key in matching.shape.keys(event)]
        case = matching.case(event, read, keys, source)
        if case.dropping or case.asking:
            dropped, denied = case.quick_verdict(event, read, keys)
            if dropped:
                return Judged(None, dropped)
            if denied:
                raise NotSure
        text, changed = case.plan.done(event, read, keys, ring)
        return Judged(text, None, case.in_order(tuple(changed)) if changed else ())

    def _surely(self, event: bytes, source: str, ring: Ring) -> Judged:
        try:
            if event[after_space(event, 0)] != _OPENING:
                raise NotJson("no object")
            return self._exactly(event, source, ring)
        except IndexError:
            raise NotJson("the event ends early") from None

    def _exactly(self, event: bytes, source: str, ring: Ring) -> Judged:
        case = self._matching.exact_case(event, source)
        # All of it is judged by the event as it came.
        dropped, denied = case.verdict(event)
        if dropped:
            return Judged(None, dropped)
        text, changed = event, list[str]()
        if denied:
            # Imported here, because hardly any rules need it.
            from dreamdata_relay.privacy.company_level import at_company_level
        for rule in case.rules:
            before = text
            if rule.name in denied:
                text = at_company_level(text, case.types, ring)
            for perform in rule.steps:
                text = perform(text, ring)
            if text != before:
                changed.append(rule.name)
        return Judged(text, None, tuple(changed))


def rules_of(compiled: bytes) -> Rules | None:
    """Return the rules in the text of ``rules.json``, None if it has none; raises :class:`RulesUnusable`."""
    found = read(compiled)
    return Rules(found) if found.rules else None


def _asked_once(keys: Keys | None, asked: list[KeyRing]) -> KeyRing:
    """Return the keys as they were when the event first needed them."""
    if not asked:
        if keys is None:
            raise RulesUnavailable("keys_missing")
        asked.append(keys.ring())
    return asked[0]
