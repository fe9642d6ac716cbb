"""A letter's body in an editor: all that it says is there, nothing steers a terminal, and it comes back whole."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relay_cli.editable import compact, editable

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
NUMBERS = st.sampled_from(("1E2", "1.00", "-0", "0.1e-7", "123456789012345678901234567890", "1e999"))
ATOMS = st.one_of(
    NUMBERS, st.sampled_from(("true", "null", '"\\u202e\\/\\ud83d\\ude00"')), TEXTS.map(json.dumps),
    TEXTS.map(lambda text: json.dumps(text, ensure_ascii=False)),
)  # fmt: skip


def objects(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """With names that stand twice, too."""
    names = st.sampled_from(("a", "b", "\x9b")).map(lambda name: json.dumps(name, ensure_ascii=False))
    members = st.tuples(names, values).map(" : ".join)
    return st.lists(members, max_size=4).map(lambda found: "{ " + " ,\n".join(found) + "}")


def arrays(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(values, max_size=4).map(lambda found: "[" + ",\t".join(found) + " ]")


JSON = st.recursive(ATOMS, lambda values: objects(values) | arrays(values), max_leaves=8)


def read(text: str) -> Any:
    """All that a JSON text says: numbers as they are written, members in their order, and however often."""
    return json.loads(text, parse_int=str, parse_float=str, object_pairs_hook=list)


@given(JSON)
@example('{"a": "\x7f\x9b\u202e\ufffe\U000e0041"}')
def test_json_is_shown_with_all_that_it_says(body: str) -> None:
    """On lines of their own; every character is seen, or is an escape."""
    shown = editable(body)
    assert read(shown) == read(body)
    assert all(one == "\n" or (one.isprintable() and unicodedata.category(one) not in ("Cf", "Cc")) for one in shown)


@given(JSON)
def test_what_nobody_touched_goes_back_as_it_was_shown(body: str) -> None:
    """However the editor ends its lines; and it says what the letter said."""
    shown = editable(body)
    for left in (shown, shown.rstrip(), "\ufeff" + shown, shown.replace("\n", "\r\n")):
        assert compact(left) == compact(shown)
    assert read(compact(shown)) == read(body)
    assert "\n" not in compact(shown)


@pytest.mark.parametrize("body", ["", "no JSON", '{"a": 1,}', "{}{}", '"\\ud800"', " { \n"])
def test_what_is_no_json_is_shown_as_it_is(body: str) -> None:
    """A missing comma is what is to be mended."""
    assert editable(body) == body
    assert compact(body + "\n") == body.strip()


@pytest.mark.parametrize("depth", [100, 6_000, 20_000])
def test_what_nests_deep_is_not_laid_out(depth: int) -> None:
    """Blanks would grow with the square of its depth."""
    body = "[" * depth + "]" * depth
    assert len(editable(body)) <= len(body) + 1
    assert len(editable(json.dumps("[" * depth))) <= depth + 3
