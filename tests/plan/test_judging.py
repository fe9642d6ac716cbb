"""The engine: which schema an event has to fit, what is said of how it breaks it, and what is to be done."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dreamdata_relay.errors import PlanUnusable
from dreamdata_relay.plan.plan import Plan, plan_of
from dreamdata_relay.plan.violations import Mode, path_of
from plan_compiler import compiled_folder
from tests.plan.plans import of_properties, plan, text, write

ORDER = of_properties(
    "Order Completed",
    required=["revenue"],
    additionalProperties=False,
    properties={
        "revenue": {"type": "number", "minimum": 0},
        "email": {"type": "string", "format": "email"},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "products": {"type": "array", "items": {"type": "object", "required": ["sku"]}},
    },
)


def found(a_plan: Plan, event: bytes, source: str = "http:default") -> list[tuple[str, str]]:
    return [(one.kind.value, one.path) for one in a_plan.judged(event, source).violations]


def order(**properties: Any) -> bytes:
    return text(type="track", event="Order Completed", properties=properties)


@pytest.fixture
def orders(tmp_path: Path) -> Plan:
    return plan(tmp_path, {"track/order-completed.json": ORDER})


def test_an_event_that_keeps_to_the_plan_has_no_violation(orders: Plan) -> None:
    verdict = orders.judged(order(revenue=1, email="a@example.com", note=None, products=[{"sku": "x"}]), "queue")
    assert verdict == (Mode.OFF, (), False)


@pytest.mark.parametrize(
    ("properties", "violation"),
    [
        ({}, ("missing_required", "properties.revenue")),
        ({"revenue": "1"}, ("wrong_type", "properties.revenue")),
        ({"revenue": None}, ("wrong_type", "properties.revenue")),
        ({"revenue": 1, "note": 2}, ("wrong_type", "properties.note")),
        ({"revenue": 1, "colour": 2}, ("additional_member", "properties.colour")),
        ({"revenue": -1}, ("other", "properties.revenue")),
        ({"revenue": 1, "email": "nobody"}, ("other", "properties.email")),
        ({"revenue": 1, "products": [{"sku": 1}, {}]}, ("missing_required", "properties.products[1].sku")),
    ],
)
def test_each_kind_is_told_with_its_path(orders: Plan, properties: Any, violation: tuple[str, str]) -> None:
    assert found(orders, order(**properties)) == [violation]


def test_all_violations_are_told_at_once(orders: Plan) -> None:
    assert sorted(found(orders, order(a=1, b=2, email="x"))) == [
        ("additional_member", "properties.a"),
        ("additional_member", "properties.b"),
        ("missing_required", "properties.revenue"),
        ("other", "properties.email"),
    ]


@pytest.mark.parametrize(
    ("schema", "violations"),
    [
        (
            {"additionalProperties": False},
            [("additional_member", "properties.a"), ("additional_member", "properties.b")],
        ),
        (
            {"unevaluatedProperties": False},
            [("additional_member", "properties.a"), ("additional_member", "properties.b")],
        ),
        ({"properties": {"a": False}}, [("additional_member", "properties.a")]),
        ({"patternProperties": {"^a": False}}, [("additional_member", "properties.a")]),
        ({"properties": {"b": {"items": False}}}, [("other", "properties.b[0]")]),
        ({"propertyNames": {"pattern": "^[b-z]"}}, [("other", "properties")]),
        ({"dependentRequired": {"a": ["c"]}}, [("missing_required", "properties.c")]),
        ({"not": {"required": ["a"]}}, [("other", "properties")]),
        ({"if": {"required": ["a"]}, "then": {"required": ["c"]}}, [("missing_required", "properties.c")]),
    ],
)
def test_what_is_barred_or_depends_has_its_kind(tmp_path: Path, schema: Any, violations: list[tuple[str, str]]) -> None:
    a_plan = plan(tmp_path, {"track/a.json": of_properties("A", **schema)})
    assert found(a_plan, text(type="track", event="A", properties={"a": 1, "b": [1]})) == violations


def test_an_event_of_no_file_is_unplanned(orders: Plan) -> None:
    assert found(orders, text(type="track", event="order completed")) == [("unplanned_event", "")]


def test_a_type_that_the_plan_does_not_name_is_not_judged(orders: Plan) -> None:
    assert found(orders, text(type="page", name="Home")) == []


def test_a_types_own_file_is_for_all_its_other_events(tmp_path: Path) -> None:
    both = plan(tmp_path, {"track/order-completed.json": ORDER, "track.json": {"required": ["userId"]}})
    assert found(both, text(type="track", event="Other")) == [("missing_required", "userId")]
    assert found(both, order(revenue=1)) == []


def test_a_page_is_named_by_its_name(tmp_path: Path) -> None:
    pages = plan(tmp_path, {"page/pricing.json": {"title": "Pricing", "required": ["context"]}})
    assert found(pages, text(type="page", name="Pricing")) == [("missing_required", "context")]
    assert found(pages, text(type="page", name="Other", event="Pricing")) == [("unplanned_event", "")]


def test_what_is_common_is_for_all_events(tmp_path: Path) -> None:
    common = {"required": ["context"]}
    both = plan(tmp_path, {"track/order-completed.json": ORDER, "common.json": common})
    missing = ("missing_required", "context")
    assert found(both, text(type="identify")) == [missing]
    assert found(both, text(type="track", event="No")) == [("unplanned_event", ""), missing]
    assert found(both, order()) == [missing, ("missing_required", "properties.revenue")]


def test_x_event_names_the_event_where_the_title_does_not(tmp_path: Path) -> None:
    named = plan(tmp_path, {"track/a.json": {"title": "About orders", "x-event": "A", "required": ["b"]}})
    assert found(named, text(type="track", event="A")) == [("missing_required", "b")]
    assert found(named, text(type="track", event="About orders")) == [("unplanned_event", "")]


def test_schemas_refer_to_files_of_the_folder(tmp_path: Path) -> None:
    files = {
        "track/a.json": of_properties("A", properties={"price": {"$ref": "../shared/money.json#/$defs/price"}}),
        "shared/money.json": {"$defs": {"price": {"$ref": "units/number.json"}}},
        "shared/units/number.json": {"type": "number"},
    }
    event = text(type="track", event="A", properties={"price": "1"})
    assert found(plan(tmp_path, files), event) == [("wrong_type", "properties.price")]


def test_no_value_is_in_what_is_told(orders: Plan) -> None:
    secret = "jane@example.com"
    event = order(revenue=secret, email=secret + "@", **{secret: 1, "4111111111111111": 1})
    verdict = orders.judged(event, "queue")
    told = [(one.path, one.rule, one.kind) for one in verdict.violations]
    assert len(told) == 4
    assert "jane" not in repr(told)
    assert "411111" not in repr(told)


@pytest.mark.parametrize(
    ("at", "path"),
    [
        ((), ""),
        (("a", 0, "b"), "a[0].b"),
        (("a b", "c.d"), '"a b"."c.d"'),
        (("x@y", "a" * 61, "12345678", 'q"', "\n", "?"), "*.*.*.*.*.*"),
        (("größe",), "größe"),
    ],
)
def test_a_path_shows_names_but_what_may_be_data(at: tuple[str | int, ...], path: str) -> None:
    assert path_of(at) == path


SETTINGS = """\
version: 1
mode: quarantine
modes:
  - match: { key: old }
    mode: off
  - match: { type: track, event: "Order *", kind: [additional_member, wrong_type] }
    mode: omit
  - match: { kind: unplanned_event, key: [shop, app] }
    mode: refuse
