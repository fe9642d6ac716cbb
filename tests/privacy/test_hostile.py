"""Texts that are made to take long take work in proportion to their length."""

import json

import pytest

from dreamdata_relay.privacy.scanning import value_end
from tests.privacy.compiled import action, keys, path, rule, rules
from tests.unit.test_json_editing import steps_of

# With a lone surrogate only the exact way is left.
SPOILED = r'{"type":"page","z":"\ud800",'
PATHS = [path("context", "ip"), path("**", "ip"), path("context", "**", "ip"), path("context", "**", "a", "ip")]


@pytest.mark.parametrize("at", PATHS[:3], ids=str)
@pytest.mark.parametrize(
    "bulk", ['"a":[],', '"a":0,', r'"\ud800":{"b":[{}]},', '"a":"ip",', '"ab":{"c":["ip","ip",1]},']
)
def test_very_many_members_that_are_not_named_take_no_step_each(bulk: str, at: list[str]) -> None:
    made = rules(rule(action("drop", at)))
    text = (SPOILED + '"context":{' + bulk * 20_000 + '"ip":1,"b":0}}').encode()

    assert steps_of(lambda: made.judged(text, "queue", None)) < 400
    assert made.judged(text, "queue", None).text == text.replace(b'"ip":1,', b"")


def test_very_many_members_that_are_dropped_take_no_step_each() -> None:
    made = rules(rule(action("allow_only", path("context"), members=["ip"])))
    text = (SPOILED + '"context":{' + '"a":[{}],' * 20_000 + '"ip":1,' + '"b":0,' * 20_000 + '"c":1}}').encode()

    assert steps_of(lambda: made.judged(text, "queue", None)) < 400
    assert made.judged(text, "queue", None).text == (SPOILED + '"context":{"ip":1}}').encode()


NESTED = {
    "arrays": ("[", "]"),
    "objects": ('{"b":', "}"),
    "named": ('{"a":', "}"),
    "by turns": ('{"a":{"b":', "}}"),
    "beside": ('[0,{"a":', ',"ip":1}]'),
}


@pytest.mark.parametrize("at", PATHS, ids=str)
@pytest.mark.parametrize("shape", NESTED)
def test_what_nests_deep_is_passed_over_a_few_times_only(
    shape: str, at: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every level anew would be two thousand times."""
    start, end = NESTED[shape]
    levels = 2_900
    bulk = '"x"' + ',"y"' * 10_000
    text = (SPOILED + '"context":' + start * levels + "[" + bulk + "]" + end * levels + "}").encode()
    made, passed = rules(rule(action("hash", at))), [0]

    def counted(text: bytes, place: int) -> int:
        end = value_end(text, place)
        passed[0] += end - place
        return end

    monkeypatch.setattr("dreamdata_relay.privacy.finding.value_end", counted)

    found = made.judged(text, "queue", None).text

    assert found is not None
    assert passed[0] < 12 * len(text)
    assert made.judged(found, "queue", None).text == found


@pytest.mark.parametrize("do", ["drop", "hash", "mask", "truncate_ip", "pseudonymise", "allow_only", "set"])
def test_every_member_can_be_named(do: str) -> None:
    """A step each, not one for each two of them."""
    more = {"members": [], "to": "1"}
    made = rules(
        rule(action(do, path("context", "*"), **{k: v for k, v in more.items() if (k == "to") == (do == "set")}))
    )

    def steps(count: int) -> int:
        members = ",".join(f'"a{number}":"{number}"' for number in range(count))
        text = ('{"type":"page","context":{' + members + "}}").encode()
        return steps_of(lambda: made.judged(text, "queue", keys()))

    assert steps(4_000) < 2.2 * steps(2_000)


def test_spaces_are_passed_over_once() -> None:
    made = rules(rule(action("drop", path("context", "ip"))))
    spaces = " " * 200_000
    text = f'{{"type":"page","context":{spaces}{{{spaces}"ip"{spaces}:{spaces}1{spaces}}}}}'.encode()

    found = made.judged(text, "queue", None).text

    assert found is not None
    assert json.loads(found) == {"type": "page", "context": {}}
