"""What the events of a message share is masked once an invocation, and leaves what masking each letter would."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamdata_relay.deliver.responses import Answer
from dreamdata_relay.messages import shared_texts
from dreamdata_relay.messages.masking import masked
from dreamdata_relay.messages.shared_texts import LetterMasks
from tests.fakes.relay import DEAD_LETTERS, DeliverBench, ScriptedEndpoint, message

KEY = "dreamdata-key-of-length"
CONTEXT = {f"k{number}": {"writeKey": f"secret-{number}", "a": [KEY, number]} for number in range(200)}


def event(number: int, context: Any = None) -> dict[str, Any]:
    made = {"type": "page", "userId": "u", "messageId": f"m{number}", "timestamp": "2026-11-23T12:00:00.000Z"}
    return made if context is None else made | {"context": context}


@pytest.mark.parametrize("own", [None, {}, {"own": "writeKey"}, {"own": {"writeKey": "mine"}}])
@pytest.mark.parametrize("member", ["context", "integrations"])
def test_a_whole_batch_out_of_tries_has_what_it_shares_masked_once(
    monkeypatch: pytest.MonkeyPatch, own: Any, member: str
) -> None:
    texts: list[str] = []

    def counted(text: str, keys: Any) -> str:
        texts.append(text)
        return masked(text, keys)

    monkeypatch.setattr(shared_texts, "masked", counted)
    events = [event(number, own if member == "context" else None) for number in range(100)]
    bench = DeliverBench(endpoint=ScriptedEndpoint(lambda _: Answer(503)))

    failed = bench.deliver([message({member: CONTEXT, "batch": events}, receives=399)])

    letters = bench.sqs.bodies(DEAD_LETTERS)
    found = [one for letter in letters for one in events_of(json.loads(letter))]
    assert (failed, len(found)) == ([], 100)
    assert not any("secret-" in letter or '"mine"' in letter for letter in letters)
    assert all(one[member]["k7"]["writeKey"] == "***" for one in found)
    # The two forms that it has in events; and what is left of each letter.
    assert sum("k7" in text for text in texts) <= 2
    assert sum(map(len, texts)) < 4 * len(json.dumps(CONTEXT)) + 100 * 500


def events_of(letter: dict[str, Any]) -> list[dict[str, Any]]:
    return list(letter.get("batch", [letter]))


@pytest.mark.parametrize("begins", ["a", "_", "1", " ", " \n", "&", "é", "", "\\", '"', "-", "{"])
def test_it_is_masked_once_whatever_its_strings_begin_with(monkeypatch: pytest.MonkeyPatch, begins: str) -> None:
    """But for what may follow a string: of that nobody can tell whether a quote before it begins or ends one."""
    texts: list[str] = []

    def counted(text: str, keys: Any) -> str:
        texts.append(text)
        return masked(text, keys)

    monkeypatch.setattr(shared_texts, "masked", counted)
    values = [f"{begins}&writeKey=secret-{number}" for number in range(50)]
    shared = json.dumps({f"{begins}_{number}": value for number, value in enumerate(values)}, ensure_ascii=False)
    masks = LetterMasks()

    for number in range(10):
        body = f'{{"number":{number},"context":{shared}}}'
        assert masks.masked(body, (shared.encode(), None), []) == masked(body, [])

    assert sum("secret-" in text for text in texts) <= 2


VALUES = st.recursive(
    st.sampled_from(["a", KEY, "writeKey", '{"writeKey":"inner"}', "{", '"', "}", ", ", 1, None]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "writeKey", " , ", "{"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=300)
@given(
    st.dictionaries(st.sampled_from(["a", "writeKey", " , ", "{", "b"]), VALUES),
    st.sampled_from(["x", "1", " ", "_", ":", ",", "}", ": ", "\\", '"', "é"]),
    VALUES,
    st.booleans(),
)
def test_it_leaves_what_masking_the_whole_letter_would(
    shared: dict[str, Any], sign: str, value: Any, after: bool
) -> None:
    # So long that it is taken for itself; what else is in it may hold no letter.
    shared |= {sign: sign * 200}
    text = json.dumps(shared, separators=(",", ":"))
    context = '{"own":' + json.dumps(value) + "," + text[1:] if after else text
    given_ = json.dumps(value)
    body = f'{{"p":{given_},"context":{context},"q":[{given_}]}}'

    assert LetterMasks().masked(body, (text.encode(), None), [KEY]) == masked(body, [KEY])
