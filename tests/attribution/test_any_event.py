"""Whatever JSON an event is: judging it never raises, gives no value of it away, and says the same again."""

import ipaddress
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dreamdata_relay.attribution.addresses import is_public
from dreamdata_relay.attribution.checking import Checker
from dreamdata_relay.attribution.facts import facts_of
from dreamdata_relay.attribution.many_events import ManyEvents
from dreamdata_relay.attribution.reading import Event, event_of
from dreamdata_relay.attribution.rules import BY_NAME
from dreamdata_relay.attribution.stitching import Stitching
from dreamdata_relay.events.typed_fields import UNREADABLE
from tests.attribution.corpus import BROKEN, KEPT, LATEST, OWN, text_of
from tests.examples import examples

CHECKER = Checker(own_domains=OWN)
PATHS = {path for all_ in BROKEN.values() for _, listed in all_ for path in listed.split(", ")}
NAMES = [
    "type", "userId", "anonymousId", "previousId", "groupId", "event", "timestamp", "originalTimestamp", "traits",
    "properties", "context", "email", "domain", "website", "name", "ip", "page", "campaign", "url", "referrer",
    "source", "medium", "currency", "revenue", "stageId", "stageName", "stageValue", "total", "value", "amount", "x",
]  # fmt: skip
STRINGS = [
    "track", "identify", "page", "group", "alias", "screen", "null", "0", "jo@gmail.com", "jo@acme.io", "10.0.0.1",
    "me@sender.example", "24.5.68.47", "::1", "%", ":", "https://a.b/?utm_source=x&email=jo", "https://a.b/?q=a%40b.io",
    "Order 4711",
    "2026-11-28T22:00:00.000Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "1970-01-01", "\ud800", "é\0", "", " ",
]  # fmt: skip
LEAVES = st.one_of(
    st.sampled_from(STRINGS),
    st.text(max_size=12),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)),
    max_leaves=14,
)
OBJECTS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8)
PLANTED = st.sampled_from(
    [*(found for all_ in BROKEN.values() for found, _ in all_), *(found for all_ in KEPT.values() for found in all_)]
)
EVENTS = st.one_of(OBJECTS, st.tuples(PLANTED, OBJECTS).map(lambda both: both[0] | both[1]))


@settings(max_examples=examples(400), deadline=None)
@given(st.one_of(EVENTS, VALUES))
@example({"type": "track", "event": "x" * 10_000, "userId": 10**400})
def test_judging_never_raises_and_tells_only_rules_and_paths(value: Any) -> None:
    text = text_of(value)
    found = CHECKER.check(text, LATEST)

    assert {finding.rule for finding in found.findings} <= set(BY_NAME)
    assert {finding.path for finding in found.findings} <= PATHS | {"originalTimestamp"}
    assert found == CHECKER.check(text, LATEST), "it says the same again"
    assert all(BY_NAME[finding.rule].found for finding in found.findings)


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(EVENTS, max_size=6))
def test_counting_many_never_raises_and_keeps_no_text(values: list[Any]) -> None:
    many, stitching = ManyEvents(), Stitching(4)
    for value in values:
        facts = facts_of(text_of(value))
        many.add(facts)
        stitching.add(facts, CHECKER.verdict(facts, LATEST))

    assert {finding.rule for finding in many.findings()} <= {"shared_anonymous_id", "too_many_event_names"}
    assert stitching.contacts() + stitching.companies() <= 2 * len(values)


@settings(max_examples=examples(150), deadline=None)
@given(EVENTS)
def test_reading_each_member_by_itself_reads_the_same(value: Any) -> None:
    """The careful reader agrees with the fast one wherever that one can read."""
    text = text_of(value)
    fast = event_of(text)
    # A member of a type that no event has makes the fast reader give up.
    slow = event_of(text_of({**value, "timestamp": {}})) if "timestamp" not in value else fast

    assert slow == fast


@settings(max_examples=examples(500), deadline=None)
@given(st.binary(max_size=200))
def test_bytes_that_are_no_json_are_no_event(text: bytes) -> None:
    try:
        json.loads(text)
    except (*UNREADABLE, ValueError):
        assert event_of(text) == Event()


@settings(max_examples=examples(400), deadline=None)
@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_an_address_is_public_as_the_registries_say(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    inner = (address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None) or address
    # Parts of these two blocks were given away; nobody's visitors are there.
    blocks = [ipaddress.ip_network(block) for block in ("192.0.0.0/24", "192.88.99.0/24")]
    if not any(inner in block for block in blocks):
        assert is_public(str(address)) == (inner.is_global and not inner.is_multicast)


HOSTILE: dict[str, Callable[[int], Any]] = {
    "a long email": lambda size: {"type": "identify", "userId": "u", "traits": {"email": "a@" * size}},
    "a domain of dots": lambda size: {"type": "identify", "userId": "u", "traits": {"email": "a@" + "b." * size}},
    "a long query": lambda size: {"type": "page", "context": {"page": {"url": "?" + "&user_" * size}}},
    "a query of signs": lambda size: {"type": "page", "context": {"page": {"url": "?" + "%40" * size + "@a." * size}}},
    "a long name": lambda size: {"type": "track", "userId": "u", "event": "a1-" * size},
    "a name of digits": lambda size: {"type": "track", "userId": "u", "event": "2020" * size},
    "a long id": lambda size: {"type": "track", "userId": " " * size + "null"},
    "a long address": lambda size: {"type": "page", "anonymousId": "a", "context": {"ip": ":" * size}},
    "a long timestamp": lambda size: {"type": "track", "userId": "u", "timestamp": "0" * size},
    "a long fraction": lambda size: {"type": "track", "userId": "u", "timestamp": f"2026-01-01T00:00:00.{'0' * size}"},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_event_is_judged(name: str) -> None:
    """Were a pattern to go back and forth over it, the time of the test would not be enough."""
    assert CHECKER.check(text_of(HOSTILE[name](150_000)), LATEST).campaign is not None


def test_an_event_that_nests_too_deep_for_the_reader_is_judged() -> None:
    text = b'{"type":"track","userId":"null","x":' + b"[" * 200_000 + b"]" * 200_000 + b"}"

    assert [finding.rule for finding in CHECKER.check(text, LATEST).findings] == ["anonymous_without_ip", "literal_id"]


def test_no_rule_holds_a_value() -> None:
    """The texts that are shown are this project's own, for every event of the corpus."""
    for all_ in BROKEN.values():
        for value, _ in all_:
            told = json.dumps([*CHECKER.check(text_of(value), LATEST).findings])
            assert not re.search(r"4711|acme|gmail|shop\.example|jo\b", told)