"""


@pytest.mark.parametrize(
    ("event", "source", "modes"),
    [
        (order(revenue=1, a=1), "http:shop", ["omit"]),
        (order(a=1), "http:shop", ["omit", "quarantine"]),
        (order(a=1), "http:old", []),
        (text(type="track", event="No"), "http:shop", ["refuse"]),
        (text(type="track", event="No"), "http:other", ["quarantine"]),
        (text(type="track", event="No"), "queue", ["quarantine"]),
    ],
)
def test_the_first_mode_that_matches_counts(tmp_path: Path, event: bytes, source: str, modes: list[str]) -> None:
    a_plan = plan(tmp_path, {"track/order-completed.json": ORDER, "settings.yaml": SETTINGS})
    verdict = a_plan.judged(event, source)
    assert sorted(one.mode.value for one in verdict.violations) == modes
    assert verdict.mode == max((Mode(mode) for mode in [*modes, "off"]), key=lambda mode: mode.strength)


def test_what_is_not_listed_counts_as_the_worst_that_it_can_be(tmp_path: Path) -> None:
    """Behind twenty additional members that are left out one may be missing."""
    settings = "version: 1\nmode: quarantine\nmodes:\n  - {match: {kind: additional_member}, mode: off}\n"
    a_plan = plan(tmp_path, {"track/order-completed.json": ORDER, "settings.yaml": settings})
    verdict = a_plan.judged(order(**{f"m{n}": 1 for n in range(30)}), "queue")
    assert (verdict.mode, verdict.more) == (Mode.QUARANTINE, True)
    assert a_plan.judged(order(revenue=1, **{f"m{n}": 1 for n in range(3)}), "queue").mode is Mode.OFF


def test_warning_is_the_mode_where_none_is_set(orders: Plan) -> None:
    assert orders.judged(order(), "queue").mode is Mode.WARN


@pytest.mark.parametrize(
    ("properties", "violations"),
    [
        (b'{"revenue":"\\ud800"}', [("wrong_type", "properties.revenue")]),
        (b'{"revenue":1,"\\ud800":1}', [("additional_member", "properties.*")]),
        (b'{"revenue":1},"\\ud800":{}', []),
        (b'{"revenue":1e999}', [("wrong_type", "properties.revenue")]),
        (b'{"revenue":NaN}', [("wrong_type", "properties.revenue")]),
        (b'{"revenue":' + b"1" * 500 + b"}", []),
        (b'{"revenue":' + b"1" * 5000 + b"}", [("other", "")]),
        (b'{"revenue":1,"note":' + b"[" * 3000 + b"]" * 3000 + b"}", [("other", "")]),
        (b'{"reven\\u0075e":1}', []),
        (b'{"revenue":"","revenue":1}', []),
        (b"[]", [("wrong_type", "properties")]),
    ],
)
def test_unusual_texts_are_judged_too(orders: Plan, properties: bytes, violations: list[tuple[str, str]]) -> None:
    event = b'{"type":"tr\\u0061ck","event":"Order Completed","properties":' + properties + b"}"
    assert found(orders, event) == violations


def test_an_event_that_is_no_json_breaks_what_is_common(tmp_path: Path) -> None:
    """The relay takes none; nothing is let through as judged that was not."""
    common = plan(tmp_path, {"common.json": {"required": ["context"]}})
    verdict = common.judged(b'{"type":"track"', "queue")
    assert [one.rule for one in verdict.violations] == ["unreadable"]


def test_an_empty_plan_is_none(tmp_path: Path) -> None:
    assert plan_of(compiled_folder(tmp_path)) is None


@pytest.mark.parametrize("compiled", [b"", b"{}", b'{"format":1}', b'{"format":2,"version":""}', b"\xff"])
def test_a_damaged_plan_cannot_be_used(compiled: bytes) -> None:
    with pytest.raises(PlanUnusable):
        plan_of(compiled)


def test_only_what_the_schemas_look_at_is_decoded(tmp_path: Path) -> None:
    """The rest is only skipped: `properties` alone is needed here, or all where the event is closed."""
    compiled = json.loads(compiled_folder(write(tmp_path, {"track/order-completed.json": ORDER})))
    assert compiled["planned"][0]["schema"]["needs"] == ["properties"]
    closed = {"track/order-completed.json": {**ORDER, "unevaluatedProperties": False}}
    compiled = json.loads(compiled_folder(write(tmp_path, closed)))
    assert compiled["planned"][0]["schema"]["needs"] is None


def test_the_validator_is_imported_at_the_first_planned_event() -> None:
    """What has no plan has no validator."""
    code = (
        "import sys; import dreamdata_relay.plan.plan as p;"
        'plan = p.plan_of(b\'{"format":1,"version":"a","planned":'
        '[{"type":"page","schema":{"file":"page.json","schema":{},"weight":1}}]}\');'
        "plan.judged(b'{\"type\":\"track\"}', 'queue'); assert 'jsonschema_rs' not in sys.modules;"
        "plan.judged(b'{\"type\":\"page\"}', 'queue'); assert 'jsonschema_rs' in sys.modules"
    )
    layer = Path(__file__).parents[2] / "layers" / "relay"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(layer)}, timeout=60)
