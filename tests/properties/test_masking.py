"""Keys planted everywhere in what is dead-lettered: none of them can be read there, however it is spelled."""

import base64
import contextlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dreamdata_relay.messages.masking import MASK, masked
from tests.examples import examples
from tests.fakes.relay import DEAD_LETTERS, RELAY_KEY, IngestBench

DREAMDATA_KEY = "dd/key+with=signs~and-more"
KEYS = [RELAY_KEY, DREAMDATA_KEY]


def escaped(text: str) -> str:
    """Every other character as an escape."""
    return "".join(f"\\u{ord(c):04x}" if number % 2 else c for number, c in enumerate(text))


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "in a sentence": lambda key: f"the key is {key}, they say",
    "Basic": lambda key: "Basic " + in_base64(f"{key}:"),
    "Basic, as a password": lambda key: "Basic " + in_base64(f"user:{key}"),
    "inner base64": lambda key: in_base64(f'{{"a":"{key}"}}'),
    "inner base64, shifted": lambda key: in_base64(f"x{key}y"),
    "for URLs": lambda key: base64.urlsafe_b64encode(f"xy{key}".encode()).decode(),
    "JSON in a string": lambda key: json.dumps({"writeKey": key, "list": [key]}),
    "JSON in JSON in a string": lambda key: json.dumps(json.dumps({"WriteKey": key})),
}
NAMES = ["writeKey", "WriteKey", "WRITEKEY", "writekey", "write_key", "key", "Authorization"]


def planted(key: str) -> st.SearchStrategy[Any]:
    """Any JSON with the key in any of its places: values, names, lists, at any depth."""
    spelled = st.sampled_from(list(SPELLINGS.values())).map(lambda spell: spell(key))
    scalar = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), spelled)
    names = st.one_of(st.sampled_from(NAMES), st.text(max_size=3), spelled)
    return st.recursive(
        scalar, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=8
    )


