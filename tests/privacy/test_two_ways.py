"""The quick way, which ordinary events take, and the exact one say the same of each event, byte for byte."""

import json
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamdata_relay.privacy.keys import KeyRing
from dreamdata_relay.privacy.rules import Rules
from tests.privacy.compiled import KEYS, action, keys, path, rule, rules
from tests.privacy.test_any_event import SOME_USUAL, SPACES, spelled

AT = [["context", "consent", "categoryPreferences"], ["context", "consent"], ["consent"], ["context"], ["*", "consent"]]
CATEGORIES = ["marketing", "consent", "type", "Ünïcode"]
NAMES = ["type", "event", "context", "consent", "categoryPreferences", "marketing", "Ünïcode", "x"]
KINDS = ["identify", "track", "page", "group"]
LEAVES = st.sampled_from(
    ["true", "true", "true", "false", "null", '"true"', "[]", "[true]", '"\\ud800"', '"marketing"']
)

CONSENTS = st.fixed_dictionaries(
    {
        "category": st.sampled_from(CATEGORIES),
        "at": st.sampled_from([path(*steps) for steps in AT]),
        "otherwise": st.sampled_from(["drop_event", "drop_event", "company_level"]),
        "missing": st.sampled_from(["deny", "allow"]),
    }
)


@st.composite
def members(draw: st.DrawFn, levels: int, odd: bool, space: str) -> str:
    """An object of some of the names, few of them doubled, few spelled by escapes."""
    names = draw(st.lists(st.sampled_from(NAMES), max_size=5, unique=not odd))
    texts = [f"{draw(spelled(name, odd))}{space}:{space}{draw(values(name, levels, odd, space))}" for name in names]
    return "{" + f"{space},{space}".join(texts) + "}"


@st.composite
def values(draw: st.DrawFn, name: str, levels: int, odd: bool, space: str) -> str:
    if not levels or draw(st.integers(0, 4)) == 0:
        return json.dumps(draw(st.sampled_from(KINDS))) if name == "type" else draw(LEAVES)
    return draw(members(levels - 1, odd, space))


@st.composite
def events(draw: st.DrawFn, space: str) -> str:
    consent = {
        "type": draw(st.sampled_from(KINDS)),
        "userId": "u",
        "context": {"ip": "1.2.3.4", "consent": {"categoryPreferences": {"marketing": draw(st.booleans())}}},
        "traits": {"email": "a@b.co", "phone": "1"},
    }
    if draw(st.booleans()):
        return json.dumps(
            consent, separators=(f"{space},{space}", f"{space}:{space}"), ensure_ascii=draw(st.booleans())
        )
    return draw(members(4, draw(st.booleans()), space))


@st.composite
def listed(draw: st.DrawFn) -> list[dict[str, Any]]:
    count = draw(st.integers(1, 3))
    made = []
    for number in range(count):
        more: dict[str, Any] = {}
        if draw(st.booleans()):
            more["consent"] = draw(CONSENTS)
        if draw(st.integers(0, 2)) == 0:
            more["types"] = [draw(st.sampled_from(KINDS))]
        if draw(st.integers(0, 3)) == 0:
            more["events"] = ["t*"]
        actions = draw(st.lists(SOME_USUAL, max_size=2))
        if draw(st.integers(0, 6)) == 0:
            actions.append(action("drop_event"))
        if actions or more.get("consent"):
            made.append(rule(*actions, name=f"r{number}", **more))
    return made


def exactly(made: Rules, event: bytes) -> object:
    return made._surely(event, "queue", lambda: KeyRing("k1", KEYS))


@settings(deadline=None, max_examples=400)
@given(listed().filter(bool), st.data())
def test_both_ways_say_the_same(listed: list[dict[str, Any]], data: st.DataObject) -> None:
    # Where several rules take members out of one object, spaces between those may stay or go.
    space = "" if removals_of(listed) > 1 else data.draw(SPACES)
    event = data.draw(events(space)).encode()
    made = rules(*listed)

    assert made.judged(event, "queue", keys()) == exactly(made, event)


