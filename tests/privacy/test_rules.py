"""Which rules match, which one drops, what a consent decides, and which compiled rules are refused."""

import json
from typing import Any

import pytest

from dreamdata_relay.errors import NotJson, RulesUnusable
from dreamdata_relay.privacy.rules import rules_of
from tests.privacy.compiled import action, keys, path, rule, rules, text_of

DROP = action("drop", path("userId"))
EVENT = '{"type":"track","event":"Order Completed","userId":"u","context":{"device":{"type":"page"}}}'


@pytest.mark.parametrize(
    ("conditions", "source", "matches"),
    [
        ({}, "queue", True),
        ({"types": ["page", "track"]}, "queue", True),
        ({"types": ["page"]}, "queue", False),
        ({"events": ["Order *"]}, "queue", True),
        ({"events": ["*"]}, "queue", True),
        ({"events": ["* Comp*ed"]}, "queue", True),
        ({"events": ["order *"]}, "queue", False),
        ({"events": ["Order"]}, "queue", False),
        ({"events": ["Order.Completed"]}, "queue", False),
        ({"keys": ["shop"]}, "http:shop", True),
        ({"keys": ["shop"]}, "http:blog", False),
        ({"keys": ["shop"]}, "queue", False),
        ({"keys": ["a:b"]}, "http:a:b", True),
        ({"sources": ["http"]}, "http:shop", True),
        ({"sources": ["http"]}, "sns", False),
        ({"types": ["track"], "events": ["Order *"], "keys": ["shop"], "sources": ["http"]}, "http:shop", True),
        ({"types": ["track"], "events": ["Order *"], "keys": ["shop"], "sources": ["sns"]}, "http:shop", False),
        ({"types": []}, "queue", False),
    ],
)
def test_every_condition_has_to_hold(conditions: dict[str, Any], source: str, matches: bool) -> None:
    for spelled in (EVENT, EVENT.replace('"type"', '"t\\u0079pe"', 1)):
        found = rules(rule(DROP, **conditions)).judged(spelled.encode(), source, None)

        assert (
            found == (spelled.replace('"userId":"u",', "").encode(), None, ("r",)) if matches else (spelled, None, ())
        )


@pytest.mark.parametrize(
    "others", ['"type":"page",', '"type":"p\\u0061ge",', '"t\\u0079pe":"page",', '"type" : "page" , ']
)
@pytest.mark.parametrize("where", ["before", "after"])
def test_a_doubled_type_is_no_way_around_a_rule(others: str, where: str) -> None:
    text = "{" + others + EVENT[1:] if where == "before" else EVENT[:-1] + "," + others.rstrip(", ") + "}"

    for kind in ("page", "track"):
        assert rules(rule(DROP, types=[kind])).judged(text.encode(), "queue", None).changed == ("r",)
    assert rules(rule(DROP, types=["alias"])).judged(text.encode(), "queue", None).changed == ()


def test_a_doubled_event_name_is_no_way_around_a_rule() -> None:
    text = EVENT[:-1] + ',"event":"Other"}'

    for name in ("Order *", "Other"):
        assert rules(rule(DROP, events=[name])).judged(text.encode(), "queue", None).changed == ("r",)


def test_the_first_rule_that_drops_is_named_and_nothing_else_happens() -> None:
    made = rules(
        rule(action("pseudonymise", path("userId")), name="a"),
        rule(action("drop_event"), name="b", types=["page"]),
        rule(DROP, action("drop_event"), name="c"),
        rule(action("drop_event"), name="d"),
    )

    assert made.judged(EVENT.encode(), "queue", None) == (None, "c", ())


def test_rules_are_matched_by_the_event_as_it_came_and_act_in_their_order() -> None:
    made = rules(
        rule(action("set", path("event"), to='"Other"'), name="a"),
        rule(action("truncate", path("event"), characters=2), name="b", events=["Order *"]),
        rule(DROP, name="c", events=["Other"]),
    )

    found = made.judged(EVENT.encode(), "queue", None)

    assert found == (EVENT.replace("Order Completed", "Ot").encode(), None, ("a", "b"))


CONSENT = {"category": "marketing", "at": ["context", "consent"], "otherwise": "drop_event"}


@pytest.mark.parametrize(
    ("consent", "given"),
    [
        ('{"marketing":true}', True),
        ('{"marketing":false}', False),
        ('{"marketing":"true"}', False),
        ('{"marketing":1}', False),
        ('{"marketing":null}', False),
        ('{"other":true}', False),
        ("{}", False),
        ("true", False),
        ('["marketing"]', False),
        ('{"marketing":true,"marketing":false}', False),
        ('{"marketing":false,"m\\u0061rketing":true}', False),
        ('{"marketing":true,"marketing" : true}', True),
        ('{"marketing":true},"consent":{}', False),
        ('{"marketing":true},"consent":null', False),
    ],
)
def test_consent_is_true_in_every_place_where_it_stands(consent: str, given: bool) -> None:
    event = '{"type":"page","userId":"u","context":{"consent":' + consent + "}}"

    for missing in ("deny", "allow"):
        found = rules(rule(consent={**CONSENT, "missing": missing})).judged(event.encode(), "queue", None)
        assert found == ((event.encode(), None, ()) if given else (None, "r", ()))