def strings(value: Any) -> Iterator[str]:
    """Every string in a value, and what JSON and base64 in it say."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from strings(name)
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value
        with contextlib.suppress(ValueError):
            yield from strings(json.loads(value))
        for word in re.findall("[A-Za-z0-9+/]{8,}", value.replace("-", "+").replace("_", "/")):
            for start in range(4):
                part = word[start:]
                yield base64.b64decode(part[: len(part) // 4 * 4]).decode("latin-1")


def shows(text: str, key: str) -> bool:
    return any(key in one for one in [text, *strings(json.loads(text))])


@settings(deadline=None)
@given(st.sampled_from(KEYS).flatmap(lambda key: st.tuples(st.just(key), planted(key))), st.booleans(), st.booleans())
def test_no_key_is_left_in_any_json_and_it_stays_json(given_: tuple[str, Any], ascii_only: bool, spaced: bool) -> None:
    key, value = given_
    text = json.dumps(value, ensure_ascii=ascii_only, indent=1 if spaced else None)

    found = masked(text, [key])

    assert not shows(found, key)
    assert len(found) <= len(text)


@settings(deadline=None)
@given(st.sampled_from(KEYS), st.sampled_from(list(SPELLINGS.values())[:7]), st.integers(1, 3))
def test_no_spelling_with_escapes_hides_a_key(key: str, spell: Callable[[str], str], depth: int) -> None:
    text = '{"a":["' + escaped(spell(key)) + '"]}'
    for _ in range(depth - 1):
        text = json.dumps({"a": text})

    assert not shows(masked(text, [key]), key)


@settings(deadline=None)
@given(st.text("\\u0/\"'{}[]:,writeKykab4=", max_size=40), st.text('\\u0/"', max_size=12))
@example('{"writeKey":"', "")
@example("\\\\\\u00", "")
def test_what_holds_a_key_and_is_no_json_is_rid_of_it_too(before: str, after: str) -> None:
    found = masked(before + RELAY_KEY + after, [RELAY_KEY])

    assert RELAY_KEY not in found


@settings(deadline=None)
@given(st.recursive(st.none() | st.integers() | st.text(), lambda i: st.lists(i) | st.dictionaries(st.text(), i)))
def test_a_text_without_a_key_is_left_as_it_is(value: Any) -> None:
    text = json.dumps(value)

    assert masked(text, KEYS) is text or "key" in text.lower()


@settings(deadline=None)
@given(st.text("ab\\u0061/", max_size=30).map(json.dumps), st.text("ab01/+", min_size=4, max_size=9))
def test_json_stays_json_whatever_the_key_is(text: str, key: str) -> None:
    json.loads(masked(f'{{"{key}":{text}}}', [key]))


@pytest.mark.parametrize("kept", ['{"writeKey":""}', '{"writeKey":null}', '{"rewriteKey":"a"}', '{"a":"writeKey"}'])
def test_what_is_no_key_stays(kept: str) -> None:
    assert masked(kept, [RELAY_KEY]) == kept


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ('{"writeKey":"abc","b":1}', '{"writeKey":"***","b":1}'),
        ('{"WRITEkey" : "a\\"bc" }', '{"WRITEkey" : "***" }'),
        ('{"wr\\u0069teKey":12345}', '{"wr\\u0069teKey":0}'),
        ('{"writeKey":["a","b"]}', '{"writeKey":[]}'),
        ('{"a":"{\\"writeKey\\":\\"abc\\"}"}', '{"a":"{\\"writeKey\\":\\"***\\"}"}'),
        ('{"writeKey":"abc', '{"writeKey":"***'),
    ],
)
def test_the_value_of_a_member_called_so_is_masked_whatever_it_is(text: str, rest: str) -> None:
    assert masked(text, []) == rest


@pytest.mark.parametrize(
    "text",
    ["\\" * 3_000_000, '"writeKey":"' * 300_000, '\\"writeKey\\":\\"' * 200_000, ("\\" * 1_000 + RELAY_KEY) * 3_000,
     '"writeKey":[' * 300_000, "\\u0072" * 500_000, '""' * 2_000_000],
    ids=range(7),
)  # fmt: skip
def test_hostile_texts_of_megabytes_are_read_to_their_end(text: str) -> None:
    """Read in time by the square of its length, none of these would be done before the suite's time-out."""
    assert RELAY_KEY not in masked(text, [RELAY_KEY])


@settings(deadline=None, max_examples=examples(40))
@given(st.lists(planted(RELAY_KEY), min_size=1, max_size=4), st.booleans(), st.sampled_from([1, 1_200]))
def test_no_dead_letter_of_ingest_shows_the_key_and_good_events_travel_unchanged(
    values: list[Any], in_header: bool, times: int
) -> None:
    good = {"type": "page", "userId": "u", "timestamp": "2026-11-23T12:00:00.000Z", "p": values}
    goods = [good | {"messageId": f"good-{number}"} for number in range(2)]
    bad = [{"type": "none", "properties": value, "writeKey": RELAY_KEY} for value in values] * times
    body = {"batch": [*bad, *values, *goods], "writeKey": RELAY_KEY}
    bench = IngestBench()

    answer = bench.post(body, key=RELAY_KEY if in_header else None)

    assert answer.status == 200
    letters = bench.sqs.bodies(DEAD_LETTERS)
    assert letters
    for letter in letters:
        assert not shows(letter, RELAY_KEY)
        assert len(letter) <= 62_400 or times == 1
    assert goods == [event for event in bench.queued_events() if event["messageId"].startswith("good-")]


def test_an_answer_that_echoes_the_key_is_rid_of_it() -> None:
    echo = f'{{"error":"bad key {DREAMDATA_KEY}","header":"Basic {in_base64(DREAMDATA_KEY + ":")}"}}'

    found = masked(echo, [DREAMDATA_KEY])

    assert MASK in found
    assert not shows(found, DREAMDATA_KEY)
