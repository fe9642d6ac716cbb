"""Which rules match an event, and what they make of all events like it."""

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from dreamdata_relay.events.json_editing import string_of
from dreamdata_relay.privacy.actions import performed
from dreamdata_relay.privacy.addresses import pattern_of
from dreamdata_relay.privacy.consent import ConsentCheck
from dreamdata_relay.privacy.finding import Finder
from dreamdata_relay.privacy.locating import NotSure
from dreamdata_relay.privacy.model import Rule
from dreamdata_relay.privacy.paths import Paths
from dreamdata_relay.privacy.plans import Plan
from dreamdata_relay.privacy.shapes import Key, Shape
from dreamdata_relay.privacy.units import Unit

_TYPES = frozenset({b'"identify"', b'"track"', b'"page"', b'"screen"', b'"group"', b'"alias"'})
_TYPE, _EVENT = Paths([("type",)]), Paths([("event",)])
# What is known of so many kinds of events is kept, where the event's name is no longer than this.
_MOST_CASES = 500
_LONGEST_NAME_BYTES = 200


class Said(msgspec.Struct, frozen=True):
    """What rules match by: all the types and names that an event says it has, because members may be doubled."""

    types: frozenset[str]
    names: frozenset[str]
    way: str
    key: str


class OneRule:
    """One rule, ready for use. ``drops``: whether it drops every event that it matches."""

    def __init__(self, rule: Rule) -> None:
        self.name = rule.name
        self.drops = any(action.do == "drop_event" for action in rule.actions)
        self.consent = ConsentCheck(rule.consent) if rule.consent else None
        actions = [action for action in rule.actions if action.do != "drop_event"]
        self.steps = [performed(action) for action in actions]
        self.units = [Unit(rule.name, action, path) for action in actions for path in action.at]
        self.by_event = rule.events is not None
        self.by_type = rule.types is not None
        self._types = frozenset(rule.types or ())
        self._event = pattern_of(rule.events or ())
        self._keys = None if rule.keys is None else frozenset(rule.keys)
        self._ways = None if rule.sources is None else frozenset(rule.sources)

    def matches(self, said: Said) -> bool:
        """Whether every condition holds."""
        return (
            not (self.by_type and self._types.isdisjoint(said.types))
            and not (self.by_event and not any(map(self._event, said.names)))
            and (self._keys is None or said.key in self._keys)
            and (self._ways is None or said.way in self._ways)
        )


class Case:
    """What the rules that match have in store for an event; ``asking`` require a consent, ``dropping`` may drop it."""

    def __init__(self, rules: Sequence[OneRule], types: frozenset[str], plan: Callable[[], Plan]) -> None:
        self.rules = rules
        self.types = types
        self._names = [rule.name for rule in rules]
        self._ordered: dict[tuple[str, ...], tuple[str, ...]] = {}
        self.asking = [rule for rule in rules if rule.consent]
        self.dropping = [rule for rule in rules if rule.drops or (rule.consent and not rule.consent.company_level)]
        self._plan = plan

    def verdict(self, event: bytes) -> tuple[str | None, frozenset[str]]:
        """Return the rule that drops the event, as it came, and those whose consent it does not carry."""
        return self._verdict(rule.name for rule in self.asking if rule.consent and not rule.consent.given(event))

    def quick_verdict(self, event: bytes, read: Any, keys: Sequence[Key]) -> tuple[str | None, frozenset[str]]:
        """Return the same for an event in which the shape has ``read`` and found so much; may raise NotSure."""
        return self._verdict(
            rule.name for rule in self.asking if rule.consent and not rule.consent.quickly_given(event, read, keys)
        )

    def _verdict(self, without: Iterable[str]) -> tuple[str | None, frozenset[str]]:
        denied = frozenset(without)
        return next((rule.name for rule in self.dropping if rule.drops or rule.name in denied), None), denied

    def in_order(self, changed: tuple[str, ...]) -> tuple[str, ...]:
        """Return the names of rules that ``changed`` an event in the rules' own order, each once."""
        known = self._ordered.get(changed)
        if known is None:
            known = tuple(name for name in self._names if name in changed)
            if len(self._ordered) < _MOST_CASES:
                self._ordered[changed] = known
        return known

    @functools.cached_property
    def plan(self) -> Plan:
        """The quick way to do it."""
        return self._plan()


