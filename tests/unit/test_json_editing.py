"""JSON as text: repairs, checks and splits, in linear time whatever the text."""

import contextlib
import cProfile
import json
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events import json_editing, json_nesting, json_repair
from dreamdata_relay.limits import MAX_NESTING
from tests.fakes.relay import IngestBench

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
    assert json_repair.without_constants(given) == repaired


@pytest.mark.parametrize(
    ("given", "surrogates"),
    [
        (r'"\ud83d\ude00"', 2),
        (r'"\ud83d"', 1),
        (r'"\ude00\uD83D\udfff"', 3),
        (r'"\\\ud83d"', 1),
        (r'"\u00e9 \n \ud7ff \ue000"', 0),
        (r'"\u12"', 0),
        (r'"\ud8', 0),
        ('"\\', 0),
        (r'"\ud800' * 150_000, 150_000),
        ("x" * 262_141 + r"\ud800", 1),
        ("x" * 262_144 + r"\ud800", 1),
    ],
    ids=range(11),
)
def test_surrogates_are_made_readable_and_nothing_else(given: str, surrogates: int) -> None:
    readable = json_repair.readable(given.encode())

    assert (readable.count(b"\\ufffd"), len(readable)) == (surrogates, len(given))
    assert re.sub(rb"\\ufffd", b"", readable) == re.sub(r"\\u[dD][89a-f]..", "", given).encode()


def test_a_text_in_which_a_surrogate_seems_to_stand_is_valid_if_it_was() -> None:
    assert json_editing.values_of(rb'{"a":"\\ud800","b":"\ud800"}', ("a",)) == {"a": rb'"\\ud800"'}


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
        json_editing.check(json_repair.without_constants(text))


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


@given(JSON, st.sampled_from([None, 1]), st.integers(1, 7))
def test_depth_is_told_as_by_the_plain_way_and_what_is_deeper_is_cut_out(
    value: object, indent: int | None, limit: int
) -> None:
    text = json.dumps(value, indent=indent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_nesting, "MAX_NESTING", limit)
        too_deep, cut = (
            json_nesting.nests_too_deep(text.encode()),
            json_nesting.cut_at_max_nesting(text.encode()).decode(),
        )

    assert too_deep == (depth_of(text) > limit)
    assert json.loads(cut) == _cut(value, limit)


def _cut(value: object, levels: int) -> object:
    if not isinstance(value, list | dict):
        return value
    if levels == 0:
        return 0
    if isinstance(value, list):
        return [_cut(one, levels - 1) for one in value]
    return {key: _cut(one, levels - 1) for key, one in value.items()}


@given(st.lists(JSON, max_size=5), st.sampled_from([None, 1]))
def test_any_array_splits_into_its_elements(value: list[object], indent: int | None) -> None:
    elements = json_editing.split_array(json.dumps(value, indent=indent).encode())

    assert [json.loads(element) for element in elements] == value


def nested(value: object, levels: int) -> object:
    for level in range(levels):
        value = [value] if level % 2 else {"a": value, "b": [[[1]]]}
    return value


DEEP_VALUES = st.builds(nested, JSON, st.sampled_from([0, 0, 0, 3, 11, 12, 13, 40]))
KEYS = st.sampled_from(["type", "userId", "a", "", "typ", "types", "\ud800", "\\", '"type"', "tÿpe"])
PAIRS = st.lists(st.tuples(KEYS, DEEP_VALUES), max_size=8)


def object_text(pairs: list[tuple[str, object]], indent: int | None, escapes: bool) -> bytes:
    """An object in which keys stand more than once, and letters as escapes."""
    texts = [(json.dumps(key), json.dumps(value, indent=indent)) for key, value in pairs]
    if escapes:
        texts = [(re.sub("[yI]", lambda found: f"\\u{ord(found[0]):04x}", key), value) for key, value in texts]
    space = " \n" if indent else ""
    return ("{" + space + f"{space},{space}".join(f"{k}{space}:{space}{v}" for k, v in texts) + space + "}").encode()


