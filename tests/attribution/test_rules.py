"""Each rule finds what is planted for it, and lets near misses pass."""

import json
from typing import Any

import pytest

from dreamdata_relay.attribution.checking import Checker, Finding
from dreamdata_relay.attribution.rules import ALL_TYPES, BY_NAME, NAMES, RULES
from tests.attribution.corpus import BROKEN, KEPT, LATEST, event, text_of, verdict

ONE_EVENT = [rule.name for rule in RULES if rule.found]
_PLANTED = [(rule, given, path) for rule, all_ in BROKEN.items() for given, path in all_]
_NEAR = [(rule, given) for rule, all_ in KEPT.items() for given in all_]


def paths(rule: str, given: Any) -> str:
    return ", ".join(finding.path for finding in verdict(given).findings if finding.rule == rule)


def test_each_rule_has_events_that_break_it_and_near_misses() -> None:
    assert set(BROKEN) == set(KEPT) == set(ONE_EVENT)


@pytest.mark.parametrize(("rule", "given", "path"), _PLANTED)
def test_what_is_planted_is_found_with_its_path(rule: str, given: dict[str, Any], path: str) -> None:
    assert paths(rule, given) == path


@pytest.mark.parametrize(("rule", "given"), _NEAR)
def test_a_near_miss_is_not_found(rule: str, given: dict[str, Any]) -> None:
    assert paths(rule, given) == ""


@pytest.mark.parametrize("kind", sorted(set(ALL_TYPES) - {"screen", "alias"}))
def test_of_a_good_event_nothing_is_found(kind: str) -> None:
    assert verdict(event(kind)).findings == ()


@pytest.mark.parametrize("rule", ONE_EVENT)
def test_a_rule_that_is_off_finds_nothing(rule: str) -> None:
    """And is the only one that is off, or on."""
    given, _ = BROKEN[rule][0]
    own = frozenset({"sender.example"})
    without = Checker([name for name in NAMES if name != rule], own).check(text_of(given), LATEST)
    alone = Checker([rule], own).check(text_of(given), LATEST)

    assert rule not in {finding.rule for finding in without.findings}
    assert {finding.rule for finding in alone.findings} == {rule}


def test_names_are_found_once_and_each_rule_says_what_to_do_and_why() -> None:
    assert len(BY_NAME) == len(RULES)
    assert all(rule.fix and rule.sources and rule.kinds for rule in RULES)


def test_a_numeric_id_beside_members_of_other_types_is_seen() -> None:
    """The reader that takes one member after another reads like the fast one."""
    given = event("track", userId=0, event=["x"], properties=[], context={"ip": 5, "page": {"url": 7}})

    assert Finding("literal_id", "userId") in verdict(given).findings


def test_what_strict_readers_refuse_is_seen() -> None:
    """NaN as Python writes it, half of a surrogate pair, and an array for an object."""
    text = json.dumps(event("identify", traits={"email": "jo@gmail.com", "age": float("nan")}, x="\ud800", context=[]))

    assert Finding("free_mail", "traits.email") in Checker().check(text.encode(), LATEST).findings