class Matching:
    """Finds the case of each event."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = [OneRule(rule) for rule in rules]
        self._by_type = any(rule.by_type or rule.consent for rule in self._rules)
        self._by_event = any(rule.by_event for rule in self._rules)
        also = {*(("type",) if self._by_type else ()), *(("event",) if self._by_event else ())}
        consents = [rule.consent for rule in self._rules if rule.consent]
        self.consent_names = frozenset().union(*(consent.names for consent in consents))
        paths = [consent.path for consent in consents if consent.path is not None]
        units = [unit for rule in self._rules for unit in rule.units]
        self.shape = Shape(units, frozenset({*also, *(path[-1] for path in paths)}), paths)
        for consent in consents:
            consent.read_by(self.shape)
        self._cases: dict[tuple[bytes, bytes, str], Case] = {}
        self._plans: dict[tuple[int, ...], Plan] = {}

    def case(self, event: bytes, read: Any, keys: Sequence[Key], source: str) -> Case:
        """Return the case of an event; ``read`` is what the shape read, ``keys`` what it found.

        Raises :class:`NotSure` if it may have two types or names.
        """
        kind = name = b""
        if self._by_type:
            kind = bytes(read.kind)
            if kind not in _TYPES or (len(keys) > 1 and _twice(b"type", keys) and len(_typed().findall(event)) > 1):
                raise NotSure
        if self._by_event:
            name = bytes(read.name)
            if _twice(b"event", keys):
                raise NotSure
        known = self._cases.get((kind, name, source))
        if known is None:
            known = self._case(_string(kind), _string(name), source)
            if len(self._cases) >= _MOST_CASES:
                self._cases.clear()
            if len(name) <= _LONGEST_NAME_BYTES and len(kind) <= _LONGEST_NAME_BYTES:
                self._cases[kind, name, source] = known
        return known

    def exact_case(self, event: bytes, source: str) -> Case:
        """Return the case of any event."""
        return self._case(_strings(event, _TYPE), _strings(event, _EVENT), source)

    def _case(self, types: frozenset[str], names: frozenset[str], source: str) -> Case:
        way, _, key = source.partition(":")
        said = Said(types, names, way, key)
        matching = tuple(number for number, rule in enumerate(self._rules) if rule.matches(said))
        return Case([self._rules[number] for number in matching], types, functools.partial(self._plan, matching))

    def _plan(self, matching: tuple[int, ...]) -> Plan:
        if matching not in self._plans:
            if len(self._plans) >= _MOST_CASES:
                self._plans.clear()
            self._plans[matching] = Plan(
                [unit for number in matching for unit in self._rules[number].units], self.shape
            )
        return self._plans[matching]


@functools.cache
def _typed() -> re.Pattern[bytes]:
    """Return a pattern for a member that may say a type."""
    return re.compile(rb'"type"[ \t\r\n]*+:[ \t\r\n]*+(?:' + b"|".join(sorted(_TYPES)) + rb'|"[^"]*\\)')


def _twice(name: bytes, keys: Sequence[Key]) -> bool:
    return [key[0] for key in keys].count(name) > 1


def _strings(text: bytes, paths: Paths) -> frozenset[str]:
    values = (text[one.value_start : one.end] for one in Finder(text, paths.start).found)
    return frozenset().union(*map(_string, values))


def _string(value: bytes) -> frozenset[str]:
    return frozenset({string_of(value)} if value[:1] == b'"' else ())
