"""What nests deeper than the patterns for JSON cover: found as by the plain way, without a step for each bracket."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events import json_depths, json_editing, json_nesting
from dreamdata_relay.events.json_outlines import Outline
from dreamdata_relay.limits import MAX_NESTING
from tests.unit.test_json_editing import DEEP_VALUES, PAIRS, depth_of, object_text, steps_of

# A part of a text ends anywhere: in a string, in an escape, between brackets.
SIZES = st.sampled_from([1, 2, 3, 7, 50, 1_024])
DEPTHS = st.sampled_from([1, 4, 64])
INDENTS = st.sampled_from([None, 1])


@contextmanager
def stretches_of(size: int, less_deep: int = 64) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_FIRST_BYTES", "_STRETCH_BYTES"):
            patch.setattr(json_depths, name, size)
        patch.setattr(json_depths, "_LESS_DEEP", less_deep)
        json_depths._less_deep.cache_clear()
        yield
    json_depths._less_deep.cache_clear()


@given(st.lists(DEEP_VALUES, max_size=3), INDENTS, SIZES, DEPTHS)
def test_any_container_ends_where_the_depth_is_back(
    value: list[object], indent: int | None, size: int, less_deep: int
) -> None:
    text = json.dumps(value, indent=indent)
    inside = "0," + text + ',{"a":1}'

    with stretches_of(size, less_deep):
        end = json_depths.end_of_container(inside.encode(), 2)
        none = json_depths.end_of_container(inside.encode()[: 1 + len(text)], 2)

    assert (end, none) == (2 + len(text), None)


@given(DEEP_VALUES, INDENTS, SIZES, st.integers(0, 45))
def test_depth_is_told_as_by_the_plain_way(value: object, indent: int | None, size: int, most: int) -> None:
    text = json.dumps([value], indent=indent)

    with stretches_of(size):
        assert json_depths.nests_deeper(text.encode(), most) == (depth_of(text) > most)


@given(DEEP_VALUES, INDENTS, SIZES, st.integers(1, 45))
def test_what_is_too_deep_is_cut_out_as_by_the_plain_way(
    value: object, indent: int | None, size: int, most: int
) -> None:
    text = json.dumps([value], indent=indent)
    kept = ""
    depth, inside, escaped = 0, False, False
    for character in text:
        opens, closes = not inside and character in "[{", not inside and character in "]}"
        depth += opens
        kept += character if depth <= most else "0" if opens and depth == most + 1 else ""
        depth -= closes
        if inside:
            inside, escaped = escaped or character != '"', character == "\\" and not escaped
        else:
            inside = character == '"'

    with stretches_of(size):
        assert json_depths.cut_at(text.encode(), most).decode() == kept


@given(PAIRS, INDENTS, st.booleans(), SIZES, st.sampled_from([b"", b" ", b"\n\t"]))
def test_members_that_nest_deep_are_told_apart(
    pairs: list[tuple[str, object]], indent: int | None, escapes: bool, size: int, space: bytes
) -> None:
    deep = json.loads("[" * 13 + "]" * 13)
    text = space + object_text([("first", deep), *pairs], indent, escapes) + space
    names = ("type", "userId")

    with stretches_of(size):
        members = json_editing.split_around(text, names)

    all_members = json_editing.split_object(text)
    named = [tuple(member) for member in all_members if member.key in names]
    assert [tuple(member) for member in members if member.key] == named
    covered = [place for member in members for place in range(member.start, member.value_end)]
    assert len(covered) == len(set(covered))
    assert {place for member in all_members for place in range(member.start, member.value_end)} <= set(covered)
    assert [(member.key, json.loads(text[member.value_start : member.value_end])) for member in all_members] == [
        ("first", deep),
        *pairs,
    ]


def test_an_outline_has_a_bracket_for_each_value_that_nests() -> None:
    text = rb'{"a":[1,{"b":2}],"]\"[":"[\\",  "c" : {} }'

    outline = Outline(text, 0)

    assert outline.text.count(b"]") == 2
    assert len(outline.text) == len(text) - len(rb'[1,{"b":2}') - len(b"{") - len(b"}")
    assert text[outline.place_of(outline.text.rindex(b'"c"')) :].startswith(b'"c" : {}')


@pytest.mark.parametrize("text", [rb"[[\"]]", rb"[[\\]]", b"[[\0]]"])
def test_what_would_read_strings_otherwise_than_the_patterns_is_not_json(text: bytes) -> None:
    with pytest.raises(NotJson):
        json_depths.cut_at(text, 1)


STAIRS = "[[]," * 30 + "0" + "]" * 30
BULKS = {
    "lists of thirteen levels": "[" * 13 + "]" * 13,
    "objects of thirteen levels": '{"b":' * 13 + '"[{"' + "}" * 13,
    "lists like stairs": STAIRS,
    "deep and flat": "[" * 70 + "]" * 70 + ",[]" * 30,
    "quotes in it": '["' + r"\"]\\" * 3 + '",' + "[" * 14 + "]" * 15,
}
WORK: dict[str, Callable[[bytes], object]] = {
    "split around": lambda text: json_editing.split_around(text, ("type",)),
    "check": json_editing.check,
    "too deep": json_nesting.nests_too_deep,
    "cut": json_nesting.cut_at_max_nesting,
    "split array": lambda text: json_editing.split_array(b"[" + text + b"]"),
    "cut at the last level": lambda text: json_depths.cut_at(text, 12),
}


@pytest.mark.parametrize("work", WORK)
@pytest.mark.parametrize("bulk", BULKS)
def test_very_many_of_what_nests_deep_take_no_step_each(bulk: str, work: str) -> None:
    value = BULKS[bulk]
    text = ('{"type":"page","z":"\\ud800",' + f'"a":[{value}],' * 3_000 + '"b":0}').encode()

    assert steps_of(lambda: WORK[work](text)) < 3_000


@pytest.mark.parametrize("levels", [MAX_NESTING - 5, MAX_NESTING, MAX_NESTING + 5])
def test_very_many_brackets_at_the_last_level_take_no_step_each(levels: int) -> None:
    text = ("[" * levels + "[],[[]]," * 30_000 + "0" + "]" * levels).encode()

    assert steps_of(lambda: json_nesting.nests_too_deep(text)) < 1_000
    assert steps_of(lambda: json_nesting.cut_at_max_nesting(text)) < 1_000
