"""Rules of which a part would never act, or act otherwise the second time, are refused with line and reason."""

import json
from itertools import pairwise, product
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamdata_relay.privacy.rules import rules_of
from rules_compiler import RulesInvalid, compiled
from rules_compiler.compiling import MOST_PATHS_IN_ALL
from rules_compiler.paths import ANY, ANY_DEPTH, ITEM, Steps, covers, may_be_one, steps_of
from tests.privacy import compiled as compiled_by_hand
from tests.unit.rules_files import of_rules

CONSENT = "require_consent: {category: ads, at: context.consent}"
DEGRADED = "require_consent: {category: ads, at: context.consent, otherwise: company_level}"
ORDERS = "match: {event: 'Order *'}"
SHOP = "match: {key: shop}"
CUT = "do: [{truncate_ip: context.ip}]"


class Refused(NamedTuple):
    """Rules, a line each from line 3 on, that are refused in ``line`` with ``reason``."""

    rules: tuple[str, ...]
    line: int
    reason: str


CONSENT_TAKEN = [
    Refused((f"{CONSENT}, do: [{action}]",), 3, "tells the consent of line 3")
    for action in (
        "{drop: context.consent}",
        "{drop: context}",
        "{drop: context.consent.ads}",
        "{drop: '**.ads'}",
        "{drop: context.*.ads}",
        "{allow_only: {at: context, members: [ip]}}",
        "{allow_only: {at: context.consent, members: [email]}}",
        "{allow_only: {at: context.consent.ads, members: [email]}}",
        "{hash: context.consent}",
        "{truncate: {at: context, characters: 9}}",
        "{set: {at: context.consent, to: null}}",
        "{set: {at: context.consent.ads, to: true}}",
    )
]
REFUSED = [
    *CONSENT_TAKEN,
    Refused((CONSENT, "do: [{drop: context.consent}]"), 4, "tells the consent of line 3"),
    Refused(("do: [{drop: context.consent}]", CONSENT), 3, "tells the consent of line 4"),
    Refused(("match: {source: queue}, do: [{drop: context}]", f"match: {{source: http}}, {CONSENT}"), 3, "the consent"),
    Refused(("require_consent: {category: ads, at: context.consent.ads}",), 3, "leave it out here"),
    Refused((DEGRADED, "require_consent: {category: b, at: properties.consent}"), 4, "company_level of line 3 keeps"),
    Refused((DEGRADED, "require_consent: {category: email, at: context.consent}"), 4, "company_level of line 3 keeps"),
    Refused((CONSENT, DEGRADED), 4, "never at company level: for the same consent line 3 drops the event"),
    # Names of events.
    Refused(("do: [{set: {at: event, to: Order Done}}]", f"{ORDERS}, do: [{{drop_event: true}}]"), 3, "line 4 matches"),
    Refused(("do: [{hash: event}]", f"{ORDERS}, {CUT}"), 3, "hash takes or changes the event's name"),
    Refused(("do: [{drop: '**.event'}]", f"{ORDERS}, {CUT}"), 3, "drop takes or changes the event's name"),
    Refused(("match: {type: page, event: Home}, do: [{drop: context.ip}]",), 3, "only a track has an event's name"),
    # Events that are gone.
    Refused((f"{ORDERS}, do: [{{drop_event: true}}]", f"match: {{event: Order Done}}, {CUT}"), 4, "line 3 drops every"),
    Refused(
        (f"match: {{event: 'Order D*', type: track}}, {CUT}", f"{ORDERS}, do: [{{drop_event: true}}]"), 3, "line 4"
    ),
    Refused((f"{SHOP}, {CUT}", "match: {source: [http, sns]}, do: [{drop_event: true}]"), 3, "line 4 drops every"),
    Refused(("do: [{drop_event: true}]", "do: [{drop_event: true}]"), 4, "line 3 drops every"),
    # Values that are gone.
    Refused(("do: [{drop: context.ip}, {truncate_ip: context.ip}]",), 3, "truncate_ip finds nothing here"),
    Refused(("do: [{drop: context}]", f"{SHOP}, {CUT}"), 4, "drop in line 3 removes it before"),
    Refused(("do: [{drop: '**.ip'}]", CUT), 4, "drop in line 3 removes it before"),
    Refused(("do: [{drop: traits}, {allow_only: {at: traits, members: [email]}}]",), 3, "allow_only finds nothing"),
    Refused(("do: [{drop: traits}, {set: {at: traits.a, to: 1}}]",), 3, "set finds nothing"),
    Refused(("do: [{allow_only: {at: traits, members: [email]}}, {hash: traits.phone}]",), 3, "allow_only in line 3"),
    Refused((CUT, "do: [{drop: context.ip}]"), 3, "truncate_ip is in vain: drop in line 4 removes its value"),
    Refused(("do: [{set: {at: a.b, to: 1}}, {drop: a.b}]",), 3, "set is in vain"),
    Refused(("do: [{hash: a.b}, {set: {at: a.b, to: 1}}]",), 3, "hash is in vain: set in line 3 overwrites its value"),
    Refused(("do: [{set: {at: a.b, to: 2}}, {set: {at: a.b, to: 1}}]",), 3, "set is in vain"),
    # Values that two transform.
    *(
        Refused((f"do: [{{{first}}}, {{{second}}}]",), 3, "change one value")
        for first, second in (
            ("hash: traits.email", "pseudonymise: traits.email"),
            ("pseudonymise: traits.email", "hash: traits.email"),
            ("pseudonymise_email: traits.email", "pseudonymise: traits.email"),
            ("truncate_ip: context.ip", "hash: context.ip"),
            ("mask: traits.card", "truncate: {at: traits.card, characters: 5}"),
            ("mask: {at: traits.card, keep_last: 4}", "mask: {at: traits.card, keep_last: 2}"),
            ("strip_query: {at: a.url, keep: utm_*}", "truncate: {at: a.url, characters: 50}"),
            ("hash: traits.email", "mask: traits.*"),
            ("pseudonymise_email: '**.email'", "hash: traits.email"),
            ("hash: traits", "mask: traits.card"),
            ("hash: traits", "mask: '**.card'"),
            ("mask: 'a.*.c'", "hash: 'a.**.c'"),
            ("mask: 'a[].c'", "hash: 'a.*.c'"),
        )
    ),
    Refused(("do: [{hash: userId}]", f"{SHOP}, do: [{{mask: userId}}]"), 4, "mask and hash (line 3) change one value"),
    Refused(
        ("match: {source: http}, do: [{hash: userId}]", "match: {source: queue}, do: [{mask: userId}]"), 4, "one value"
    ),
    Refused((DEGRADED, "do: [{hash: traits.email}]"), 4, "hash and company_level (line 3) change one value"),
    Refused(("do: [{hash: userId}]", DEGRADED), 3, "hash and company_level (line 4) change one value"),
    # Members are no paths.
    Refused(("do: [{allow_only: {at: traits, members: [address.city]}}]",), 3, "members are no paths"),
    Refused(("do: [{allow_only: {at: traits, members: ['utm_*']}}]",), 3, "members are no paths"),
]

