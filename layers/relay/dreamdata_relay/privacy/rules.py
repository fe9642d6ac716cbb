"""The rules as an event meets them: which match, whether one drops it, and what is done with the others' values."""

from collections.abc import Callable
from typing import NamedTuple

from dreamdata_relay.errors import RulesUnavailable
from dreamdata_relay.privacy.actions import performed
from dreamdata_relay.privacy.addresses import pattern_of
from dreamdata_relay.privacy.company_level import at_company_level
from dreamdata_relay.privacy.consent import ConsentCheck
from dreamdata_relay.privacy.finding import Finder
from dreamdata_relay.privacy.keys import KeyRing, Keys
from dreamdata_relay.privacy.looking import Escapes, Look
from dreamdata_relay.privacy.model import Action, Compiled, Rule, read
from dreamdata_relay.privacy.paths import Paths
from dreamdata_relay.privacy.scanning import string_of

_TYPE, _EVENT = Paths([("type",)]), Paths([("event",)])


class Judged(NamedTuple):
    """What became of an event: its ``text``, None if ``rule`` dropped it; ``changed`` are the rules that changed it."""

    text: bytes | None
    rule: str | None = None
    changed: tuple[str, ...] = ()


class Event(NamedTuple):
    """What rules match by: all the types and names it says it has, because members may be doubled."""

    types: frozenset[str]
    names: frozenset[str]
    way: str
    key: str


class Rules:
    """The rules of one version. ``needs_keys``: whether some action makes pseudonyms."""

    def __init__(self, compiled: Compiled) -> None:
        self.version = compiled.version
        self.needs_keys = compiled.needs_keys
        self._rules = [_Rule(rule) for rule in compiled.rules]
        paths = [path for rule in compiled.rules for action in rule.actions for path in action.at]
        self._escapes = Escapes({name for path in paths for name in path})

    def judged(self, event: bytes, source: str, keys: Keys | None) -> Judged:
        """Return what the rules make of ``event``, the text of one JSON object that has been checked.

        ``source`` is ``http:<relay key>``, ``queue``, ``sns`` or ``eventbridge``. Raises :class:`RulesUnavailable` if
        keys are needed and there are none, :class:`NotJson` or another error if the text is not what it has to be. It
        never returns what a rule is to remove.
        """
        way, _, key = source.partition(":")
        said = Event(_strings(event, _TYPE), _strings(event, _EVENT), way, key)
        matching = [rule for rule in self._rules if rule.matches(said)]
        # All of it is judged by the event as it came.
        denied = {rule.name for rule in matching if rule.consent and not rule.consent.given(event)}
        for rule in matching:
            if rule.drops or (rule.name in denied and rule.consent and not rule.consent.company_level):
                return Judged(None, rule.name)
        ring = _asked_once(keys)
        text, changed = event, list[str]()
        for rule in matching:
            before = text
            if rule.name in denied:
                text = at_company_level(text, said.types, ring)
            escaped = self._escapes.may_spell(text)
            for look, perform in rule.steps:
                if escaped or look.finds(text):
                    text = perform(text, ring)
            if text != before:
                changed.append(rule.name)
        return Judged(text, None, tuple(changed))


class _Rule:
    def __init__(self, rule: Rule) -> None:
        self.name = rule.name
        self.drops = any(action.do == "drop_event" for action in rule.actions)
        self.consent = ConsentCheck(rule.consent) if rule.consent else None
        self.steps = [(_look(action), performed(action)) for action in rule.actions if action.do != "drop_event"]
        self._types = None if rule.types is None else frozenset(rule.types)
        self._event = None if rule.events is None else pattern_of(rule.events)
        self._keys = None if rule.keys is None else frozenset(rule.keys)
        self._ways = None if rule.sources is None else frozenset(rule.sources)

    def matches(self, event: Event) -> bool:
        return (
            (self._types is None or not self._types.isdisjoint(event.types))
            and (self._event is None or any(map(self._event, event.names)))
            and (self._keys is None or event.key in self._keys)
            and (self._ways is None or event.way in self._ways)
        )


def rules_of(compiled: bytes) -> Rules | None:
    """Return the rules in the text of ``rules.json``, None if it has none; raises :class:`RulesUnusable`."""
    found = read(compiled)
    return Rules(found) if found.rules else None


def _look(action: Action) -> Look:
    # What is set need not be there yet.
    return Look(path[:-1] if action.do == "set" else path for path in action.at)


def _asked_once(keys: Keys | None) -> Callable[[], KeyRing]:
    rings: list[KeyRing] = []

    def ring() -> KeyRing:
        if not rings:
            if keys is None:
                raise RulesUnavailable("keys_missing")
            rings.append(keys.ring())
        return rings[0]

    return ring


def _strings(text: bytes, paths: Paths) -> frozenset[str]:
    values = (text[one.value_start : one.end] for one in Finder(text, paths.start).found)
    return frozenset(string_of(value) for value in values if value[:1] == b'"')
