"""What the actions of a file's rules do to which members, one after the other."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rules_compiler.paths import ANY, ANY_DEPTH, ITEM, Steps, covers, is_plain, may_be_one

type Rule = Mapping[str, Any]

REMOVING = ("drop", "allow_only")
_WILD = (ANY, ANY_DEPTH, ITEM)
# Members that hold others: what is done to one of these is done to what ``**`` finds in it.
_OBJECTS = (["traits"], ["properties"], ["context"], ["integrations"], ["context", "traits"])
# What company level does to values; what it removes is not told here.
_COMPANY_LEVEL: tuple[tuple[str, Sequence[Sequence[str]], Mapping[str, Any]], ...] = (
    ("pseudonymise", (["anonymousId"], ["previousId"], ["userId"]), {}),
    (
        "pseudonymise_email",
        [[ANY_DEPTH, name] for name in ("email", "Email", "emailAddress", "email_address", "e_mail")],
        {},
    ),
    ("truncate_ip", (["context", "ip"],), {}),
    (
        "strip_query",
        [[*at, name] for at in (["context", "page"], ["properties"]) for name in ("url", "referrer")],
        {"keep": ["utm_*"]},
    ),
)


class Use(NamedTuple):
    """One action on one path; ``more``: what else the action takes. ``by_company_level``: done by a missing consent."""

    rule: Rule
    line: int
    do: str
    steps: Steps
    more: Mapping[str, Any]
    by_company_level: bool = False

    @property
    def name(self) -> str:
        """For an error."""
        return "company_level" if self.by_company_level else self.do

    def may_change(self, place: Sequence[str]) -> bool:
        """Whether the member at ``place`` may be another afterwards, or gone."""
        if any(may_be_one(place[:length], self.steps) for length in range(1, len(place) + 1)):
            if self.do != "allow_only" or may_be_one(place, self.steps):
                return True
            reached = [length for length in range(1, len(place)) if may_be_one(place[:length], self.steps)]
            return any(place[length] not in self.more["members"] for length in reached)
        return False

    def removes(self, place: Sequence[str]) -> bool:
        """Whether the member at ``place`` is surely gone afterwards."""
        if self.do == "drop":
            return covers(self.steps, place)
        if self.do != "allow_only" or ANY_DEPTH in self.steps:
            return False
        length = len(self.steps)
        if len(place) <= length or not covers(self.steps, place[:length]):
            return False
        return place[length] not in (*_WILD, *self.more["members"])

    def touches_what(self, other: "Use") -> bool:
        """Whether both may change one value."""
        one, two = self.steps, other.steps
        if may_be_one(one, two) or covers(one, two) or covers(two, one):
            return True
        return any(first in _OBJECTS and second[0] == ANY_DEPTH for first, second in ((one, two), (two, one)))

    def overwrites(self, other: "Use") -> bool:
        """Whether nothing is left of what ``other`` made."""
        same = other.do == "set" and other.more == self.more
        return self.do == "set" and not same and is_plain(self.steps) and covers(self.steps, other.steps)


def uses_of(rules: Sequence[Rule]) -> list[Use]:
    """All uses in the order in which they act."""
    return [use for rule in rules for use in (*_by_company_level(rule), *_by_actions(rule))]


def _by_company_level(rule: Rule) -> Iterator[Use]:
    if rule.get("consent", {}).get("otherwise") == "company_level":
        line = rule["consent"]["at"].line
        for do, paths, more in _COMPANY_LEVEL:
            for steps in paths:
                yield Use(rule, line, do, Steps(steps), more, by_company_level=True)


def _by_actions(rule: Rule) -> Iterator[Use]:
    for action in rule["actions"]:
        more = {name: value for name, value in action.items() if name not in ("do", "at")}
        for steps in action.get("at", ()):
            yield Use(rule, steps.line, action["do"], steps, more)
