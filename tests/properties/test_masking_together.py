"""Many texts masked together are masked as each is alone, whatever one ends with and the next begins with."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dreamdata_relay.messages import masking
from dreamdata_relay.messages.masking import masked, masked_each
from tests.properties.test_masking import KEYS, SPELLINGS, STRANGE

# What an escape, a string, a name or a key could go on from, or end with.
_ENDS = [
    "",
    "\\",
    "\\\\",
    "\\u",
    "\\u00",
    "%",
    "%4",
    "%254",
    "&",
    "&#x4",
    "&#65",
    '"',
    '\\"',
    "{",
    "}",
    "writeKey=",
    '"writeKey":',
]
_ENDS += ['"write', 'Key":"', "key=", "<writeKey>", "\r", "\u200b", "=", "a", "4", "1"]


def _texts() -> st.SearchStrategy[list[str]]:
    spelled = st.builds(lambda spell, key: spell(key), st.sampled_from(list(SPELLINGS.values())), st.sampled_from(KEYS))
    parts = st.sampled_from(KEYS).flatmap(lambda key: st.integers(0, len(key)).map(lambda at: key[:at]))
    ends = st.sampled_from(_ENDS)
    named = st.sampled_from([f'{{"writeKey":"{STRANGE}"}}', f"https://a.test/?writeKey={STRANGE}", "{}", '{"type":1}'])
    one = st.tuples(ends, st.one_of(spelled, parts, named, st.text(max_size=8)), ends).map("".join)
    return st.lists(one, max_size=6)


@settings(deadline=None)
@given(_texts(), st.lists(st.sampled_from(KEYS), max_size=2))
@example(["%4", "1" + "%2541" * 20], KEYS)
def test_together_is_as_alone(texts: list[str], keys: list[str]) -> None:
    assert masked_each(texts, keys) == [masked(text, keys) for text in texts]


@pytest.mark.parametrize("count", [1, 499, 500, 501, 1_500])
@pytest.mark.parametrize("size", [2, 1_000, 70_000 // 2])
def test_each_text_keeps_its_place(count: int, size: int) -> None:
    texts = [f"{number:0{size}d}" for number in range(count if size < 10_000 else count // 100 + 1)]
    texts[-1] = KEYS[0]

    assert masked_each(texts, KEYS[:1]) == [*texts[:-1], "***"]


def test_short_texts_without_a_key_are_looked_through_together(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_through = []

    def counted(text: str, keys: list[str]) -> str:
        looked_through.append(len(text))
        return masked(text, keys)

    monkeypatch.setattr(masking, "masked", counted)

    assert masked_each(["{}"] * 10_000, KEYS) == ["{}"] * 10_000

    assert len(looked_through) == 20
    assert sum(looked_through) < 6 * 10_000


def test_of_texts_that_all_hold_keys_few_are_looked_through_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_through = []

    def counted(text: str, keys: list[str]) -> str:
        looked_through.append(len(text))
        return masked(text, keys)

    monkeypatch.setattr(masking, "masked", counted)

    assert masked_each([KEYS[0]] * 10_000, KEYS[:1]) == ["***"] * 10_000

    assert sum(looked_through) < 1.4 * 10_000 * len(KEYS[0])
