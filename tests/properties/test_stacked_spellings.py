"""Keys within escapes of escapes, of different kinds, as where JSON stands in a URL: none of them can be read."""

import html
import itertools
import json
import re
from collections.abc import Callable
from urllib.parse import quote, unquote

import pytest

from dreamdata_relay.messages.masking import masked, masked_start
from tests.properties.test_masking import DREAMDATA_KEY, KEYS, in_base64

# As somebody may have written a relay key by hand: what looks like an escape in it, and what becomes one.
ODD = [
    "percent%41percent%42percent",
    "back\\slash\"quote'key&amp;x",
    "schlüssel-für-den-laden",
    "der schlüssel+für meinen laden",
]
WRITERS: dict[str, Callable[[str], str]] = {
    "JSON": lambda text: json.dumps({"a": text}),
    "PHP": lambda text: json.dumps({"a": text}).replace("/", "\\/"),
    "Gson": lambda text: re.sub("[&<>='+]", lambda one: f"\\u{ord(one[0]):04x}", json.dumps({"a": text})),
    "all in JSON": lambda text: '"' + "".join(f"\\u{ord(one):04x}" for one in text) + '"',
    "URL": lambda text: f"https://a.test/?x=1&d={quote(text, safe='')}&e=1",
    "all in a URL": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "form": lambda text: "x=1&d=" + quote(text).replace("%20", "+"),
    "HTML": lambda text: f"<p>{html.escape(text)}</p>",
    "all in HTML": lambda text: "".join(one if one.isalnum() else f"&#{ord(one)};" for one in text),
}
UNDOING: list[Callable[[str], str]] = [
    html.unescape,
    unquote,
    lambda text: re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text),
    lambda text: text.replace("+", " "),
    lambda text: re.sub(r'\\(["/\\])', r"\1", text),
]


def read_through(text: str) -> set[str]:
    """All that ``text`` says to somebody who undoes escapes in any order, four times."""
    found = new = {text}
    for _ in range(4):
        new = {undo(one) for one in new for undo in UNDOING} - found
        found = found | new
    return found


def shows(text: str, part: str) -> bool:
    return any(part in one for one in read_through(text))


CHAINS = [chain for length in (1, 2) for chain in itertools.product(WRITERS, repeat=length)]


@pytest.mark.parametrize("chain", CHAINS, ids="-".join)
@pytest.mark.parametrize("key", [*KEYS[:3], *ODD])
def test_no_key_is_left_in_escapes_of_escapes(key: str, chain: tuple[str, ...]) -> None:
    for spelled in (key, in_base64(f"{key}:")):
        text = spelled
        for name in chain:
            text = WRITERS[name](text)
        for whole in (text, json.dumps({"before": 1, "a": text, "after": [2]})):
            assert shows(whole, spelled)

            found = masked(whole, [key])

            assert not shows(found, spelled)
            assert len(found) <= len(whole)
        rest = json.loads(found)
        assert (rest["before"], rest["after"]) == (1, [2])


@pytest.mark.parametrize("chain", [("all in JSON", "URL"), ("Gson", "form"), ("PHP", "all in a URL")], ids="-".join)
def test_a_text_cut_anywhere_shows_no_beginning_of_it(chain: tuple[str, ...]) -> None:
    text = DREAMDATA_KEY
    for name in chain:
        text = WRITERS[name](text)
    for end in range(len(text)):
        assert not shows(masked_start(f"answer {text}"[:end], [DREAMDATA_KEY]), DREAMDATA_KEY[:5])


SAID_TWICE = quote(WRITERS["all in JSON"](DREAMDATA_KEY), safe="")


@pytest.mark.parametrize(
    "text",
    [json.dumps([SAID_TWICE] * 9_000), json.dumps([SAID_TWICE] * 20_000), SAID_TWICE + "%5Cu0025" * 700_000,
     SAID_TWICE + "%26amp;" * 800_000, '"' + SAID_TWICE + '"' + '"' * 5_000_000, SAID_TWICE + "\\" * 5_000_000],
    ids=range(6),
)  # fmt: skip
def test_hostile_texts_of_megabytes_are_read_to_their_end(text: str) -> None:
    """Read in time by the square of its length, none of these would be done before the suite's time-out."""
    assert SAID_TWICE not in masked_start(text, [*KEYS, *ODD])
