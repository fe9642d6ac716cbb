"""Rules of which a part would never act, or act otherwise the second time; each is refused with its place.

Rules meet an event again: on the queue when they are newer than the event, and as a dead letter that is moved back.
Twice has to be once. So no action takes from an event what tells a rule that it acts, and no two transform one value
in ways that undo each other.
"""

import json
from collections.abc import Sequence
from itertools import combinations
from typing import Protocol

from rules_compiler.meeting import acts_wherever, matches, may_meet
from rules_compiler.paths import reaches
from rules_compiler.uses import REMOVING, Rule, Use, uses_of

# Of which company level leaves the consents.
_KEPT_BY_COMPANY_LEVEL = ["context", "consent"]


class _Place(Protocol):
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class Notes(Protocol):
    """Where problems are noted."""

    def add(self, line: int, column: int, reason: str) -> None:
        """Note one."""


class Conflicts:
    """Looks at the ``rules`` of a file, each of which is right by itself; ``places`` are where they begin."""

    def __init__(self, rules: Sequence[Rule], places: Sequence[_Place], notes: Notes) -> None:
        self._rules = list(zip(rules, places, strict=True))
        self._uses = uses_of(rules)
        self._notes = notes

    def note(self) -> None:
        """Note every conflict."""
        self._of_dropped_events()
        self._of_consents()
        for rule, _ in self._rules:
            if "consent" in rule:
                self._of_consent(rule)
        for use in self._uses:
            if not use.by_company_level and reaches(use.steps, "event"):
                self._of_event_name(use)
        for first, second in combinations(self._uses, 2):
            self._of_two(first, second)

    def _wrong(self, at: _Place, reason: str) -> None:
        self._notes.add(at.line, at.column, reason)

    def _of_dropped_events(self) -> None:
        for number, (dropping, at) in enumerate(self._rules):
            if not _drops(dropping):
                continue
            for other_number, (other, place) in enumerate(self._rules):
                twice = number > other_number and acts_wherever(other, dropping) and _drops(other)
                if other is not dropping and not twice and acts_wherever(dropping, other):
                    self._wrong(place, f"the rule in line {at.line} drops every event that this one matches")

    def _of_consents(self) -> None:
        """Of two rules that ask for one consent, the one that drops decides."""
        asking = [rule for rule, _ in self._rules if "consent" in rule]
        for rule in asking:
            for other in asking:
                one, two = rule["consent"], other["consent"]
                if one["otherwise"] != "company_level" or two["otherwise"] != "drop_event":
                    continue
                same = (one["at"], one["category"]) == (two["at"], two["category"])
                if same and (two["missing"] == "deny" or one["missing"] == "allow") and acts_wherever(other, rule):
                    reason = f"never at company level: for the same consent line {two['at'].line} drops the event"
                    self._wrong(one["at"], reason)

    def _of_consent(self, rule: Rule) -> None:
        """What tells consent has to be there the next time, too."""
        consent = rule["consent"]
        at, place = consent["at"], [*consent["at"], consent["category"]]
        if at[-1] == consent["category"]:
            reason = (
                f"at is the object of all categories, in which {consent['category']} is looked for: leave it out here"
            )
            self._wrong(at, reason)
        for use in self._uses:
            if not may_meet(use.rule, rule) or not use.may_change(place):
                continue
            if use.by_company_level:
                if use.rule is not rule:
                    self._company_level_takes(use.rule, rule)
            elif not (consent["missing"] == "allow" and use.removes(at)):
                reason = f"{use.do} takes or changes what tells the consent of line {at.line}, which is asked for again"
                self._wrong(use.steps, f"{reason} when the event meets the rules again")
        if at[:2] != _KEPT_BY_COMPANY_LEVEL:
            for other, _ in self._rules:
                degrades = other.get("consent", {}).get("otherwise") == "company_level"
                if degrades and other is not rule and may_meet(other, rule):
                    self._company_level_takes(other, rule)

    def _company_level_takes(self, degrading: Rule, rule: Rule) -> None:
        line = degrading["consent"]["at"].line
        reason = "keeps consents in context.consent only, and none called as an email is"
        self._wrong(rule["consent"]["at"], f"company_level of line {line} {reason}: this one would be missing then")

    def _of_event_name(self, use: Use) -> None:
        """A rule knows an event by its name, which has to tell the same the next time."""
        for rule, place in self._rules:
            if rule is use.rule or "events" not in rule or not may_meet(rule, use.rule, apart_from="events"):
                continue
            if use.do != "set":
                reason = f"{use.do} takes or changes the event's name, by which the rule in line {place.line} matches"
                self._wrong(use.steps, f"{reason}, when the event meets the rules again")
                continue
            name = json.loads(use.more["to"])
            newly = isinstance(name, str) and any(matches(pattern, name) for pattern in rule["events"])
            if newly and not acts_wherever(rule, use.rule):
                reason = f"the rule in line {place.line} matches events of this new name"
                self._wrong(use.steps, f"{reason}, but only when the event meets the rules again")

    def _of_two(self, first: Use, second: Use) -> None:
        if first.by_company_level and second.by_company_level:
            return
        if first.do in REMOVING or second.do in REMOVING or "set" in (first.do, second.do):
            self._of_vain(first, second)
        elif not _agree(first, second) and first.touches_what(second) and may_meet(first.rule, second.rule):
            at, other = (first, second) if second.by_company_level else (second, first)
            reason = (
                f"{at.do} and {other.name} (line {other.line}) change one value: what one makes the other would change"
            )
            self._wrong(at.steps, f"{reason} again, each time that the event meets the rules")

    def _of_vain(self, first: Use, second: Use) -> None:
        if first.by_company_level or second.by_company_level:
            return
        place = second.steps[:-1] if second.do == "set" else second.steps
        if second.do != "drop" and first.removes(place) and acts_wherever(first.rule, second.rule):
            self._wrong(
                second.steps, f"{second.do} finds nothing here: {first.do} in line {first.line} removes it before"
            )
        elif first.do not in REMOVING and acts_wherever(second.rule, first.rule):
            if second.removes(first.steps):
                self._wrong(first.steps, f"{first.do} is in vain: {second.do} in line {second.line} removes its value")
            elif second.overwrites(first):
                self._wrong(first.steps, f"{first.do} is in vain: set in line {second.line} overwrites its value")


def _drops(rule: Rule) -> bool:
    return any(action["do"] == "drop_event" for action in rule["actions"])


def _agree(first: Use, second: Use) -> bool:
    """Whether the two, done in this order to one value, change nothing more when they are done again."""
    if first.do == second.do:
        return first.do != "mask" or first.more == second.more
    if (first.do, second.do) == ("truncate", "strip_query"):
        return True
    return (first.do, second.do) == ("strip_query", "truncate") and not first.more["keep"]
