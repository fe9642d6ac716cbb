"""Whether a body has one batch or more is told as a reader that keeps every member tells it."""

import json
import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamdata_relay.events.batch_member import list_stands_once, stands_once
from dreamdata_relay.events.envelopes import WrongShape, read_batch_body, read_long_batch_body
from tests.examples import examples

KEYS = st.sampled_from(
    ['"batch"'] * 4 + [r'"b\u0061tch"', r'"\u0062atch"', '"context"', '"sentAt"', '"batches"', '"x"']
)
STRINGS = st.sampled_from(
    ['"batch"', r'"\"batch\":["', r'"\\"', '"a"', '","', '"}"', '"],"', '",batch:["', '":0}"', r'"\u0062atch"', '"é"']
)
VALUES = st.recursive(
    STRINGS | st.sampled_from(["0", "null", "[]", "{}", "[ ]"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[" + ",".join(items) + "]"),
        st.lists(inner, max_size=3).map(lambda items: "[" + " , ".join(items) + "]"),
        st.tuples(KEYS | STRINGS, inner).map(lambda pair: "{" + pair[0] + ":" + pair[1] + "}"),
    ),
    max_leaves=6,
)
LISTS = st.tuples(st.lists(VALUES, max_size=6), st.sampled_from([",", ", ", " ,", ",\n"])).map(
    lambda drawn: "[" + drawn[1].join(drawn[0]) + "]"
)
MEMBERS = st.tuples(
    KEYS.flatmap(lambda key: st.tuples(st.just(key), LISTS if "tch" in key else VALUES)),
    st.sampled_from([":", " : ", ":\t"]),
).map(lambda drawn: drawn[0][0] + drawn[1] + drawn[0][1])
BODIES = st.tuples(st.lists(MEMBERS, min_size=1, max_size=4), st.sampled_from([",", ", "])).map(
    lambda drawn: "{" + drawn[1].join(drawn[0]) + "}"
)


class _Batch(msgspec.Struct):
    batch: list[msgspec.Raw]


class _Text(msgspec.Struct):
    batch: msgspec.Raw


def batches_in(body: str) -> int:
    """By Python's own reader, which shows every member."""
    pairs: list[tuple[str, object]] = json.loads(body, object_pairs_hook=list)
    return sum(key == "batch" for key, _ in pairs)


@settings(max_examples=examples(2_000), deadline=None)
@given(BODIES)
def test_a_second_batch_is_seen_wherever_it_stands(body: str) -> None:
    text = body.encode()
    count = batches_in(body)
    if count == 0:
        return
    found = msgspec.json.decode(text, type=_Batch).batch

    assert stands_once(text, found) == (count == 1)
    assert list_stands_once(text, bytes(msgspec.json.decode(text, type=_Text).batch)) == (count == 1)
    for read in (read_batch_body, read_long_batch_body):
        try:
            envelope = read(text)
        except WrongShape:
            assert count > 1
        else:
            assert count == 1
            assert envelope.count() == len(found)


def test_no_lengths_hide_the_first_batch() -> None:
    """Lists of equal elements, spaced in any way, so that one may end where the other's length says."""
    dice = random.Random(1)  # noqa: S311  # the same lists in every run
    for _ in range(20_000):
        first, second = ([dice.choice(["1", '"]"', "[]"])] * dice.randint(1, 30) for _ in range(2))
        lists = [
            "[" + "".join(item + dice.choice([",", ", "]) for item in items[1:]) + items[0] + "]"
            for items in (first[: dice.randint(1, 3)], second)
        ]
        text = f'{{"batch":{lists[0]},"batch":{lists[1]}}}'.encode()

        assert not stands_once(text, msgspec.json.decode(text, type=_Batch).batch), text