ALLOWED = (
    # Consent is asked for again only where its absence counts.
    ("require_consent: {category: ads, at: context.consent, missing: allow}, do: [{drop: context.consent}]",),
    (f"{CONSENT}, do: [{{drop: context.consents}}, {{drop: context.consent.note}}]",),
    (f"{CONSENT}, do: [{{allow_only: {{at: context, members: [consent, ip]}}}}]",),
    (f"match: {{type: page}}, {CONSENT}", "match: {type: track}, do: [{drop: context}]"),
    (DEGRADED, "require_consent: {category: analytics, at: context.consent}"),
    ("require_consent: {category: ads, at: traits.consent, otherwise: company_level}",),
    (f"match: {{key: shop}}, {CONSENT}", DEGRADED),
    # A rule may change the name it goes by, and a name that others go by if they act anyway.
    ("match: {event: Order Done}, do: [{set: {at: event, to: Order Completed}}]",),
    ("match: {event: Order Done}, do: [{set: {at: event, to: Order Completed}}]", f"{ORDERS}, {CUT}"),
    ("match: {event: 'Secret *'}, do: [{hash: event}]",),
    (
        "match: {type: group}, do: [{set: {at: event, to: Order}}]",
        "match: {event: Order, type: track}, do: [{drop: a}]",
    ),
    # Exceptions: the narrower rule.
    (f"{SHOP}, do: [{{drop: context.ip}}]", CUT),
    (CUT, f"{SHOP}, do: [{{drop: context.ip}}]"),
    ("do: [{set: {at: a.b, to: 1}}]", f"{SHOP}, do: [{{set: {{at: a.b, to: 2}}}}]"),
    (f"{SHOP}, do: [{{drop_event: true}}]", f"match: {{source: http}}, {CUT}"),
    ("do: [{drop: a.b}, {set: {at: a.b, to: 1}}]",),
    ("do: [{allow_only: {at: a, members: [c]}}, {set: {at: a.b, to: 1}}]",),
    # Twice the same is once.
    (CUT, f"{SHOP}, {CUT}"),
    ("do: [{drop: context.device}, {allow_only: {at: context, members: [ip]}}, {drop: context.device.id}]",),
    ("do: [{truncate: {at: a.b, characters: 9}}, {truncate: {at: a.b, characters: 5}}]",),
    ("do: [{truncate: {at: a.b, characters: 9}}, {strip_query: a.b}]",),
    ("do: [{strip_query: a.b}, {truncate: {at: a.b, characters: 9}}]",),
    # Never in one event.
    ("match: {type: page}, do: [{hash: userId}]", "match: {type: track}, do: [{mask: userId}]"),
    ("match: {key: a}, do: [{hash: userId}]", "match: {key: b}, do: [{mask: userId}]"),
    ("match: {event: 'a*'}, do: [{hash: userId}]", "match: {event: 'b*'}, do: [{mask: userId}]"),
    ("do: [{hash: traits.phone}, {pseudonymise_email: '**.email'}, {mask: 'a[].x'}, {truncate_ip: 'a[].y'}]",),
    ("""do: [{allow_only: {at: traits, members: ['"address.city"', email]}}]""",),
)


