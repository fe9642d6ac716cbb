"""The sandbox's JSON reader agrees with the grammar, keeps the text, and does not care how deep it nests."""

import json

import pytest

from local.sandbox.json_scan import NotJsonError, end_of_value, read_array, read_document, read_object

GRAMMATICAL = [
    "null", "true", "false", "0", "-0", "-1.5e+10", "1E5", '""', r'"\u12aB\n\"\\\/"', r'"\ud800"', "[]", "{}", "[ ]",
    "{ }",
    '{"a":1}', '{ "a" : [ 1 , {"b":[[]]} , "x" ] , "c" : {} }', '"é€😀"', '"\u007f"', "[[],[{}],{}]",
]  # fmt: skip
UNGRAMMATICAL = [
    "", "tru", "truex", "01", "1.", ".5", "-", "+1", "1e", "NaN", "Infinity", "'a'", '"', '"\t"', r'"\x"', r'"\u12g4"',
    "[1,]", "[,1]", "[1 2]", "[1", "]", '{"a"}', '{"a":}', '{"a":1,}', '{a:1}', '{"a":1]', '[1}', '{"a" 1}', "{1:2}",
    "[]]",
    '{"a":1}}', '{"a":1,"b"}', "{,}", '{"a":[}',
]  # fmt: skip


def _refuse(constant: str) -> None:
    raise ValueError(constant)


@pytest.mark.parametrize("text", GRAMMATICAL)
def test_what_is_json_is_read_to_its_end(text: str) -> None:
    assert end_of_value(text, 0) == len(text)


@pytest.mark.parametrize("text", UNGRAMMATICAL)
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        json.loads(text, parse_constant=_refuse)

    with pytest.raises(NotJsonError):
        read_document(text, lambda text, position: ("", end_of_value(text, position)))


def test_members_keep_their_text() -> None:
    """Spaces, escapes and number formats of a member are those that were sent."""
    text = ' {"a" : 1.50 , "\\u0062":[ 1,{"x" : 2} ], "c":{"d":"\\u00e9"} } '

    assert read_document(text, read_object).members == {"a": "1.50", "b": '[ 1,{"x" : 2} ]', "c": '{"d":"\\u00e9"}'}


def test_items_keep_their_text() -> None:
    items, _ = read_array('[ {"a": 1} ,{ } ]', 0, read_object)

    assert [item.text for item in items] == ['{"a": 1}', "{ }"]


def test_the_last_of_repeated_members_counts() -> None:
    assert read_document('{"a":1,"a":2}', read_object).members == {"a": "2"}


@pytest.mark.parametrize("inner", ["[" * 100_000 + "]" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000])
def test_nesting_has_no_limit(inner: str) -> None:
    """A hundred thousand levels are read like any other value."""
    assert read_document(f'{{"deep":{inner}}}', read_object).members == {"deep": inner}


def test_unclosed_nesting_is_refused() -> None:
    with pytest.raises(NotJsonError):
        end_of_value("[" * 100_000, 0)
