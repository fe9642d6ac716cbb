"""Whether a body has a batch, or what its events share, twice is told as a reader that keeps every member tells it."""

import json
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamdata_relay.events.batch_member import repeated
from dreamdata_relay.events.bodies import read_batch_body, read_long_batch_body
from dreamdata_relay.events.envelopes import Repeated
from tests.examples import examples

KEYS = st.sampled_from(
    ['"batch"'] * 4
    + ['"context"'] * 3
    + [r'"b\u0061tch"', r'"\u0062atch"', r'"c\u006fntext"', '"sentAt"', '"batches"', '"x"']
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


def members_of(body: str, name: str) -> int:
    """How many ``body`` has by Python's own reader, which shows every one."""
    pairs: list[tuple[str, object]] = json.loads(body, object_pairs_hook=list)
    return sum(key == name for key, _ in pairs)


@settings(max_examples=examples(2_000), deadline=None)
@given(BODIES)
def test_a_second_one_is_seen_wherever_it_stands(body: str) -> None:
    text = body.encode()
    count, contexts = members_of(body, "batch"), members_of(body, "context")
    if count == 0:
        return
    named = "batch" if count > 1 else "context" if contexts > 1 else None
    shared = ("context", b"{}" if contexts else b"")
    found = msgspec.json.decode(text, type=_Batch).batch

    assert repeated(text, found, shared) == named
    assert repeated(text, bytes(msgspec.json.decode(text, type=_Text).batch), shared) == named
    for read in (read_batch_body, read_long_batch_body):
        if named:
            with pytest.raises(Repeated, match=f"named {named}:"):
                read(text)
        else:
            assert read(text).count() == len(found)


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

        assert repeated(text, msgspec.json.decode(text, type=_Batch).batch) == "batch", text
