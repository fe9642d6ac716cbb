"""JSON as text: repairs, checks and splits, in linear time whatever the text."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events import json_editing
from dreamdata_relay.limits import MAX_NESTING

MB = 1_000_000


@pytest.mark.parametrize(
    ("given", "repaired"),
    [
        (b'{"a":NaN}', b'{"a":null}'),
        (b"[-Infinity, Infinity,NaN ]", b"[null, null,null ]"),
        (b'["NaN","\\"NaN",":Infinity"]', b'["NaN","\\"NaN",":Infinity"]'),
        (b'["\\\\",NaN]', b'["\\\\",null]'),
        (b"[nan,-inf,Inf]", b"[nan,-inf,Inf]"),
        (b'"NaN', b'"NaN'),
        (b'NaN,"NaN\\', b'null,"NaN\\'),
        (b"", b""),
    ],
)
def test_constants_outside_strings_are_null(given: bytes, repaired: bytes) -> None:
    assert json_editing.without_constants(given) == repaired


@pytest.mark.parametrize(
    ("given", "lone"),
    [
        (r'"\ud83d\ude00"', 0),
        (r'"\ud83d"', 1),
        (r'"\ude00\ud83d"', 2),
        (r'"\ud83d\ud83d\ude00"', 1),
        (r'"\\ud83d"', 0),
        (r'"\\\ud83d"', 1),
        (r'"\uD83D\uDE00 \u00e9 \n"', 0),
        (r'"\u12"', 0),
        ('"\\', 0),
    ],
)
def test_only_lone_surrogates_are_made_readable(given: str, lone: int) -> None:
    readable = json_editing.readable(given.encode())

    assert (readable.count(b"\\ufffd"), len(readable)) == (lone, len(given))


@pytest.mark.parametrize(
    "text",
    [
        b"[1e999]",
        b'{"a":"\\ud800"}',
        b"[" * 20_000 + b"]" * 20_000,
        b'{"a":' * 20_000 + b'[{}, {"b":"\\ud800"}, true, -1.5e+3]' + b"}" * 20_000,
        b'["\\ud800",' * 100_000 + b"1" + b"]" * 100_000,
        b" [ ] ",
        b"0",
    ],
    ids=lambda text: str(text[:20]),
)
def test_json_passes(text: bytes) -> None:
    json_editing.check(text)


DEEP = 20_000
DEEPER = b"[" * DEEP + b"]" * DEEP


@pytest.mark.parametrize(
    "inner",
    [b"]", b"}", b",", b"1 1", b"[1,]", b'{"a"}', b'{"a":}', b"{1:1}", b'{"a":1,}', b"tru", b"01", b'"\x01"', b'"\\x"',
     b":", b"[}", b'"', b"\xc3", b'{"a":1 "b":2}'],
)  # fmt: skip
@pytest.mark.parametrize("depth", [0, 1, MAX_NESTING - 2])
def test_what_is_not_json_is_told_down_to_the_deepest_level_that_is_read(inner: bytes, depth: int) -> None:
    with pytest.raises(NotJson):
        json_editing.check(b"[" * depth + inner + b"]" * depth)
    with pytest.raises(NotJson):
        json_editing.check(b"[" + DEEPER + b"," + b"[" * depth + inner + b"]" * depth + b"]")


@pytest.mark.parametrize("inner", [b"1 1", b"[1,]", b"tru", b'{"a"}'])
def test_what_nests_deeper_is_not_looked_at(inner: bytes) -> None:
    json_editing.check(b"[" * DEEP + inner + b"]" * DEEP)


@pytest.mark.parametrize("text", [b"[" * DEEP, b"[" * DEEP + b"]" * (DEEP + 1), b'["' * DEEP])
def test_brackets_without_end_are_not_json(text: bytes) -> None:
    with pytest.raises(NotJson):
        json_editing.check(text)


@pytest.mark.parametrize(
    "text",
    [
        b'{"NaN":NaN,"x":"' + b'\\"' * (2 * MB),
        b'{"x":"' + b"\\\\" * (2 * MB) + b'",NaN:',
        b'"",' * MB + b"NaN",
        b"NaN," * MB,
        b'["' + b"\\ud800" * MB + b'"]',
        b"[" * (4 * MB),
        b"[" * DEEP + b"]" * DEEP + b"," * (4 * MB),
        b"-" * (4 * MB) + b"NaN",
        DEEPER + b" " * (4 * MB),
        b"[" + DEEPER + b',"' + b'\\"' * (2 * MB),
        b"[" * DEEP + b'{"":' * MB,
        b"[" * DEEP + b'["' * MB,
    ],
    ids=lambda text: str(text[:16]),
)
def test_hostile_texts_of_some_megabytes_are_read_to_their_end(text: bytes) -> None:
    """Read in time by the square of its length, none of these would be done before the suite's time-out."""
    with contextlib.suppress(NotJson):
        json_editing.check(json_editing.without_constants(text))