@pytest.mark.parametrize("context", ["{}", "null", '{"consent":null}', "1"])
def test_without_the_object_the_rule_says_what_counts(context: str) -> None:
    event = ('{"type":"page","userId":"u","context":' + context + "}").encode()

    assert rules(rule(consent=CONSENT)).judged(event, "queue", None).text is None
    assert rules(rule(consent={**CONSENT, "missing": "allow"})).judged(event, "queue", None).text == event


def test_at_company_level_the_person_goes_and_the_company_stays() -> None:
    event = {
        "type": "identify",
        "messageId": "m",
        "timestamp": "2026-11-23T12:00:00.000Z",
        "userId": "person-1",
        "anonymousId": "person-2",
        "email": "person-3@acme.com",
        "traits": {"email": "Person-4@acme.com", "name": "person-5", "company": {"name": "Acme"}, "industry": "x"},
        "context": {
            "ip": "83.1.2.77",
            "traits": {"phone": "person-6"},
            "device": {"id": "person-7"},
            "page": {"url": "https://x.y/p?utm_a=1&e=person-8#person-9", "search": "?person-10"},
            "location": {"country": "DK", "latitude": "person-11"},
        },
        "properties": {"plan": "pro", "a": [{"phone": "person-12", "email": "person-13@acme.com"}]},
        "integrations": {"x": {"clientId": "person-14"}},
    }
    made = rules(rule(consent={**CONSENT, "otherwise": "company_level"}))
    ring = keys().ring()

    found = made.judged(json.dumps(event).encode(), "queue", keys())

    assert found.text is not None
    assert json.loads(found.text) == {
        "type": "identify",
        "messageId": "m",
        "timestamp": "2026-11-23T12:00:00.000Z",
        "anonymousId": ring.pseudonym("person-2"),
        "traits": {
            "email": ring.pseudonym("person-4") + "@acme.com",
            "company": {"name": "Acme"},
            "industry": "x",
        },
        "context": {
            "ip": "83.1.2.0",
            "traits": {},
            "page": {"url": "https://x.y/p?utm_a=1"},
            "location": {"country": "DK"},
        },
        "properties": {"plan": "pro", "a": [{"email": ring.pseudonym("person-13") + "@acme.com"}]},
    }
    assert found.changed == ("r",)
    assert made.judged(found.text, "queue", keys()).text == found.text


@pytest.mark.parametrize(
    ("event", "left"),
    [
        ({"type": "page", "userId": "u"}, ["userId"]),
        ({"type": "page", "userId": "u", "anonymousId": ""}, ["userId", "anonymousId"]),
        ({"type": "page", "userId": "u", "anonymousId": None}, ["userId", "anonymousId"]),
        ({"type": "page", "userId": "u", "anonymousId": "a"}, ["anonymousId"]),
        ({"type": "alias", "userId": "u", "previousId": "a"}, ["userId", "previousId"]),
        (
            {"type": "alias", "userId": "u", "previousId": "a", "anonymousId": "a"},
            ["userId", "previousId", "anonymousId"],
        ),
    ],
)
def test_at_company_level_an_event_keeps_an_id_that_is_a_pseudonym(event: dict[str, Any], left: list[str]) -> None:
    made = rules(rule(consent={**CONSENT, "otherwise": "company_level"}))

    found = json.loads(made.judged(json.dumps(event).encode(), "queue", keys()).text or b"")

    assert list(found) == ["type", *left]
    assert all(str(found[name]).startswith("psn_") for name in left if event[name])


def test_a_groups_name_stays_at_company_level() -> None:
    event = b'{"type":"group","groupId":"g","traits":{"name":"Acme","phone":"1"},"context":{"traits":{"name":"Jane"}}}'

    found = rules(rule(consent={**CONSENT, "otherwise": "company_level"})).judged(event, "queue", keys())

    assert found.text == b'{"type":"group","groupId":"g","traits":{"name":"Acme"},"context":{"traits":{}}}'


def test_without_rules_there_are_none() -> None:
    assert rules_of(text_of(version="", needs_keys=False)) is None


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[]",
        text_of(rule(DROP), format=2),
        text_of(rule(DROP), version=""),
        text_of(rule(DROP), more=1),
        text_of(rule(DROP, more=1)),
        text_of(rule(action("erase", path("a")))),
        text_of(rule(action("drop"))),
        text_of(rule(action("drop", []))),
        text_of(rule(action("drop", path("a"), more=1))),
        text_of(rule(action("truncate", path("a")))),
        text_of(rule(action("truncate", path("a"), characters=-1))),
        text_of(rule(action("mask", path("a"), keep_last=-1))),
        text_of(rule(action("set", path("a")))),
        text_of(rule(action("set", path("a"), to="{}"))),
        text_of(rule(action("set", path("a"), to="x"))),
        text_of(rule(consent={**CONSENT, "otherwise": "keep"})),
    ],
    ids=range(18),
)
def test_what_this_release_does_not_know_is_refused_as_a_whole(text: bytes) -> None:
    with pytest.raises(RulesUnusable):
        rules_of(text)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b'{"userId":',
        b'{"userId":1,',
        b'{"userId"}',
        b'{"userId":1',
        b'{"a":[1,,"userId"',
        b"5",
        b'["userId"]',
        b" ",
    ],
)
def test_what_is_not_json_is_never_returned(text: bytes) -> None:
    with pytest.raises(NotJson):
        rules(rule(DROP)).judged(text, "queue", None)
