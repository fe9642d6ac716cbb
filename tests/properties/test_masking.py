"""Keys planted everywhere in what is dead-lettered: none of them can be read there, however it is spelled."""

import base64
import contextlib
import html
import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dreamdata_relay.messages.masking import masked, masked_start
from dreamdata_relay.messages.spellings import MASK
from tests.examples import examples
from tests.fakes.aws import FakeSecrets
from tests.fakes.relay import DEAD_LETTERS, RELAY_KEY, IngestBench

DREAMDATA_KEY = "dd/key+with=signs~and-more"
OF_WORDS = "shops own long+key"
# As the stack makes them; as somebody wrote one; with all that an encoding changes; with nothing but digits; of words.
KEYS = ["aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7d", RELAY_KEY, DREAMDATA_KEY, "8412350967124485", OF_WORDS]
# A key that is nobody's whom the relay knows: it is one by its member's name alone.
STRANGE = "SECRETOTHER123456"


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
    "hexadecimal": lambda key: key.encode().hex(),
    "hexadecimal, capitals": lambda key: key.encode().hex().upper(),
    "JSON in a string": lambda key: json.dumps({"writeKey": key, "list": [key]}),
    "JSON in JSON in a string": lambda key: json.dumps(json.dumps({"WriteKey": key})),
    "in a URL": lambda key: f"https://a.test/?b=c&k={quote(key, safe='')}&d=e",
    "in a URL, base64": lambda key: f"https://a.test/?k={quote(in_base64(f'{key}:'), safe='')}",
    "in a URL in a URL": lambda key: f"https://a.test/?u={quote(quote(f'https://b.test/?k={key}', safe=''), safe='')}",
    "in a form": lambda key: f"a=b+c&k={quote_plus(key)}&d=e+f",
    "in a form in a form": lambda key: f"u={quote_plus(f'b=c&k={quote_plus(key)}')}&v=w",
    "percent only": lambda key: "".join(f"%{ord(c):02x}" for c in key),
    "HTML": lambda key: "<b>" + "".join(f"&#x{ord(c):x};" if not c.isalnum() else c for c in key) + "</b>",
    "HTML, decimal": lambda key: "".join(f"&#{ord(c)};" for c in key),
    "with a NUL": lambda key: f"{key[:7]}\x00{key[7:]}",
    "on two lines": lambda key: f"{in_base64(f'user:{key}')[:12]}\r\n {in_base64(f'user:{key}')[12:]}",
    "with spaces of no width": "\u200b".join,
    "with soft hyphens": "\u00ad".join,
}
# Those with escapes of their own are not found within escapes of JSON but whole.
ESCAPABLE = list(SPELLINGS)[:9]
NAMES = ["writeKey", "WriteKey", "WRITEKEY", "writekey", "write_key", "key", "Authorization"]


def planted(key: str) -> st.SearchStrategy[Any]:
    """Any JSON with the key in any of its places: values, names, lists, at any depth, and in JSON in its strings."""
    spelled = st.sampled_from(list(SPELLINGS.values())).map(lambda spell: spell(key))
    scalar = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), spelled)
    names = st.one_of(st.sampled_from(NAMES), st.text(max_size=3), spelled)
    return st.recursive(
        scalar,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3) | inner.map(json.dumps),
        max_leaves=8,
    )


