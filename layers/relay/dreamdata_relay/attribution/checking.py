"""Judges one event: which rules it breaks, and whether it can reach a contact, a company and a campaign."""

import enum
import functools
from collections.abc import Collection
from typing import NamedTuple

from msgspec import Struct

from dreamdata_relay.attribution.addresses import is_public
from dreamdata_relay.attribution.emails import FREE_MAIL
from dreamdata_relay.attribution.facts import Facts, facts_of
from dreamdata_relay.attribution.predicates import Asked, is_own
from dreamdata_relay.attribution.rules import ALL_TYPES, NAMES, RULES
from dreamdata_relay.events.typed_fields import Text


class Reach(enum.IntEnum):
    """Whether an event can reach a contact, company or campaign.

    DIRECTLY: by its own members. INDIRECTLY: if something else ties it, an identify with an email of the same id for
    example. NOT: by nothing that it has.
    """

    NOT = 0
    INDIRECTLY = 1
    DIRECTLY = 2


# A member of an enumeration is found more slowly than a name of the module.
NOT, INDIRECTLY, DIRECTLY = Reach


class Finding(NamedTuple):
    """A rule that an event breaks, and the path of the member; never a value."""

    rule: str
    path: str


# There are as many as rules and paths; none is made anew for each event.
_finding = functools.cache(Finding)


class Verdict(Struct, frozen=True, gc=False):
    """What is found of an event; see docs/attribution.md for what reaching a contact, company or campaign means."""

    findings: tuple[Finding, ...]
    contact: Reach
    company: Reach
    campaign: Reach


class Checker:
    """Judges events by the ``rules`` of these names; ``own_domains``: the sender's, in lower case.

    An event costs some microseconds; of hostile ones no text is searched beyond a few thousand characters.
    """

    def __init__(self, rules: Collection[str] = NAMES, own_domains: Collection[str] = ()) -> None:
        self._own = frozenset(own_domains)
        self._asked = Asked("", self._own)
        chosen = [rule for rule in RULES if rule.name in rules and (rule.name != "own_domain" or self._own)]
        self._by_kind = {
            kind: tuple((rule.name, rule.found) for rule in chosen if rule.found and kind in rule.kinds)
            for kind in ALL_TYPES
        }

    def check(self, event: Text, latest: str) -> Verdict:
        """Return the verdict of an event; ``latest``: see :func:`~dreamdata_relay.attribution.moments.latest_of`.

        It never raises: of what is no event nothing is found, and it reaches nothing.
        """
        return self.verdict(facts_of(event), latest)

    def verdict(self, facts: Facts, latest: str) -> Verdict:
        """Return the verdict of an event of which these are the facts."""
        asked = self._asked
        if asked.latest != latest:
            asked = self._asked = Asked(latest, self._own)
        findings: tuple[Finding, ...] = ()
        for name, found in self._by_kind.get(facts.kind, ()):
            paths = found(facts, asked)
            if paths:
                for path in paths:
                    findings = (*findings, _finding(name, path))
        has_an_id = bool(facts.user or facts.anonymous)
        contact = DIRECTLY if facts.domain else INDIRECTLY if has_an_id else NOT
        return Verdict(findings, contact, self._company(facts, has_an_id=has_an_id), _campaign(facts))

    def _company(self, facts: Facts, *, has_an_id: bool) -> Reach:
        traits = facts.traits
        if facts.kind == "group" and (traits.domain or traits.website):
            return DIRECTLY
        if facts.domain:
            if is_own(facts.domain, self._own):
                return NOT
            if facts.domain not in FREE_MAIL:
                return DIRECTLY
        elif is_public(facts.context.ip):
            return DIRECTLY
        return INDIRECTLY if has_an_id or (facts.kind == "group" and traits.name) else NOT


def _campaign(facts: Facts) -> Reach:
    if facts.has_campaign:
        return DIRECTLY
    return INDIRECTLY if facts.is_campaign_in_url else NOT
