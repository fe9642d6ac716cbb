"""Random schemas and values, small enough that they meet."""

from typing import Any

from hypothesis import strategies as st

_TYPES = st.sampled_from(["null", "boolean", "object", "array", "number", "integer", "string"])
_NAMES = st.sampled_from(["a", "b"])


def _schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {},
        optional={
            "type": _TYPES | st.lists(_TYPES, min_size=1, max_size=3, unique=True),
            "required": st.lists(_NAMES, unique=True, max_size=2),
            "properties": st.dictionaries(_NAMES, inner, max_size=2),
            "additionalProperties": inner,
            "patternProperties": st.dictionaries(st.just("^b"), inner, max_size=1),
            "unevaluatedProperties": st.just(False),
            "items": inner,
            "prefixItems": st.lists(inner, min_size=1, max_size=1),
            "enum": st.lists(st.sampled_from([1, "x", None, True, []]), min_size=1, max_size=3),
            "const": st.sampled_from([1, "x"]),
            "minimum": st.integers(-1, 1),
            "maximum": st.integers(-1, 1),
            "minLength": st.integers(0, 2),
            "maxItems": st.integers(0, 2),
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
        },
    )


SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | st.just({}) | _schemas(st.just({})), _schemas, max_leaves=5
)
VALUES = st.recursive(
    st.sampled_from([None, True, 1, -2, 0.5, "", "x", "xx"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=5,
)
