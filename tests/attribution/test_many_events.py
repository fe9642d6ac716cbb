"""The rules that take many events, and how events are tied and counted."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamdata_relay.attribution.checking import Checker
from dreamdata_relay.attribution.facts import facts_of
from dreamdata_relay.attribution.many_events import ManyEvents
from dreamdata_relay.attribution.readiness import OTHER, BySource, Readiness
from dreamdata_relay.attribution.stitching import Stitching
from tests.attribution.corpus import LATEST, URL, event, of, text_of, track
from tests.examples import examples

SHARED, NAMED = ("shared_anonymous_id", "anonymousId"), ("too_many_event_names", "event")


def found(events: Iterable[Any]) -> list[tuple[str, str]]:
    """What is found of all of them together."""
    many = ManyEvents()
    for one in events:
        many.add(facts_of(text_of(one)))
    return [(finding.rule, finding.path) for finding in many.findings()]


def someone(anonymous: str, user: str | None = None, ip: str = "24.5.68.47") -> dict[str, Any]:
    return event("page", userId=user, anonymousId=anonymous, context={"ip": ip, "page": {"url": URL}})


def test_an_anonymous_id_that_most_events_have_is_everybodys() -> None:
    assert found([someone("backend")] * 100) == [SHARED]
    assert found([someone("backend"), someone("other")] * 100) == [SHARED]


def test_a_constant_that_says_neither_who_nor_where_is_everybodys() -> None:
    """As a backend writes it that has no visitor; a single visitor has a userId or an address."""
    for ip in ("", "10.0.0.7"):
        assert found([someone("server", ip=ip)] * 20) == [SHARED]
        assert found([someone("server", ip=ip)] * 19) == []
    assert found([someone("a")] * 20) == []
    assert found([someone("server", ip="")] * 20 + [someone(f"a-{number}") for number in range(21)]) == []


def test_a_visitor_with_many_events_among_others_is_not_everybody() -> None:
    assert found([someone("a")] * 99) == []
    assert found([someone("busy")] * 90 + [someone(f"a-{number}") for number in range(110)]) == []


def test_an_anonymous_id_of_many_people_is_everybodys_however_few_the_events() -> None:
    assert found(someone("a", f"u-{number}") for number in range(5)) == [SHARED]
    assert found(someone("a", ip=f"24.5.68.{number}") for number in range(5)) == [SHARED]


def test_a_device_that_a_family_shares_is_not_everybodys() -> None:
    assert found([someone("a", f"u-{number % 3}") for number in range(60)]) == []
    assert found(someone(f"a-{number}", f"u-{number}") for number in range(1_000)) == []


def test_a_shared_id_is_found_among_any_number_of_others() -> None:
    """What is kept of ids is bounded, and the one that counts is not lost."""
    others = (someone(f"a-{number}") for number in range(3_000))
    events = (one for other in others for one in (other, someone("backend"), someone("backend")))

    assert found(events) == [SHARED]


def test_a_literal_id_is_no_shared_one() -> None:
    """It has a rule of its own."""
    assert found([someone("null")] * 200) == []


def test_names_without_end_are_found() -> None:
    assert found(track(f"Viewed {chr(97 + n // 26)}{chr(97 + n % 26)}") for n in range(101)) == [NAMED]
    assert found(track(f"Viewed {chr(97 + n // 26)}{chr(97 + n % 26)}") for n in range(100)) == []
    assert found(track("Viewed") for _ in range(500)) == []


def tied(events: Iterable[Any], most: int = 1_000) -> tuple[int, int]:
    """How many events reach a contact, and a company, by others."""
    stitching, checker = Stitching(most), Checker()
    for one in events:
        facts = facts_of(text_of(one))
        stitching.add(facts, checker.verdict(facts, LATEST))
    return stitching.contacts(), stitching.companies()


USER: dict[str, Any] = {"userId": "u-1"}
NOWHERE: dict[str, Any] = {"context": {}}
KNOWN = event("identify", **USER, **NOWHERE)
UNKNOWN = event("track", **USER, **NOWHERE)


@pytest.mark.parametrize(
    ("events", "reached"),
    [
        ([KNOWN, UNKNOWN, UNKNOWN], (2, 2)),
        ([UNKNOWN, UNKNOWN, KNOWN], (2, 2)),
        ([UNKNOWN, event("identify", userId="u-2", **NOWHERE)], (0, 0)),
        ([UNKNOWN, event("identify", **USER, traits={"email": "jo@gmail.com"}, **NOWHERE)], (1, 0)),
        ([UNKNOWN, event("group", **USER, **NOWHERE)], (0, 1)),
        ([someone("u-1", ip=""), KNOWN], (0, 0)),
        ([someone("a", ip=""), event("track", anonymousId="a", **USER, **NOWHERE), KNOWN], (2, 2)),
        ([KNOWN, event("track", anonymousId="a", **USER, **NOWHERE), someone("a", ip="")], (2, 2)),
        ([of("24.5.68.47"), someone("8a1f", ip="")], (0, 0)),
        ([event("track", userId="null", **NOWHERE), event("identify", userId="null", **NOWHERE)], (0, 0)),
    ],
)
def test_events_of_one_person_are_tied_in_any_order(events: list[Any], reached: tuple[int, int]) -> None:
    assert tied(events) == reached


def test_what_is_remembered_is_bounded() -> None:
    events = [event("track", userId=f"u-{number}", **NOWHERE) for number in range(50)]
    stitching, checker = Stitching(10), Checker()
    for one in events:
        facts = facts_of(text_of(one))
        stitching.add(facts, checker.verdict(facts, LATEST))

    assert stitching.is_full
    assert tied([*events, event("identify", userId="u-49", **NOWHERE)], 10) == (0, 0)
    assert tied([*events, event("identify", userId="u-3", **NOWHERE)], 10) == (1, 1)


# A userId, an anonymousId, and whether it comes with an email.
PEOPLE = st.tuples(st.sampled_from("  abcd"), st.sampled_from("  wxyz"), st.booleans()).filter(
    lambda one: one[:2] != (" ", " ")
)


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(PEOPLE, max_size=12))
def test_whoever_has_an_id_in_common_is_one_person(people: list[tuple[str, str, bool]]) -> None:
    """Against a plain search through all pairs."""
    events = [
        event(
            "identify", userId=user.strip() or None, anonymousId=anonymous.strip() or None,
            traits={"email": "jo@acme.io"} if known else {}, **NOWHERE,
        )
        for user, anonymous, known in people
    ]  # fmt: skip
    ids = [{name for name in (user, anonymous.upper()) if name.strip()} for user, anonymous, _ in people]
    known = set[str]().union(*(found for found, (*_, is_known) in zip(ids, people, strict=True) if is_known))
    while any(found & known and not found <= known for found in ids):
        known |= set[str]().union(*(found for found in ids if found & known))
    waiting = sum(bool(found & known) for found, (*_, is_known) in zip(ids, people, strict=True) if not is_known)

    assert tied(events)[0] == waiting


def test_readiness_is_the_share_of_events_by_target() -> None:
    readiness, checker = Readiness(), Checker()
    given = [KNOWN, UNKNOWN, event("track", userId="null", **NOWHERE), track("Order 4711", revenue=5)]
    for one in given:
        readiness.add(checker.check(text_of(one), LATEST))
    contact = readiness.reached["contact"]

    assert (contact.directly, contact.indirectly, contact.not_at_all) == (1, 2, 1)
    assert (contact.share, contact.possible) == (0.25, 0.75)
    contact.tied = 2
    assert contact.share == 0.75
    assert readiness.by_rule["id_in_event_name"] == 1
    assert (readiness.events, readiness.with_findings) == (4, 2)


def test_an_event_counts_once_for_a_rule() -> None:
    readiness = Readiness()
    readiness.add(Checker().check(text_of(event("group", traits={})), LATEST))

    assert readiness.by_rule == {"group_without_company": 1}


def test_nothing_counted_is_a_share_of_none() -> None:
    assert Readiness().reached["company"].share == 0


def test_sources_beyond_the_most_are_counted_together() -> None:
    sources = BySource(2)
    for name in ("a", "b", "c", "d", "a"):
        sources.of(name).events += 1

    assert {name: found.events for name, found in sources.all().items()} == {"a": 2, "b": 1, OTHER: 2}