def strings(value: Any) -> Iterator[str]:
    """Every string in a value, and what JSON in it says."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from strings(name)
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value
        with contextlib.suppress(ValueError, RecursionError):
            yield from strings(json.loads(value))
    elif value is not None:
        yield str(value)


def readings(text: str) -> Iterator[str]:
    """What somebody who looks for a key reads in ``text``: all that it says, decoded by every decoder at hand."""
    for said in (text, *strings(parsed(text))):
        plain = re.sub("[^!-~]", "", said)
        undone = {said, plain, html.unescape(plain), unquote(plain), unquote(unquote(plain))}
        undone |= {unquote_plus(said), unquote_plus(unquote_plus(said))}
        undone |= {re.sub(r"\\+u00(..)", lambda m: chr(int(m[1], 16)), one) for one in undone if "\\" in one}
        for one in undone:
            yield one
            for word in re.findall("[A-Za-z0-9+/]{8,}", one.replace("-", "+").replace("_", "/")):
                for start in range(4):
                    part = word[start:]
                    part = part[: len(part) - (len(part) % 4 == 1)]
                    yield base64.b64decode(part + "=" * (-len(part) % 4)).decode("latin-1")
            for word in re.findall("[0-9a-fA-F]{16,}", one):
                yield bytes.fromhex(word[: len(word) // 2 * 2]).decode("latin-1")


def parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def shows(text: str, key: str) -> bool:
    """Whoever puts characters together that others stand between finds no spaces, and knows where they were."""
    sought = key.replace(" ", "")
    return any(sought in one.replace(" ", "") for one in readings(text))


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("key", KEYS)
def test_a_key_that_is_not_masked_shows_in_every_spelling(key: str, spell: Callable[[str], str]) -> None:
    """Without this, the other tests could not fail."""
    assert shows(json.dumps({"a": spell(key)}), key)


@settings(deadline=None)
@given(st.sampled_from(KEYS).flatmap(lambda key: st.tuples(st.just(key), planted(key))), st.booleans(), st.booleans())
def test_no_key_is_left_in_any_json_and_it_stays_json(given_: tuple[str, Any], ascii_only: bool, spaced: bool) -> None:
    key, value = given_
    text = json.dumps(value, ensure_ascii=ascii_only, indent=1 if spaced else None)

    found = masked(text, [key])

    json.loads(found)
    assert not shows(found, key)
    assert len(found) <= len(text)


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", ["", "x", "xy", "xyz"])
def test_no_alphabet_of_base64_hides_a_key(encode: Callable[[bytes], bytes], before: str) -> None:
    """Wherever the key stands in what was encoded, there are characters in which the two alphabets differ."""
    key = "~~~~>>>>????~~~~>>>>"
    text = json.dumps({"a": encode(f"{before}{key}z".encode()).decode()})
    assert set(text) & set("+/-_")
    assert shows(text, key)

    assert not shows(masked(text, [key]), key)


@settings(deadline=None)
@given(st.sampled_from(KEYS), st.sampled_from(ESCAPABLE), st.integers(1, 6))
def test_no_spelling_with_escapes_hides_a_key(key: str, name: str, depth: int) -> None:
    text = '{"a":["' + escaped(SPELLINGS[name](key)) + '"]}'
    for _ in range(depth - 1):
        text = json.dumps({"a": text})

    assert not shows(masked(text, [key]), key)


@settings(deadline=None)
@given(st.text("\\u0/\"'{}[]:,writeKykab4=%&#;", max_size=40), st.text('\\u0/"', max_size=12))
@example('{"writeKey":"', "")
@example("\\\\\\u00", "")
def test_what_holds_a_key_and_is_no_json_is_rid_of_it_too(before: str, after: str) -> None:
    found = masked(before + RELAY_KEY + after, [RELAY_KEY])

    assert RELAY_KEY not in found


@settings(deadline=None)
@given(st.recursive(st.none() | st.integers() | st.text(), lambda i: st.lists(i) | st.dictionaries(st.text(), i)))
def test_a_text_without_a_key_is_left_as_it_is(value: Any) -> None:
    text = json.dumps(value)

    assert masked(text, KEYS) == text or "key" in text.lower()


@settings(deadline=None, max_examples=300)
@given(st.text("ab\\u0061/%62n", max_size=30).map(json.dumps), st.text("ab01/+n", min_size=4, max_size=12))
@example('"\\\\nabab\\u0061babab"', "babababab")
@example('"\\bababa\\u0062abababab"', "bababab")
def test_json_stays_json_whatever_the_key_is(text: str, key: str) -> None:
    json.loads(masked(f'{{"{key}":{text}}}', [key]))


def test_a_number_that_is_a_key_is_masked_and_stays_a_number() -> None:
    key = "8412350967124485"

    assert json.loads(masked(f'{{"a":{key},"b":-{key},"c":[0.5,{key}1],"d":"{key}"}}', [key])) == {
        "a": 1, "b": -1, "c": [0.5, 11], "d": "1",
    }  # fmt: skip


@pytest.mark.parametrize(
    "kept",
    [
        '{"a":"{\\u0022writeKey\\u0022:{}}"}',
        '{"writeKey":""}',
        '{"writeKey":null}',
        '{"rewriteKey":"a"}',
        '{"a":"writeKey"}',
    ],
)
def test_what_is_no_key_stays(kept: str) -> None:
    assert masked(kept, [RELAY_KEY]) == kept


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ('{"writeKey":"abc","b":1}', '{"writeKey":"***","b":1}'),
        ('{"WRITEkey" : "a\\"bc" }', '{"WRITEkey" : "***" }'),
        ('{"wr\\u0069teKey":12345}', '{"wr\\u0069teKey":0}'),
        ('{"writeKey":["a","b"]}', '{"writeKey":[]}'),
        ('{"writeKey":["a",1,null,[true,{"b":"]"}]],"c":[2]}', '{"writeKey":[],"c":[2]}'),
        ('[{"writeKey":{"v":["}"]}},1]', '[{"writeKey":{}},1]'),
        ('{"a":"{\\"writeKey\\":\\"abc\\"}"}', '{"a":"{\\"writeKey\\":\\"***\\"}"}'),
        ('{"a":"{\\"writeKey\\":[\\"]\\",{}],\\"b\\":1}"}', '{"a":"{\\"writeKey\\":[],\\"b\\":1}"}'),
        ('{"a":"{\\u0022writeKey\\u0022:\\u0022abc\\u0022}"}', '{"a":"{\\u0022writeKey\\u0022:\\u0022***\\u0022}"}'),
        ('{"a":"{\\"writeKey\\":[","b":"]"}', '{"a":"{\\"writeKey\\":[","b":"]"}'),
        ('{"a":"{\\"writeKey\\":\\"abc","b":1}', '{"a":"{\\"writeKey\\":\\"***","b":1}'),
        ('{"writeKey":"abc', '{"writeKey":"***'),
        ('{"writeKey":[["abc"', '{"writeKey":[]'),
        ('{"u":"https://a.test/?writeKey=abcd&b=1"}', '{"u":"https://a.test/?writeKey=***&b=1"}'),
        ("{'writeKey': 'abcd'}", "{'writeKey': '***'}"),
        ("<writeKey>abcd</writeKey>", "<writeKey>***</writeKey>"),
    ],
)
def test_the_value_of_a_member_called_so_is_masked_whatever_it_is(text: str, rest: str) -> None:
    assert masked(text, []) == rest


NAMES_OF_KEYS = ["writeKey", "WriteKey", "WRITE_KEY", "write-key", "write key", "writeKeys", "x-write-key"]


@settings(deadline=None)
@given(
    st.recursive(
        st.just(STRANGE),
        lambda inner: st.lists(inner | st.none() | st.integers() | st.text("]}\"\\'", max_size=4), min_size=1)
        .filter(lambda some: STRANGE in json.dumps(some))
        | st.dictionaries(st.text("a]}\"\\", max_size=3), inner, min_size=1),
        max_leaves=5,
    ),
    st.sampled_from(NAMES_OF_KEYS),
    st.integers(0, 7),
    st.booleans(),
    st.booleans(),
)  # fmt: skip
def test_a_key_that_nobody_knows_is_masked_in_every_container_however_deep_in_strings_of_json(
    value: Any, name: str, depth: int, spaced: bool, dotnet: bool
) -> None:
    """``dotnet``: quotes in strings are written as the escape that .NET makes of them."""
    wrapped: Any = {"before": 1, name: value, "after": [2]}
    for _ in range(depth):
        text = json.dumps(wrapped, indent=1 if spaced else None)
        wrapped = {"a": text, "b": "x\\"}
    text = json.dumps(wrapped)
    if dotnet:
        text = re.sub(r'(\\\\)|\\"', lambda found: found[1] or "\\u0022", text)

    found = masked(text, [])

    rest = json.loads(found)
    for _ in range(depth):
        assert rest["b"] == "x\\"
        rest = json.loads(rest["a"])
    assert STRANGE not in found
    assert rest["before"] == 1
    assert rest["after"] == [2]
    assert len(found) <= len(text)


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("key", KEYS)
def test_a_text_cut_anywhere_shows_no_beginning_of_a_key(key: str, name: str) -> None:
    """Of three characters, and what follows them in base64, nobody makes a key."""
    whole = f"answer {SPELLINGS[name](key)}"
    for text in (whole, json.dumps(whole), escaped(whole) if name in ESCAPABLE else whole):
        for end in range(len(text)):
            found = masked_start(text[:end], [key])
            assert not shows(found, key[:5])


@pytest.mark.parametrize(
    "text",
    ["\\" * 3_000_000, '"writeKey":"' * 300_000, '\\"writeKey\\":\\"' * 200_000, ("\\" * 1_000 + RELAY_KEY) * 3_000,
     '"writeKey":[' * 300_000, "\\u0072" * 500_000, '""' * 2_000_000, '\\"writeKey\\":[\\"' * 200_000,
     "%25" * 1_000_000, "&#114;" * 400_000, "r\u200b" * 1_000_000 + "relay", "r%00" * 500_000, '{"writeKey":' * 300_000,
     '"writeKey":[' + "[]," * 1_000_000, "writeKey=" * 300_000, ("\\" * 1_000 + "u0022writeKey") * 3_000,
     RELAY_KEY[:-1] * 200_000 + RELAY_KEY.replace("-", "%2d")],
    ids=range(17),
)  # fmt: skip
def test_hostile_texts_of_megabytes_are_read_to_their_end(text: str) -> None:
    """Read in time by the square of its length, none of these would be done before the suite's time-out."""
    assert RELAY_KEY not in masked_start(text, [RELAY_KEY])


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
    for letter in set(letters):
        assert not shows(letter, RELAY_KEY)
        assert len(letter) <= 62_400 or times == 1
    assert goods == [event for event in bench.queued_events() if event["messageId"].startswith("good-")]


def test_no_dead_letter_of_ingest_shows_another_relay_key_under_any_name() -> None:
    other = KEYS[0]
    bench = IngestBench(secrets=FakeSecrets(json.dumps({"default": RELAY_KEY, "shop": other, "short": "page"})))

    bench.post({"batch": [{"type": "none", "token": other, "a": [in_base64(f"{other}:")], "page": 1}]})

    (letter,) = bench.sqs.bodies(DEAD_LETTERS)
    assert not shows(letter, other)
    assert '"page": 1' in letter


def test_an_answer_that_echoes_the_key_is_rid_of_it() -> None:
    echo = f'{{"error":"bad key {DREAMDATA_KEY}","header":"Basic {in_base64(DREAMDATA_KEY + ":")}"}}'

    found = masked(echo, [DREAMDATA_KEY])

    assert MASK in found
    assert not shows(found, DREAMDATA_KEY)