@given(PAIRS, st.sampled_from([None, 1]), st.booleans())
def test_any_object_splits_into_its_members(pairs: list[tuple[str, object]], indent: int | None, escapes: bool) -> None:
    text = object_text(pairs, indent, escapes)

    members = json_editing.split_object(text)

    assert [(m.key, json.loads(text[m.value_start : m.value_end])) for m in members] == pairs
    assert all(text[m.start : m.value_start].startswith(b'"') for m in members)
    assert json_editing.keys_of(text) == {key for key, _ in pairs}


@given(PAIRS, st.sampled_from([None, 1]), st.booleans())
def test_members_that_are_named_are_told_apart_and_those_between_are_one(
    pairs: list[tuple[str, object]], indent: int | None, escapes: bool
) -> None:
    text, names = object_text(pairs, indent, escapes), ("type", "userId")
    all_members = json_editing.split_object(text)

    members = json_editing.split_around(text, names)

    named = [(m.key, m.start, m.value_start, m.value_end) for m in all_members if m.key in names]
    assert [tuple(m) for m in members if m.key] == named
    covered = [place for m in members for place in range(m.start, m.value_end)]
    assert len(covered) == len(set(covered))
    assert {place for m in all_members for place in range(m.start, m.value_end)} <= set(covered)
    assert members[0].start == all_members[0].start if pairs else not members
    last = {key: json.dumps(value, indent=indent).encode() for key, value in pairs}
    assert json_editing.values_of(text, names) == {name: last[name] for name in names if name in last}


@given(st.lists(DEEP_VALUES, max_size=6), st.sampled_from([None, 1]))
def test_any_array_of_what_nests_deep_splits_into_its_elements(value: list[object], indent: int | None) -> None:
    elements = json_editing.split_array(json.dumps(value, indent=indent).encode())

    assert [json.loads(element) for element in elements] == value


def steps_of(work: Callable[[], object]) -> int:
    """How many functions are called, Python's own and those in C, once all patterns are compiled."""
    work()
    profile = cProfile.Profile()
    profile.runcall(work)
    return sum(entry.callcount for entry in profile.getstats())


SPOILED = r'{"type":"page","userId":"u","z":"\ud800",'


@pytest.mark.parametrize("bulk", ['"a":[],', '"a":0,', r'"\ud800":{"b":[{}]},', '"a":[[[[[[[[[[[[]]]]]]]]]]]],'])
def test_very_many_members_beside_a_lone_surrogate_take_no_step_each(bulk: str) -> None:
    text = (SPOILED + bulk * 20_000 + '"b":0}').encode()

    assert json_editing.values_of(text, ("type", "b")) == {"type": b'"page"', "b": b"0"}
    assert steps_of(lambda: json_editing.values_of(text, ("type", "z"))) < 200
    assert steps_of(lambda: json_editing.split_around(text, ("type", "b"))) < 200
    assert steps_of(lambda: json_editing.split_array(b"[" + text + b"]")) < 1_000
    assert steps_of(lambda: json_editing.check(text)) < 200


def test_very_many_brackets_in_what_nests_deep_take_no_step_each() -> None:
    text = b"[" * 5_900 + b"[],{}," * 100_000 + b"0" + b"]" * 5_900

    assert steps_of(lambda: json_nesting.nests_too_deep(text)) < 1_000
    assert steps_of(lambda: json_nesting.cut_at_max_nesting(text)) < 1_000


def test_a_request_of_very_many_members_beside_lone_surrogates_takes_no_step_each() -> None:
    """Nine kilobytes of gzip: each step would be some hundred thousand."""
    event = SPOILED + '"a":[],' * 60_000 + '"b":0}'
    bench = IngestBench()

    steps = steps_of(lambda: bench.post('{"batch":[' + ",".join([event] * 12) + "]}"))

    assert len(bench.queued_events()) == 24
    assert steps < 20_000
