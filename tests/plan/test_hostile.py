"""Hostile schemas are refused by the compiler, and hostile events cost the engine no more than they may."""

from pathlib import Path
from typing import Any

import pytest

from dreamdata_relay.limits import MAX_NESTING
from dreamdata_relay.plan.judging import MOST_VIOLATIONS
from plan_compiler.folder import MOST_FILE_BYTES
from tests.plan.plans import faults, of_properties, plan, text


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(levels):
        schema = {"items": schema}
    return schema


def doubling(steps: int) -> dict[str, Any]:
    links = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(steps)}
    return {"title": "A", "$ref": "#/$defs/d0", "$defs": {**links, f"d{steps}": {}}}


def chain(steps: int) -> dict[str, Any]:
    links = {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(steps)}
    return {"title": "A", "$ref": "#/$defs/d0", "$defs": {**links, f"d{steps}": {}}}


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"title": "A", **nested(65)}, "nested more than 64 deep"),
        (doubling(40), "more than 20,000 schemas and listed names apply to one value"),
        (chain(150), "schemas nest more than 100 deep, references followed"),
        (chain(3000), "schemas nest more than 100 deep, references followed"),
        ({"title": "A", "pattern": "((a{1000}){1000}){1000}"}, "no pattern that is matched in linear time"),
        ({"title": "A", "description": "x" * MOST_FILE_BYTES}, "the file has more than the 1,000,000 bytes"),
        ({"title": "A", "items": {"required": [f"m{n}" for n in range(20_001)]}}, "more than 20,000 schemas"),
    ],
)
def test_a_schema_that_would_be_too_much_work_is_refused(tmp_path: Path, schema: dict[str, Any], reason: str) -> None:
    found = faults(tmp_path, {"track/a.json": schema})
    assert found
    assert any(reason in line for line in found)


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    found = faults(tmp_path, {f"track/{n}.json": "{}" for n in range(2_001)})
    assert found == [".:1:1: a plan has at most 2,000 files and 10,000,000 bytes"]


def test_ten_thousand_members_can_be_planned(tmp_path: Path) -> None:
    names = [f"m{n}" for n in range(9_000)]
    members = {name: {"type": "string"} for name in names}
    a_plan = plan(tmp_path, {"track/a.json": of_properties("A", properties=members, additionalProperties=False)})
    event = text(type="track", event="A", properties=dict.fromkeys(names, "x"))
    assert a_plan.judged(event, "queue").violations == ()


def test_a_pattern_that_backtracks_elsewhere_takes_linear_time(tmp_path: Path) -> None:
    """2 to the power of 200,000 steps would never end."""
    members = {"b": {"type": "string", "pattern": "^(a+)+$"}}
    a_plan = plan(tmp_path, {"track/a.json": of_properties("A", properties=members)})
    event = text(type="track", event="A", properties={"b": "a" * 200_000 + "!"})
    assert [one.rule for one in a_plan.judged(event, "queue").violations] == ["pattern"]


def test_an_event_nested_as_deep_as_the_relay_takes_is_judged(tmp_path: Path) -> None:
    members = {"b": {"uniqueItems": True, "items": {"type": "array"}}}
    a_plan = plan(tmp_path, {"track/a.json": of_properties("A", properties=members)})
    deep = b"[" * (MAX_NESTING - 2) + b"]" * (MAX_NESTING - 2)
    event = b'{"type":"track","event":"A","properties":{"b":[' + deep + b"," + deep + b"]}}"
    assert a_plan.judged(event, "queue").violations


@pytest.mark.parametrize("wrong", [100, 6_000, 100_000])
def test_an_event_with_many_violations_has_a_few_told(tmp_path: Path, wrong: int) -> None:
    """Of a large one only the first: the validator takes time and a copy of the value for each."""
    members = {"b": {"items": {"type": "string"}}}
    a_plan = plan(tmp_path, {"track/a.json": of_properties("A", properties=members)})
    event = text(type="track", event="A", properties={"b": [1] * wrong})
    verdict = a_plan.judged(event, "queue")
    assert len(verdict.violations) == (MOST_VIOLATIONS if len(event) <= 20_000 else 1)
    assert verdict.more


def test_many_missing_members_do_not_copy_the_event_each(tmp_path: Path) -> None:
    required = [f"m{n}" for n in range(9_000)]
    a_plan = plan(tmp_path, {"track/a.json": of_properties("A", required=required)})
    event = text(type="track", event="A", properties={"b": "x" * 10_000})
    verdict = a_plan.judged(event, "queue")
    assert [one.kind for one in verdict.violations] == ["missing_required"]
    assert verdict.more


def test_an_additional_member_of_thousands_is_a_few_violations(tmp_path: Path) -> None:
    a_plan = plan(tmp_path, {"track/a.json": of_properties("A", additionalProperties=False)})
    event = text(type="track", event="A", properties={f"m{n}": 1 for n in range(1_500)})
    verdict = a_plan.judged(event, "queue")
    assert len(verdict.violations) == MOST_VIOLATIONS
    assert verdict.more
