"""What is counted of a schema, and what is read of an event for it, are never too little."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plan_compiler.needs import needed
from plan_compiler.references import Files
from plan_compiler.weights import Weights
from tests.examples import examples
from tests.plan.schemas import SCHEMAS, VALUES

FILE = "track/a.json"
_MEMBERS = st.fixed_dictionaries({}, optional=dict.fromkeys("abc", VALUES))
_NAMES = st.sampled_from("abc")
# Everything that looks at members of the value itself, not of a part of it.
_EVENTS_SCHEMAS = st.fixed_dictionaries(
    {},
    optional={
        "required": st.lists(_NAMES, unique=True, max_size=2),
        "properties": st.dictionaries(_NAMES, SCHEMAS, max_size=2),
        "dependentRequired": st.dictionaries(_NAMES, st.lists(_NAMES, unique=True, max_size=1), max_size=1),
        "dependentSchemas": st.dictionaries(_NAMES, SCHEMAS, max_size=1),
        "additionalProperties": st.booleans(),
        "unevaluatedProperties": st.booleans(),
        "propertyNames": st.sampled_from([True, {"const": "a"}]),
        "minProperties": st.integers(0, 2),
        "maxProperties": st.integers(0, 2),
        "allOf": st.lists(SCHEMAS, min_size=1, max_size=2),
        "anyOf": st.lists(SCHEMAS, min_size=1, max_size=2),
        "oneOf": st.lists(SCHEMAS, min_size=1, max_size=2),
        "not": SCHEMAS,
        "if": SCHEMAS,
        "then": SCHEMAS,
        "else": SCHEMAS,
        "$ref": st.just("#/$defs/d"),
    },
)


@given(schema=_EVENTS_SCHEMAS, inner=SCHEMAS, event=_MEMBERS)
@settings(max_examples=examples(200), deadline=None)
def test_members_that_are_not_needed_change_nothing(schema: dict[str, Any], inner: Any, event: dict[str, Any]) -> None:
    whole = {**schema, "$defs": {"d": inner}}
    members = needed(FILE, whole, Files({FILE: whole}))
    read = event if members is None else {name: one for name, one in event.items() if name in members}
    validator = jsonschema_rs.Draft202012Validator(whole)
    assert validator.is_valid(read) == validator.is_valid(event)


@pytest.mark.parametrize(
    ("schema", "members"),
    [
        ({}, set()),
        ({"required": ["a"], "properties": {"b": {"properties": {"c": {}}}}}, {"a", "b"}),
        ({"dependentRequired": {"a": ["b"]}}, {"a", "b"}),
        ({"dependentSchemas": {"a": {"required": ["b"]}}}, {"a", "b"}),
        ({"$ref": "#/$defs/d", "$defs": {"d": {"required": ["a"]}}}, {"a"}),
        (
            {"if": {"required": ["a"]}, "then": {"anyOf": [{"required": ["b"]}]}, "else": {"required": ["c"]}},
            set("abc"),
        ),
        ({"additionalProperties": True, "required": ["a"]}, {"a"}),
        ({"additionalProperties": {"type": "null"}}, None),
        ({"allOf": [{"not": {"minProperties": 2}}]}, None),
    ],
)
def test_what_is_needed_is_what_the_schema_names(schema: dict[str, Any], members: set[str] | None) -> None:
    assert needed(FILE, schema, Files({FILE: schema})) == members


@pytest.mark.parametrize(
    ("schema", "weight"),
    [
        ({}, 1),
        ({"allOf": [{}, {"anyOf": [True, False]}]}, 5),
        ({"items": {}, "contains": {}, "unevaluatedItems": {}}, 3),
        ({"items": {"allOf": [{}, {}]}, "contains": {}}, 4),
        ({"prefixItems": [{"allOf": [{}, {}]}, {}]}, 3),
        ({"properties": {"a": {"enum": [1, 2, 3]}, "b": {"enum": [1]}}}, 4),
        ({"properties": {"a": {"enum": [1, 2, 3]}}, "patternProperties": {"a": {}, "b": {}}}, 6),
        ({"allOf": [{"items": {"enum": [1, 2]}}, {"items": {"enum": [1, 2]}}]}, 6),
        ({"required": ["a", "b"]}, 3),
        ({"$ref": "#/$defs/d", "$defs": {"d": {"allOf": [{}, {}]}}}, 4),
        ({"$defs": {"d": {"allOf": [{}, {}]}}}, 1),
    ],
)
def test_the_weight_is_the_most_that_meets_one_value(schema: dict[str, Any], weight: int) -> None:
    assert Weights(Files({FILE: schema})).weight(FILE, schema) == weight
