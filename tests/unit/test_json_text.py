"""JSON as text: repairs, checks and splits, in linear time whatever the text."""

import contextlib
import json

import pytest

from dreamdata_relay import json_text
from dreamdata_relay.errors import NotJson

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
    assert json_text.without_constants(given) == repaired


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
    readable = json_text.readable(given.encode())

    assert (readable.count(b"\\ufffd"), len(readable)) == (lone, len(given))


@pytest.mark.parametrize(
    "text",
    [
        b"[1e999]",
        b'{"a":"\\ud800"}',
        b"[" * 20_000 + b"]" * 20_000,
        b'{"a":' * 20_000 + b'[{}, {"b":"\\ud800"}, true, -1.5e+3]' + b"}" * 20_000,
        b" [ ] ",
        b"0",
    ],
    ids=lambda text: str(text[:20]),
)
def test_json_passes(text: bytes) -> None:
    json_text.check(text)


DEEP = 20_000


@pytest.mark.parametrize(
    "inner",
    [b"]", b"}", b",", b"1 1", b"[1,]", b'{"a"}', b'{"a":}', b"{1:1}", b'{"a":1,}', b"tru", b"01", b'"\x01"', b'"\\x"',
     b":", b"[}", b'"', b"\xc3", b'{"a":1 "b":2}'],
)  # fmt: skip
@pytest.mark.parametrize("depth", [0, 1, DEEP])
def test_what_is_not_json_is_told_at_any_depth(inner: bytes, depth: int) -> None:
    with pytest.raises(NotJson):
        json_text.check(b"[" * depth + inner + b"]" * depth)


@pytest.mark.parametrize("text", [b"[" * DEEP, b"[" * DEEP + b"]" * (DEEP + 1), b"[" * 100_001 + b"]" * 100_001])
def test_brackets_without_end_are_not_json(text: bytes) -> None:
    with pytest.raises(NotJson):
        json_text.check(text)


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
    ],
    ids=lambda text: str(text[:16]),
)
def test_hostile_texts_of_some_megabytes_are_read_to_their_end(text: bytes) -> None:
    """Read in time by the square of its length, none of these would be done before the suite's time-out."""
    with contextlib.suppress(NotJson):
        json_text.check(json_text.without_constants(text))


def test_an_object_splits_into_members_as_they_stand() -> None:
    text = b'{ "a" : [1, {"b": "}"}] , "\\u0061":"\\"," ,"c":-1.5e3 }'

    members = [(m.key, text[m.value_start : m.value_end]) for m in json_text.split_object(text)]

    assert members == [("a", b'[1, {"b": "}"}]'), ("a", b'"\\","'), ("c", b"-1.5e3")]


def test_values_by_name_are_the_last_ones_in_both_ways() -> None:
    text = b'{"a":1,"b":2,"\\u0061":[3],"c":null}'

    fast = json_text.values_of(text, ("a", "c", "z"))
    slow = json_text.values_of(text[:-1] + b',"s":"\\ud800"}', ("a", "c", "z"))

    assert fast == slow == {"a": b"[3]", "c": b"null"}


@pytest.mark.parametrize("value", [[], [1], ["]", {"a": [1, "\\"]}], [[], {}, "", None, -0.5, True]])
def test_an_array_splits_into_elements_as_they_stand(value: list[object]) -> None:
    for text in (json.dumps(value), json.dumps(value, indent=2)):
        assert [json.loads(element) for element in json_text.split_array(text.encode())] == value