@pytest.mark.parametrize("missing", ["deny", "allow"])
@pytest.mark.parametrize(
    "members",
    [
        '"context":{"consent":{"marketing":false}},"context":{"consent":{"marketing":true}}',
        '"context":{"consent":{"marketing":true}},"context":{"consent":{"marketing":true}}',
        ",".join(f'"context":{{"consent":{{"marketing":{said}}}}}' for said in ("true", "false", "true")),
        '"context":{"consent":{"marketing":false}},"context":{}',
        '"context":{"consent":{"marketing":false},"consent":{"marketing":true}}',
        '"context":{},"x":{"consent":{"marketing":true}}',
        '"context":{"consent":{"marketing":true}},"x":{"consent":{"marketing":false}}',
        '"context":{"consent":{"marketing":false,"marketing":true}}',
        '"context":{"consent":{"marketing":true,"x":{"marketing":false}}}',
        '"context":{"consent":{"x":{"marketing":true}}}',
        '"context":{"consent":{"marketing":{"marketing":true}}}',
        r'"context":{"consent":{"marketing":true,"m\u0061rketing":false}}',
        r'"context":{"consent":{"marketing":true}},"c\u006fntext":{"consent":{}}',
        r'"context":{"consent":{"marketing":true,"x":"\"marketing\":false"}}',
        '"context":{"consent":[{"marketing":true}]}',
        '"context":[{"consent":{"marketing":true}}]',
        '"context":{"consent":null}',
    ],
)
def test_a_consent_that_stands_oddly_is_told_alike(members: str, missing: str) -> None:
    event = ('{"type":"page","userId":"u",' + members + "}").encode()
    consent = {"category": "marketing", "at": ["context", "consent"], "otherwise": "drop_event", "missing": missing}
    made = rules(rule(consent=consent))

    assert made.judged(event, "queue", None) == exactly(made, event)


@pytest.mark.parametrize(
    "value", ['"83.1.2.77"', "1", "null", "{}", '{"a":"x","ip":{"a":"y"}}', '["1.2.3.4",{"ip":"q"}]']
)
@pytest.mark.parametrize("steps", [["context", "**"], ["context", "**", "**"], ["**", "context", "**"]])
@pytest.mark.parametrize("do", ["drop", "allow_only", "hash", "truncate_ip", "mask", "pseudonymise", "strip_query"])
def test_what_is_at_any_depth_is_the_value_itself_too(do: str, steps: list[str], value: str) -> None:
    event = ('{"type":"page","userId":"u","context":' + value + ',"traits":{}}').encode()
    more: dict[str, object] = {"members": ["ip"]} if do == "allow_only" else {}
    made = rules(rule(action(do, path(*steps), **more)))

    assert made.judged(event, "queue", keys()) == exactly(made, event)


def removals_of(listed: list[dict[str, Any]]) -> int:
    changing = {"pseudonymise", "pseudonymise_email", "hash", "mask", "truncate", "strip_query"}
    return sum(one["do"] not in changing for made in listed for one in made["actions"])


@given(
    st.sampled_from(AT[:2]),
    st.sampled_from(["true", "false", "null"]),
    st.sampled_from(["deny", "allow"]),
    st.sampled_from(["here", "absent"]),
    SPACES,
)
def test_a_consent_in_an_ordinary_event_is_told_quickly(
    at: list[str], given: str, missing: str, where: str, space: str
) -> None:
    inside = f'"marketing"{space}:{space}{given}'
    for name in reversed(at[1:]):
        inside = f'"{name}"{space}:{space}{{{inside}}}'
    context = f'{{"ip":"1.2.3.4",{inside}}}' if where == "here" else '{"ip":"1.2.3.4"}'
    event = f'{{"type":"page","userId":"u","context":{context}}}'.encode()
    consent = {"category": "marketing", "at": at, "otherwise": "drop_event", "missing": missing}
    made = rules(rule(action("truncate_ip", ["context", "ip"]), consent=consent))

    with mock.patch.object(made, "_surely", side_effect=AssertionError("the exact way")):
        found = made.judged(event, "queue", None)

    allowed = given == "true" if where == "here" else missing == "allow"
    assert found.text == (event.replace(b"1.2.3.4", b"1.2.3.0") if allowed else None)
