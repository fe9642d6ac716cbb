"""What a text calls a ``writeKey`` outside of JSON's members: in URLs, XML, single quotes, whatever wrote that."""

import html
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dreamdata_relay.messages.masking import masked
from tests.examples import examples
from tests.properties.test_masking import STRANGE

# Each is a way to write one of the forms that are told from their surroundings alone, within JSON or not.
WRITTEN = {
    "URL": f"https://a.test/?a=b&writeKey={STRANGE}&c=d",
    "URL, another name": f"https://a.test/?write_key={STRANGE}",
    "URL, name in escapes": f"https://a.test/?write%5Fkey={STRANGE}",
    "URL, a list": f"https://a.test/?writeKey[]={STRANGE}&writeKey%5B%5D={STRANGE}",
    "text": f"a line\nwriteKey={STRANGE}\twriteKey={STRANGE}",
    "single quotes": f"{{'writeKey': '{STRANGE}'}}",
    "single quotes, spaces": f"{{'writeKey'  :\n'{STRANGE}'}}",
    "JavaScript": f"{{writeKey: '{STRANGE}', a: 1}}",
    "JavaScript, double quotes": f'{{a: 1, writeKey: "{STRANGE}"}}',
    "PHP": f"['writeKey' => '{STRANGE}']",
    "XML": f"<a><writeKey>{STRANGE}</writeKey></a>",
    "XML, an attribute": f"<a writeKey=\"{STRANGE}\"/><a writeKey='{STRANGE}'/>",
    "JSON": json.dumps({"writeKey": STRANGE}),
}
WRITERS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": json.dumps,
    "Go": lambda text: re.sub("[&<>]", lambda one: f"\\u{ord(one[0]):04x}", json.dumps(text)),
    "Gson": lambda text: re.sub("[&<>=']", lambda one: f"\\u{ord(one[0]):04x}", json.dumps(text)),
    ".NET": lambda text: re.sub("[&<>+']", lambda one: f"\\u{ord(one[0]):04X}", json.dumps(text)),
    "HTML": html.escape,
    "URL": lambda text: f"https://b.test/?u={quote(text, safe='')}&v=1",
    "form": lambda text: f"u={quote(text).replace('%20', '+')}&v=1",
}


@pytest.mark.parametrize("inner", WRITERS)
@pytest.mark.parametrize("outer", WRITERS)
@pytest.mark.parametrize("name", WRITTEN)
def test_a_key_that_nobody_knows_is_masked_in_writing_too_whatever_wrote_it(name: str, inner: str, outer: str) -> None:
    text = WRITERS[outer](WRITERS[inner](WRITTEN[name]))

    for whole in (text, json.dumps({"before": 1, "a": text, "after": [2]})):
        found = masked(whole, [])

        assert STRANGE not in found
        assert len(found) <= len(whole)
    rest = json.loads(found)
    assert (rest["before"], rest["after"]) == (1, [2])


def test_of_a_form_the_whole_value_is_masked_spaces_and_all() -> None:
    text = "a=b+c&writeKey=an+own+long%2Bkey&d=e+f"

    assert masked(text, []) == "a=b+c&writeKey=***&d=e+f"


@pytest.mark.parametrize("name", ["rewriteKey", "overwrite_key", "2writeKey"])
@pytest.mark.parametrize("writer", WRITERS)
def test_a_name_that_merely_ends_so_is_another_s(name: str, writer: str) -> None:
    text = WRITERS[writer](f"https://a.test/?{name}={STRANGE}&a=1")

    assert masked(text, []) == text


PIECES = [
    "writeKey",
    "write_key",
    "=",
    ":",
    ">",
    "'",
    '"',
    "\\",
    "\\u0027",
    "&",
    "&quot;",
    "%22",
    "%5C",
    "a",
    " ",
    "[]",
    ",",
]


@settings(deadline=None, max_examples=examples(300))
@example(["writeKey=", "a"], 1, False)
@example(["writeKey=", "a"], 2, True)
@given(
    st.lists(st.lists(st.sampled_from(PIECES), max_size=9).map("".join), max_size=4), st.integers(0, 3), st.booleans()
)
def test_json_stays_json_whatever_looks_like_a_key_in_writing(texts: list[str], depth: int, dotnet: bool) -> None:
    value: Any = texts
    for _ in range(depth):
        value = [json.dumps(value), *texts]
    text = json.dumps(value)
    if dotnet:
        text = re.sub(r'(\\\\)|\\"', lambda found: found[1] or "\\u0022", text)

    found = json.loads(masked(text, []))
    for _ in range(depth):
        assert len(found) == len(texts) + 1
        found = json.loads(found[0])
    assert len(found) == len(texts)


@pytest.mark.parametrize(
    "text",
    ["writeKey" * 500_000, "writeKey" + "%25" * 1_000_000, "writeKey" + "\\" * 3_000_000, "writeKey " * 300_000,
     "writeKey&" + "amp;" * 1_000_000, ("writeKey" + " " * 500) * 6_000, "writeKey=" + "\\u0041" * 500_000,
     ("writeKey=" + "\\" * 500) * 6_000, "writeKey&#x" + "0" * 3_000_000],
    ids=range(9),
)  # fmt: skip
def test_hostile_texts_of_megabytes_are_read_to_their_end(text: str) -> None:
    """Read in time by the square of its length, none of these would be done before the suite's time-out."""
    assert len(masked(text, [])) <= len(text)