@pytest.mark.parametrize("refused", REFUSED, ids=lambda refused: " ".join(refused.rules))
def test_rules_in_conflict_are_refused_with_line_and_reason(refused: Refused) -> None:
    with pytest.raises(RulesInvalid) as raised:
        compiled(of_rules(*refused.rules).encode())
    found = raised.value.problems
    assert {problem.line for problem in found} == {refused.line}
    assert all(refused.reason in problem.reason for problem in found), found


@pytest.mark.parametrize("rules", ALLOWED, ids=" ".join)
def test_rules_whose_order_gives_them_a_meaning_are_compiled(rules: tuple[str, ...]) -> None:
    assert compiled(of_rules(*rules).encode())


def test_a_file_has_no_more_paths_than_can_be_compared() -> None:
    """Each with all others: the time grows with the square."""
    paths = ",".join(f"a.b{number}" for number in range(100))
    rules = [f"  - {{name: r{number}, do: [{{drop: [{paths}]}}]}}\n" for number in range(MOST_PATHS_IN_ALL // 100)]
    assert compiled(("version: 1\nrules:\n" + "".join(rules)).encode())
    one_more = "  - {name: more, do: [{drop: a}]}\n"
    with pytest.raises(RulesInvalid, match="more than 500 paths"):
        compiled(("version: 1\nrules:\n" + "".join(rules) + one_more).encode())


NAMES = st.sampled_from(["a", "b", ANY, ANY_DEPTH, ITEM])
STEPS = (
    st.lists(NAMES, min_size=1, max_size=5)
    .filter(lambda steps: steps[-1] != ANY_DEPTH and (ANY_DEPTH, ANY_DEPTH) not in set(pairwise(steps)))
    .map(Steps)
)
PLACES = [list(place) for length in range(1, 7) for place in product(["a", "b", 0], repeat=length)]


def named(steps: Steps, place: list[Any]) -> bool:
    """Whether the path names a place; an item is its number."""
    if not steps or not place:
        return not steps and not place
    if steps[0] == ANY_DEPTH:
        return any(named(Steps(steps[1:]), place[skipped:]) for skipped in range(len(place)))
    fits = steps[0] in (ANY, place[0]) or (steps[0] == ITEM and place[0] == 0)
    return fits and named(Steps(steps[1:]), place[1:])


@given(STEPS, STEPS)
def test_what_two_paths_have_in_common_is_what_the_places_say_that_they_name(one: Steps, other: Steps) -> None:
    of_one = [place for place in PLACES if named(one, place)]
    of_other = [place for place in PLACES if named(other, place)]
    if len(one) + len(other) <= 6:
        assert may_be_one(one, other) == may_be_one(other, one) == any(place in of_other for place in of_one)
    within = {tuple(place[:length]) for place in of_one for length in range(1, 7)} & {tuple(place) for place in of_one}
    if covers(one, other):
        assert all(any(tuple(place[:length]) in within for length in range(1, 7)) for place in of_other)


@pytest.mark.parametrize(
    ("one", "other", "is_covered"),
    [
        ("a", "a", True),
        ("a", "a.b", True),
        ("a.b", "a", False),
        ("a.*", "a.b.c", True),
        ("a.*", "a[]", True),
        ("a[]", "a.*", False),
        ("**.b", "a.**.b", True),
        ("**.b", "a.b.c", True),
        ("a.**.b", "**.b", False),
        ("a.**.b", "a.b", True),
        ("a.**.c.**.d", "a.b.c.**.d", True),
        ("*.b", "**.b", False),
    ],
)
def test_a_path_covers_what_it_names_and_what_stands_in_that(one: str, other: str, is_covered: bool) -> None:
    assert covers(Steps(steps_of(one)), steps_of(other)) is is_covered


PATHS = (
    *("userId", "anonymousId", "event", "traits", "traits.email", "traits.*", "'**.email'", "context", "context.ip"),
    *("context.consent", "context.consent.ads", "properties.url", "properties.ip", "'properties.**.ip'", "'a[].b'"),
)
ONE = st.sampled_from(PATHS)
ACTIONS = st.one_of(
    st.tuples(
        st.sampled_from(["drop", "hash", "pseudonymise", "pseudonymise_email", "truncate_ip", "strip_query"]), ONE
    ),
    st.tuples(st.just("strip_query"), ONE.map(lambda at: f"{{at: {at}, keep: utm_*}}")),
    st.tuples(st.just("mask"), st.builds("{{at: {}, keep_last: {}}}".format, ONE, st.sampled_from([0, 3]))),
    st.tuples(st.just("truncate"), st.builds("{{at: {}, characters: {}}}".format, ONE, st.sampled_from([4, 25]))),
    st.tuples(st.just("allow_only"), ONE.map(lambda at: f"{{at: {at}, members: [email, consent, ip, ads]}}")),
    st.tuples(
        st.just("set"),
        st.builds("{{at: {}, to: {}}}".format, ONE, st.sampled_from(["Order Done", "Other", "true", "null", "1.20"])),
    ),
).map(lambda action: f"{{{action[0]}: {action[1]}}}")
MATCHES = ("", "match: {event: 'Order *'}, ", "match: {type: page}, ", "match: {event: Other}, ")
CONSENTS = st.builds(
    "require_consent: {{category: {}, at: {}, otherwise: {}, missing: {}}}".format,
    st.sampled_from(["ads", "email"]),
    st.sampled_from(["context.consent", "traits", "properties"]),
    st.sampled_from(["drop_event", "company_level"]),
    st.sampled_from(["deny", "allow"]),
)
RULES = st.builds(
    "{}{}".format,
    st.sampled_from(MATCHES),
    st.one_of(
        st.lists(ACTIONS, min_size=1, max_size=3).map(lambda actions: f"do: [{', '.join(actions)}]"),
        CONSENTS,
        st.just("do: [{drop_event: true}]"),
    ),
)
VALUES = st.sampled_from(
    [*("a@acme.com", "192.0.2.77", "https://a.com/p?utm_a=b&c=d#e", "1234567", "", "é"), True, False, None, 12.5]
)
EVENTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "page"]), "userId": st.just("user-1234")},
    optional={
        "anonymousId": st.just("anonymous-1234"),
        "event": st.sampled_from(["Order Done", "Other", "Ordering"]),
        "traits": st.dictionaries(st.sampled_from(["email", "phone", "ads", "consent"]), VALUES),
        "context": st.fixed_dictionaries(
            {},
            optional={
                "ip": VALUES,
                "consent": st.dictionaries(st.sampled_from(["ads", "email"]), st.booleans()),
                "email": VALUES,
            },
        ),
        "properties": st.dictionaries(st.sampled_from(["url", "ip", "ads", "email"]), VALUES),
        "a": st.lists(st.dictionaries(st.sampled_from(["b", "email"]), VALUES), max_size=2),
    },
)


@given(st.lists(RULES, min_size=1, max_size=3), EVENTS)
def test_what_is_compiled_does_nothing_more_when_an_event_meets_it_again(rules: list[str], event: object) -> None:
    try:
        made = rules_of(compiled(of_rules(*rules).encode()))
    except RulesInvalid:
        return
    assert made
    keys = compiled_by_hand.keys()
    once = made.judged(json.dumps(event).encode(), "http:shop", keys)
    if once.text is not None:
        assert made.judged(once.text, "http:shop", keys).text == once.text