def test_an_object_splits_into_members_as_they_stand() -> None:
    text = b'{ "a" : [1, {"b": "}"}] , "\\u0061":"\\"," ,"c":-1.5e3 }'

    members = [(m.key, text[m.value_start : m.value_end]) for m in json_editing.split_object(text)]

    assert members == [("a", b'[1, {"b": "}"}]'), ("a", b'"\\","'), ("c", b"-1.5e3")]


def test_values_by_name_are_the_last_ones_in_both_ways() -> None:
    text = b'{"a":1,"b":2,"\\u0061":[3],"c":null}'

    fast = json_editing.values_of(text, ("a", "c", "z"))
    slow = json_editing.values_of(text[:-1] + b',"s":"\\ud800"}', ("a", "c", "z"))

    assert fast == slow == {"a": b"[3]", "c": b"null"}


@pytest.mark.parametrize("value", [[], [1], ["]", {"a": [1, "\\"]}], [[], {}, "", None, -0.5, True]])
def test_an_array_splits_into_elements_as_they_stand(value: list[object]) -> None:
    for text in (json.dumps(value), json.dumps(value, indent=2)):
        assert [json.loads(element) for element in json_editing.split_array(text.encode())] == value


def depth_of(text: str) -> int:
    """The plain way, a character at a time."""
    depth = deepest = 0
    inside = escaped = False
    for character in text:
        if inside:
            inside, escaped = escaped or character != '"', character == "\\" and not escaped
        elif character == '"':
            inside = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


JSON = st.recursive(
    st.none() | st.integers() | st.text('[]{}",:\\ a', max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('[]{}",:\\ a', max_size=3), inner, max_size=4),
    max_leaves=30,
)


@settings(deadline=None)
@given(JSON, st.sampled_from([None, 1]), st.integers(1, 7))
def test_depth_is_told_as_by_the_plain_way_and_what_is_deeper_is_cut_out(
    value: object, indent: int | None, limit: int
) -> None:
    text = json.dumps(value, indent=indent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_editing, "MAX_NESTING", limit)
        too_deep, pruned = json_editing.nests_too_deep(text.encode()), json_editing._pruned(text.encode()).decode()

    assert too_deep == (depth_of(text) > limit)
    assert json.loads(pruned) == _cut(value, limit)


def _cut(value: object, levels: int) -> object:
    if not isinstance(value, list | dict):
        return value
    if levels == 0:
        return 0
    if isinstance(value, list):
        return [_cut(one, levels - 1) for one in value]
    return {key: _cut(one, levels - 1) for key, one in value.items()}


@settings(deadline=None)
@given(st.lists(JSON, max_size=5), st.sampled_from([None, 1]))
def test_any_array_splits_into_its_elements(value: list[object], indent: int | None) -> None:
    elements = json_editing.split_array(json.dumps(value, indent=indent).encode())

    assert [json.loads(element) for element in elements] == value
