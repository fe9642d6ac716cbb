"""relay plan import: tracking plans of Segment and RudderStack become plans that judge events as they did."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from dreamdata_relay.plan.plan import Plan, plan_of
from plan_compiler import compiled_folder
from relay_cli.app import app
from relay_cli.main import options_first
from tests.plan.plans import text

VENDORS = Path(__file__).parent / "vendors"


def imported(folder: Path, file: Path | str, *options: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(
        app, options_first(["plan", "import", str(file), "--to", str(folder), *options]), input=stdin
    )


def plan_in(folder: Path) -> Plan:
    found = plan_of(compiled_folder(folder))
    assert found is not None
    return found


def found(plan: Plan, **event: Any) -> list[tuple[str, str]]:
    return sorted((one.kind.value, one.path) for one in plan.judged(text(**event), "queue").violations)


def test_segments_public_api(tmp_path: Path) -> None:
    """With what is kept of earlier drafts, and what cannot be kept said."""
    done = imported(tmp_path / "plan", VENDORS / "segment.json")
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        'left out: track "Trial Started": properties.properties.properties.coupon.pattern:'
        " no pattern that is matched in linear time (without look-around and back references)",
        'left out: track "Trial Started": planned more than once; the newest version is kept',
        'left out: track "Trial Started": properties.properties.properties.coupon.pattern:'
        " no pattern that is matched in linear time (without look-around and back references)",
        f"{tmp_path / 'plan'}: 4 schemas of a tracking plan of Segment",
    ]
    files = {path.relative_to(tmp_path / "plan").as_posix() for path in (tmp_path / "plan").rglob("*.json")}
    assert files == {"common.json", "identify.json", "page/pricing.json", "track/trial-started.json"}
    plan = plan_in(tmp_path / "plan")
    trial = {"type": "track", "event": "Trial Started", "context": {}}
    assert found(plan, **trial, properties={"plan": "team", "seats": 1, "pair": ["a", 1], "coupon": "TEST"}) == []
    assert found(plan, **trial) == [("missing_required", "properties")]
    assert found(plan, **trial, properties={"plan": "no"}) == [("other", "properties.plan")]
    assert found(plan, **trial, properties={"plan": "team", "seats": 0}) == [("other", "properties.seats")]
    assert found(plan, **trial, properties={"plan": "team", "coupon": "A"}) == [
        ("missing_required", "properties.seats")
    ]
    assert found(plan, **trial, properties={"plan": "team", "pair": [1]}) == [("wrong_type", "properties.pair[0]")]
    assert found(plan, **trial, properties={"plan": "team", "pair": ["a", 1, 2]}) == [("other", "properties.pair[2]")]
    assert found(plan, type="identify", context={}, traits={"email": "x"}) == [("other", "traits.email")]
    assert found(plan, type="page", name="Pricing", properties={}) == [("missing_required", "context")]


def test_segments_config_api(tmp_path: Path) -> None:
    done = imported(tmp_path / "plan", VENDORS / "segment-config.json", "--json")
    assert (done.exit_code, json.loads(done.output)) == (
        0,
        {"folder": str(tmp_path / "plan"), "vendor": "Segment", "events": 2, "left_out": [], "problems": []},
    )
    plan = plan_in(tmp_path / "plan")
    assert found(plan, type="track", event="Invoice Paid", properties={"amount": "1"}) == [
        ("wrong_type", "properties.amount")
    ]
    assert found(plan, type="identify", traits={"seats": "1"}) == [("wrong_type", "traits.seats")]


def test_rudderstacks(tmp_path: Path) -> None:
    done = imported(tmp_path / "plan", "-", stdin=(VENDORS / "rudderstack.json").read_text())
    assert (done.exit_code, done.output) == (
        0,
        f"{tmp_path / 'plan'}: 3 schemas of a tracking plan of RudderStack\n",
    )
    plan = plan_in(tmp_path / "plan")
    demo = {"type": "track", "event": "Demo Booked"}
    assert found(plan, **demo, properties={"Slot": "1", "Seats": None}) == []
    assert found(plan, **demo, properties={"Seats": 1.5, "x": 1}) == [
        ("additional_member", "properties.x"),
        ("missing_required", "properties.Slot"),
        ("wrong_type", "properties.Seats"),
    ]
    assert found(plan, type="identify", traits={"Job title": 1, "x": 1}) == [("additional_member", "traits.x")]
    assert found(plan, type="track", event="Untyped", properties=[]) == [("wrong_type", "properties")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{}", "no tracking plan of Segment or RudderStack"),
        ("[1]", "no tracking plan of Segment or RudderStack"),
        ('{"rules": []}', "the tracking plan has no event"),
        ('{"rules": {"events": [1]}}', "the tracking plan has no event"),
        ("{", "line 1: not JSON"),
        ('{"rules": ' + "[" * 5000, "line 1: nested more than 100 deep"),
    ],
)
def test_what_is_no_tracking_plan_ends_the_command(tmp_path: Path, content: str, said: str) -> None:
    done = imported(tmp_path / "plan", "-", stdin=content)
    assert done.exit_code == 2
    assert said in done.output
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan" / "mine.json").write_text("{}")
    done = imported(tmp_path / "plan", VENDORS / "rudderstack.json")
    assert done.exit_code == 2
    assert "is there already; nothing is overwritten" in done.output
    assert [path.name for path in (tmp_path / "plan").iterdir()] == ["mine.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]


@pytest.mark.parametrize(
    "schema",
    [
        None,
        [],
        {"properties": 1, "required": "a", "items": 3, "allOf": [1]},
        {"properties": {"properties": {"$ref": "https://example.com/x"}}},
        {"properties": {"properties": {"format": "phone", "patternProperties": {"(?=a)": {}}}}},
        {"type": "strin", "minimum": "1", "dependencies": {"a": {"required": ["b"]}}, "additionalProperties": 2},
    ],
)
def test_whatever_a_schema_holds_the_plan_that_is_made_can_be_compiled(tmp_path: Path, schema: Any) -> None:
    rules = [{"key": "A", "type": "TRACK", "jsonSchema": schema}, {"key": "B", "type": "SIGN", "jsonSchema": {}}]
    done = imported(tmp_path / "plan", "-", stdin=json.dumps({"rules": rules}))
    assert done.exit_code == 1
    assert 'left out: sign "B": no type of event that the relay takes' in done.output
    assert "track" in done.output
    plan_in(tmp_path / "plan")


def test_names_that_make_the_same_file_are_kept_apart(tmp_path: Path) -> None:
    names = ["Order done", "Order-done", "注文", "../../x"]
    rules = [{"key": name, "type": "TRACK", "jsonSchema": {"required": ["x"]}} for name in names]
    assert imported(tmp_path / "plan", "-", stdin=json.dumps({"rules": rules})).exit_code == 0
    plan = plan_in(tmp_path / "plan")
    assert all(found(plan, type="track", event=name) == [("missing_required", "x")] for name in names)
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]
