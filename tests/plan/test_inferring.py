"""relay plan infer: a plan out of events, with no value in it that could be a person's."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from dreamdata_relay.plan.plan import plan_of
from plan_compiler import compiled_folder
from relay_cli.app import app
from relay_cli.main import options_first
from relay_cli.plan.inferring import Inferred
from relay_cli.plan.writing import files_of
from tests.examples import examples
from tests.plan.plans import write


def inferred(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The schema of the properties of the only event."""
    found = Inferred()
    found.add(json.dumps(event).encode() for event in events)
    (schema,) = found.schemas().values()
    return dict(schema["properties"]["properties"])


def tracks(values: list[Any], name: str = "plan", people: int = 10) -> list[dict[str, Any]]:
    return [
        {"type": "track", "event": "A", "userId": f"u{n % people}", "properties": {name: value}}
        for n, value in enumerate(values)
    ]


def of_member(values: list[Any], name: str = "plan", people: int = 10) -> Any:
    return inferred(tracks(values, name, people))["properties"][name]


def test_types_are_those_that_were_seen() -> None:
    assert of_member([1, 2.0]) == {"type": "integer"}
    assert of_member([1, 2.5]) == {"type": "number"}
    assert of_member([None, True, "a"]) == {"type": ["boolean", "null", "string"]}
    assert of_member([[1], ["a"], []]) == {"type": "array", "items": {"type": ["integer", "string"]}}


def test_what_all_of_enough_events_have_is_required() -> None:
    assert inferred(tracks([1] * 5))["required"] == ["plan"]
    assert "required" not in inferred(tracks([1] * 4))
    assert "required" not in inferred([*tracks([1] * 9), {"type": "track", "event": "A", "properties": {}}])


def test_formats_are_those_that_all_have() -> None:
    assert of_member(["2026-01-01T00:00:00Z"])["format"] == "date-time"
    assert of_member(["2026-01-01"])["format"] == "date"
    assert of_member(["a@example.com", "b@example.com"])["format"] == "email"
    assert of_member(["https://example.com/a"])["format"] == "uri"
    assert "format" not in of_member(["2026-01-01", "x"])
    assert "format" not in of_member(["a:b"])


def test_few_values_that_many_people_share_are_choices() -> None:
    assert of_member(["Free", "Pro plan"] * 15)["enum"] == ["Free", "Pro plan"]


def test_values_that_may_tell_of_a_person_are_not_in_a_plan() -> None:
    twice = ["Jane", "Joe"] * 15
    for name in ("firstName", "email", "user_id", "orderId", "city", "apiKey", "company", "ip"):
        assert "enum" not in of_member(twice, name), name
    for values in (
        ["a@example.com"] * 30,
        ["o-1234"] * 30,
        ["x" * 31] * 30,
        ["Free"] * 4,
        [f"value {chr(97 + n)}" for n in range(11)] * 10,
        ["Jörg"] * 30,
    ):
        assert "enum" not in of_member(values), values
    assert "enum" not in of_member(["Free"] * 30, people=2)
    assert "enum" not in of_member([*["Free"] * 30, "Rare"])


def test_names_that_are_data_are_not_in_a_plan() -> None:
    found = inferred(tracks([{"jane@example.com": 1, "k12345": 2, "ok": 3}]))
    assert found["properties"]["plan"]["properties"] == {"ok": {"type": "integer"}}
    assert of_member([{f"m{n}": 1} for n in range(201)]) == {"type": "object"}


_NAMES = st.sampled_from(["a", "b", "plan", "id", "k1234", "a@b"]) | st.text(max_size=3)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["2026-01-01", "a@b.co", "https://a.b/", "x", "y"])
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=8,
)
_EVENTS = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["track", "identify", "page"]), "event": st.sampled_from(["A", "B"])},
        optional={
            "userId": st.sampled_from("abc"),
            "name": st.sampled_from(["P", ""]),
            "properties": st.none() | st.dictionaries(_NAMES, _VALUES, max_size=3),
            "traits": st.dictionaries(_NAMES, _VALUES, max_size=3),
        },
    ),
    min_size=1,
    max_size=12,
)


@given(events=_EVENTS)
@settings(max_examples=examples(100), deadline=None)
def test_every_event_keeps_to_the_plan_that_is_made_of_it(tmp_path_factory: Any, events: list[dict[str, Any]]) -> None:
    texts = [json.dumps(event).encode() for event in events]
    found = Inferred()
    found.add(texts)
    folder = write(tmp_path_factory.mktemp("plan"), files_of(found.schemas()))
    plan = plan_of(compiled_folder(folder))
    assert plan is not None
    assert [plan.judged(text, "queue").violations for text in texts] == [()] * len(texts)


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, options_first(["plan", *arguments]), input=stdin)


def test_the_command_writes_a_plan_that_the_events_keep_to(tmp_path: Path) -> None:
    events = json.dumps([*tracks(["Free"] * 30), {"type": "identify", "userId": "u", "traits": {"a": 1}}])
    to = str(tmp_path / "plan")
    done = run("infer", "-", "--to", to, stdin=events)
    assert (done.exit_code, done.output) == (0, f"{to}: 2 schemas of 31 events\n")
    assert sorted(path.name for path in (tmp_path / "plan").rglob("*.json")) == ["a.json", "identify.json"]
    assert run("check", to).exit_code == 0
    done = run("try", "-", "--plan", to, stdin=events)
    assert (done.exit_code, done.output) == (0, "31 events, 0 break the plan\n")


def test_events_that_cannot_be_planned_are_counted(tmp_path: Path) -> None:
    events = [{"type": "track", "event": "Order 123456"}, {"type": "x"}, {"type": "page", "userId": "u"}]
    done = run("infer", "-", "--to", str(tmp_path / "plan"), "--json", stdin=json.dumps(events))
    assert done.exit_code == 1
    told = json.loads(done.output)
    assert (told["schemas"], told["events"]) == (1, 3)
    assert told["notes"] == ["left out: 2 events of no known type, or of a name that holds data"]


def test_the_command_takes_a_file_or_the_dead_letters(tmp_path: Path) -> None:
    for arguments in ([], ["--dead", "-"]):
        done = run("infer", *arguments, "--to", str(tmp_path / "plan"))
        assert done.exit_code == 2
        assert "or --dead for the dead letters of a stack" in done.output
    done = run("infer", "-", "--to", str(tmp_path / "plan"), stdin='{"type":"x"}')
    assert done.exit_code == 2
    assert list(tmp_path.iterdir()) == []
