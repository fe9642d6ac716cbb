"""relay plan check and try, as an operator sees them."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from relay_cli.app import app
from relay_cli.main import options_first
from tests.plan.plans import of_properties, write

ORDER = of_properties(
    "Order Completed",
    required=["revenue"],
    additionalProperties=False,
    properties={"revenue": {"type": "number"}, "email": {"type": "string", "format": "email"}},
)
EVENTS = """\
[
  {"type": "track", "event": "Order Completed", "userId": "u",
   "properties": {
     "revenue": "12",
     "email": "jane at example.com",
     "colour": 1
   }},
  {"type": "track", "event": "Order Completed", "userId": "u", "properties": {"revenue": 12}},
  {"type": "track", "event": "Order started"},
  {"type": "identify", "userId": "u"}
]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the command runs in, with a plan."""
    monkeypatch.chdir(tmp_path)
    return write(tmp_path / "plan", {"track/order-completed.json": ORDER, "identify.json": {}})


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, options_first(["plan", *arguments]), input=stdin)


def test_a_right_plan_is_told_in_a_line(folder: Path) -> None:
    done = run("check")
    assert done.exit_code == 0
    assert done.output.startswith("plan: plans 1 track event, identify events; version ")


def test_a_wrong_plan_is_told_fault_by_fault(folder: Path) -> None:
    write(folder, {"track/order-completed.json": '{"title": "A",\n "tpye": 1}', "page.json": "{}}"})
    done = run("check")
    assert done.exit_code == 1
    assert done.output.splitlines() == ["plan/page.json:1:3: there is something behind the value"]
    write(folder, {"page.json": "{}"})
    assert run("check", "plan").output == (
        "plan/track/order-completed.json:2:2: there is no keyword 'tpye'; did you mean type?\n"
    )
    told = json.loads(run("check", "--json").output)
    assert told["problems"] == [
        {
            "file": "track/order-completed.json",
            "line": 2,
            "column": 2,
            "reason": "there is no keyword 'tpye'; did you mean type?",
        }
    ]
    assert run("try", "-", stdin="{}").exit_code == 2


def test_a_plan_that_is_not_there_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "there is no folder layers/rules/plan or plan" in run("check").output
    done = run("check", "no")
    assert (done.exit_code, "no cannot be read" in done.output) == (2, True)


def test_a_folder_without_schemas_plans_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan").mkdir()
    assert run("check").output == "plan: nothing is planned: there is no schema\n"
    assert run("try", "-", stdin=EVENTS).output.endswith("4 events, 0 break the plan\n")


def test_each_violation_has_its_line_kind_and_path(folder: Path) -> None:
    (folder.parent / "events.json").write_text(EVENTS)
    done = run("try", "events.json")
    assert done.exit_code == 1
    named = 'event 1 track "Order Completed"'
    assert sorted(done.output.splitlines()[:-1]) == [
        f"events.json:4: {named}: wrong type: properties.revenue (warn)",
        f"events.json:5: {named}: other (format): properties.email (warn)",
        f"events.json:6: {named}: additional member: properties.colour (warn)",
        'events.json:9: event 3 track "Order started": refused by the relay: identity_missing',
        'events.json:9: event 3 track "Order started": unplanned event (warn)',
    ]
    assert done.output.splitlines()[-1].startswith("4 events, 2 break the plan: ")


def test_no_value_is_shown(folder: Path) -> None:
    assert "jane" not in run("try", "-", stdin=EVENTS).output
    assert "jane" not in run("try", "-", "--json", stdin=EVENTS).output


def test_events_one_a_line_have_the_lines_they_are_on(folder: Path) -> None:
    lines = [json.dumps(event) for event in json.loads(EVENTS)]
    told = json.loads(run("try", "-", "--json", stdin="\n".join(lines)).output)
    assert [one["line"] for one in told] == [1, 2, 3, 4]
    assert [{found["line"] for found in one["violations"]} for one in told] == [{1}, set(), {3}, set()]


def test_what_a_batch_shares_is_judged_too(folder: Path) -> None:
    write(folder, {"common.json": {"required": ["context"], "properties": {"context": {"required": ["ip"]}}}})
    batch = {"batch": [json.loads(EVENTS)[1]], "context": {"ip": "192.0.2.1"}}
    assert run("try", "-", stdin=json.dumps(batch)).exit_code == 0


def test_the_mode_depends_on_the_key(folder: Path) -> None:
    settings = "version: 1\nmode: refuse\nmodes:\n  - match: {key: old}\n    mode: off\n"
    write(folder, {"settings.yaml": settings})
    assert run("try", "-", "--source", "http:old", stdin=EVENTS).exit_code == 0
    told: list[dict[str, Any]] = json.loads(run("try", "-", "--json", stdin=EVENTS).output)
    assert [one["mode"] for one in told] == ["refuse", "off", "refuse", "off"]
    assert run("try", "-", "--source", "mail", stdin=EVENTS).exit_code == 2


@pytest.mark.parametrize("package", ["jsonschema_rs", "yaml"])
def test_a_missing_package_is_told_with_what_installs_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    import sys

    for name in [name for name in sys.modules if name.startswith(("plan_compiler", "relay_cli.plan.", "rules_comp"))]:
        if name != "relay_cli.plan.commands":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    done = run("check")
    assert done.exit_code == 2
    assert "pipx install '.[plan]'" in done.output
