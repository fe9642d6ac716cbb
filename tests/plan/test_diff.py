"""relay plan diff: what would break, for which events."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from plan_compiler.references import Files
from relay_cli.app import app
from relay_cli.main import options_first
from relay_cli.plan.changes import Change, Sided, changes
from tests.examples import examples
from tests.plan.plans import of_properties, write
from tests.plan.schemas import SCHEMAS, VALUES


def diff(old: Any, new: Any) -> list[tuple[str, str, bool | None]]:
    return [(".".join(path), what, breaks) for path, what, breaks in _changes(old, new)]


def _changes(old: Any, new: Any) -> list[Change]:
    before, after = (Sided(Files({"track/a.json": one}), "track/a.json", one) for one in (old, new))
    return list(changes(before, after))


A: dict[str, Any] = {"properties": {"a": {}}}
B: dict[str, Any] = {"properties": {"a": {"type": "string"}}}


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ({}, {"required": ["a"]}, ("a", "is required now", True)),
        ({"required": ["a"]}, {"type": "object", "required": []}, ("a", "is no longer required", False)),
        ({"type": ["string", "null"]}, {"type": "string"}, ("", "null is no longer taken", True)),
        ({"type": "integer"}, {"type": "number"}, ("", "number is taken now", False)),
        ({"type": "number"}, {"type": "integer"}, ("", "number is no longer taken", True)),
        (A, B, ("a", "has to be string now", True)),
        ({**B, "type": "object"}, {**A, "type": "object"}, ("a", "anything is taken now", False)),
        ({}, {"additionalProperties": False}, ("", "is closed now: no other members", True)),
        ({"additionalProperties": False}, {"minLength": 0}, ("", "is open now: other members are taken", False)),
        (B, {**B, "additionalProperties": False}, ("", "is closed now: no other members", True)),
        (
            {**B, "additionalProperties": False},
            {"properties": {}, "additionalProperties": False},
            ("a", "is no longer a member", True),
        ),
        (
            {"properties": {}, "additionalProperties": False},
            {**B, "additionalProperties": False},
            ("a", "is a member now", False),
        ),
        ({"enum": [1, 2]}, {"enum": [1]}, ("", "1 of 2 values are no longer taken", True)),
        ({"enum": [1]}, {"enum": [1, True]}, ("", "1 more values are taken", False)),
        ({"type": "string"}, {"type": "string", "const": "a"}, ("", "has to be one of 1 values now", True)),
        ({"enum": ["a"], "type": "string"}, {"type": "string"}, ("", "is free now", False)),
        ({"minimum": 1}, {"minimum": 2}, ("", "minimum is 2", True)),
        ({"minimum": 1}, {"minimum": 0}, ("", "minimum is 0", False)),
        ({"maxLength": 1}, {"maxLength": 2}, ("", "maxLength is 2", False)),
        ({"minLength": 1}, {"maxLength": 2, "minLength": 1}, ("", "maxLength is 2", True)),
        ({"pattern": "a"}, {"pattern": "b"}, ("", "pattern has changed", None)),
        ({"pattern": "a", "minLength": 1}, {"minLength": 1}, ("", "pattern is gone", False)),
        ({"minLength": 1}, {"minLength": 1, "not": {"const": "a"}}, ("", "not has changed", None)),
        ({"items": {"type": "string"}}, {"items": {"type": "number"}}, ("[]", "string is no longer taken", True)),
        ({"minItems": 1}, {"minItems": 1, "items": {"type": "null"}}, ("[]", "has to be null now", True)),
        ({}, {"properties": {"a": False}}, ("a", "not allowed any more", True)),
        ({"properties": {"a": False}}, {"properties": {"a": {"type": "null"}}}, ("a", "allowed now", False)),
        (
            {"$defs": {"d": {"type": "string"}}, "allOf": [{"$ref": "#/$defs/d"}]},
            {"$defs": {"d": {"type": "number"}}, "allOf": [{"$ref": "#/$defs/d"}]},
            ("", "allOf has changed", None),
        ),
        (
            {"$defs": {"d": {"type": "string"}}, "properties": {"a": {"$ref": "#/$defs/d"}}},
            {"properties": {"a": {"type": "number"}}},
            ("a", "string is no longer taken", True),
        ),
    ],
)  # fmt: skip
def test_a_change_is_told_with_what_it_means(old: Any, new: Any, change: tuple[str, str, bool | None]) -> None:
    assert change in diff(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (B, B),
        ({"title": "A", "x-owner": 1, **B}, {"title": "B", "description": "d", **B}),
        ({"type": ["string", "null"]}, {"type": ["null", "string"]}),
        ({"enum": [1, 2]}, {"enum": [2, 1]}),
        ({"$defs": {"d": B}, "$ref": "#/$defs/d"}, B),
        ({}, {"description": "anything"}),
    ],
)
def test_what_means_the_same_is_no_change(old: Any, new: Any) -> None:
    assert diff(old, new) == []


@given(old=SCHEMAS, new=SCHEMAS, values=st.lists(VALUES, min_size=1, max_size=10))
@settings(max_examples=examples(200), deadline=None)
def test_a_change_that_is_said_to_break_nothing_breaks_nothing(old: Any, new: Any, values: list[Any]) -> None:
    import jsonschema_rs

    before, after = (jsonschema_rs.Draft202012Validator(one) for one in (old, new))
    if any(before.is_valid(value) and not after.is_valid(value) for value in values):
        assert [one for one in _changes(old, new) if one.breaks is not False]


def compared(tmp_path: Path, old: dict[str, Any], new: dict[str, Any], *options: str) -> Result:
    folders = [str(write(tmp_path / name, files)) for name, files in (("old", old), ("new", new))]
    return CliRunner().invoke(app, options_first(["plan", "diff", *folders, *options]))


ORDER = of_properties("Order Completed", properties={"revenue": {"type": "number"}})


def test_whom_it_breaks_is_told(tmp_path: Path) -> None:
    old = {
        "track/order.json": ORDER,
        "track/gone.json": {"title": "Gone", "required": ["userId"]},
        "identify.json": {"required": ["traits"]},
        "settings.yaml": "version: 1\n",
    }
    new = {
        "track/renamed.json": of_properties("Order Completed", properties={"revenue": {"type": "integer"}}),
        "track/more.json": {"title": "More"},
        "identify.json": {"required": ["traits", "userId"]},
        "common.json": {"required": ["context"]},
        "page/home.json": {"title": "Home"},
        "settings.yaml": "version: 1\nmode: quarantine\n",
    }
    done = compared(tmp_path, old, new)
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "breaks: all events: mode: warn becomes quarantine",
        "breaks: all events: context is required now",
        "breaks: identify events: userId is required now",
        'breaks: track "Gone": no longer planned',
        'fits: track "More": planned now',
        'breaks: track "Order Completed": properties.revenue number is no longer taken',
        "breaks: other page events: no longer planned",
        "7 changes, 6 break events or may",
    ]


def test_an_event_that_loses_its_file_is_judged_as_the_others_of_its_type(tmp_path: Path) -> None:
    old = {"track/order.json": ORDER, "track.json": {"required": ["userId"]}}
    done = compared(tmp_path, old, {"track.json": {"required": ["userId"]}})
    assert 'breaks: track "Order Completed": userId is required now' in done.output
    assert "no longer planned" not in done.output


def test_a_plan_beside_itself_has_no_change(tmp_path: Path) -> None:
    done = compared(tmp_path, {"track/a.json": ORDER}, {"track/b.json": ORDER}, "--json")
    assert (done.exit_code, json.loads(done.output)) == (0, [])


def test_what_only_widens_fits(tmp_path: Path) -> None:
    wider = of_properties("Order Completed", properties={"revenue": {"type": ["number", "null"]}})
    done = compared(tmp_path, {"track/a.json": ORDER}, {"track/a.json": wider}, "--json")
    assert done.exit_code == 0
    assert json.loads(done.output) == [
        {
            "events": 'track "Order Completed"',
            "path": "properties.revenue",
            "change": "null is taken now",
            "breaks": False,
        }
    ]


def test_a_wrong_plan_ends_the_command(tmp_path: Path) -> None:
    done = compared(tmp_path, {"track/a.json": "{"}, {})
    assert done.exit_code == 2
    assert "track/a.json:1:2: not JSON" in done.output
