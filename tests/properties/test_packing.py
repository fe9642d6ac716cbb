"""Packing: every payload within its limit, nothing lost or doubled, full where it can be."""

import json
from collections.abc import Iterator
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamdata_relay.bin_packing import groups, pack, runs
from dreamdata_relay.deliver.payloads import Halved, Payload, Piece, payloads_of, pieces_of
from dreamdata_relay.events.chunks import CHUNK_END, CHUNK_START, chunk
from dreamdata_relay.events.timestamps import from_epoch
from dreamdata_relay.limits import MAX_CHUNK_BYTES, MAX_EVENT_BYTES, MAX_PAYLOAD_BYTES, PAYLOAD_ENVELOPE_BYTES
from tests.examples import examples

SENT_AT = from_epoch(1_795_436_875.411)
texts = st.text(st.sampled_from('ab"\\/\n\t\x00\x1fé漢😀\ufffe\u2028'), max_size=30)


def event(id_: str, size: int = 0, text: str = "") -> bytes:
    """An event of at least ``size`` bytes."""
    start = json.dumps({"messageId": id_, "t": text, "p": ""}, ensure_ascii=False).encode()
    return start[:-2] + b"x" * (size - len(start)) + start[-2:]


def pieces(sizes: list[int]) -> list[Piece]:
    return [Piece(number, event(f"e{number}", size), [f"e{number}"]) for number, size in enumerate(sizes)]


# Around every edge of the packer, and small ones in between.
edges = [
    40,
    100,
    62_388,
    62_399,
    124_974,
    124_975,
    124_976,
    166_633,
    249_949,
    249_950,
    249_951,
    499_899,
    MAX_EVENT_BYTES,
]


@settings(deadline=None, max_examples=examples(60))
@given(st.lists(st.sampled_from(edges) | st.integers(40, 499_901), max_size=40))
def test_every_payload_is_within_the_limit_and_every_piece_in_exactly_one_in_order(sizes: list[int]) -> None:
    """Measured on the bytes as they are sent, envelope and separators included; in order within a payload."""
    given_pieces = pieces(sizes)
    payloads = payloads_of(given_pieces)
    bodies = [payload.body(SENT_AT) for payload in payloads]
    assert all(len(body) == payload.size <= MAX_PAYLOAD_BYTES for body, payload in zip(bodies, payloads, strict=True))
    batches = [[event["messageId"] for event in json.loads(body)["batch"]] for body in bodies]
    order = [piece.message_ids[0] for piece in given_pieces]
    assert sorted(chain.from_iterable(batches), key=order.index) == order
    assert all(sent == sorted(sent, key=order.index) for sent in batches)


@settings(deadline=None, max_examples=examples(60))
@given(
    st.lists(st.tuples(st.sampled_from([0, 90_000, 166_000, 260_000]) | st.integers(0, 260_000), texts), max_size=30)
)
def test_a_message_is_split_only_when_it_alone_exceeds_a_payload(drawn: list[tuple[int, str]]) -> None:
    """And then no event of it is lost, doubled, changed or put before an earlier one of its piece."""
    events = [event(f"e{number}", size, text) for number, (size, text) in enumerate(drawn)]
    ids = [f"e{number}" for number in range(len(events))]
    made = pieces_of(3, events, ids)
    fits = sum(map(len, events)) + max(0, len(events) - 1) <= MAX_EVENT_BYTES
    assert (len(made) <= 1) is fits
    assert all(len(piece.text) <= MAX_EVENT_BYTES and piece.message == 3 for piece in made)
    parsed = [json.loads(b"[" + bytes(piece.text) + b"]") for piece in made]
    assert [[e["messageId"] for e in of_one] for of_one in parsed] == [list(piece.message_ids) for piece in made]
    assert all([ids.index(i) for i in piece.message_ids] == sorted(map(ids.index, piece.message_ids)) for piece in made)
    given_events = {id_: json.loads(text) for id_, text in zip(ids, events, strict=True)}
    assert {e["messageId"]: e for of_one in parsed for e in of_one} == given_events
    assert sum(map(len, parsed)) == len(ids)


@given(st.integers(2, 50), st.integers(1, 9))
def test_halving_keeps_every_event_once_and_in_order(events: int, messages: int) -> None:
    """Down to single events, each with its own id."""
    texts = [event(f"e{number}") for number in range(events)]
    ids = [f"e{number}" for number in range(events)]
    cut = [range(number, events, messages) for number in range(min(messages, events))]
    payload = Payload.of(
        [Piece(n, b",".join(texts[i] for i in part), [ids[i] for i in part]) for n, part in enumerate(cut)]
    )
    alone, waiting = [], [payload]
    while waiting:
        one = waiting.pop()
        if one.events == 1:
            alone.append(one.pieces[0])
        else:
            # The first half is looked at first.
            waiting.extend(reversed(one.halves(Halved())))
    assert [message_id for piece in alone for message_id in piece.message_ids] == [ids[i] for part in cut for i in part]
    assert all(json.loads(bytes(piece.text))["messageId"] == piece.message_ids[0] for piece in alone)


@pytest.mark.parametrize("event_size", [300, 800, 1_500])
@pytest.mark.parametrize("events", [5_000, 20_000])
def test_a_batch_of_full_chunks_fills_its_payloads(event_size: int, events: int) -> None:
    """At least 97 % of 500,000 bytes in every payload but the last."""
    texts = [event(f"e{number:06}", event_size + number * 37 % 200) for number in range(events)]
    full = [body for body in chunk(texts) if len(body) > MAX_CHUNK_BYTES - 2_000]
    whole = full[: len(full) // 8 * 8]
    payloads = payloads_of(
        [Piece(n, body[len(CHUNK_START) : -len(CHUNK_END)], [f"m{n}"]) for n, body in enumerate(whole)]
    )
    assert min(payload.size for payload in payloads) >= 0.97 * MAX_PAYLOAD_BYTES


def test_the_envelope_is_as_large_as_it_is_said_to_be() -> None:
    """Every size is measured with this number."""
    assert len(Payload.of([]).body(SENT_AT)) == PAYLOAD_ENVELOPE_BYTES


def test_the_same_events_make_the_same_payload_id() -> None:
    """A payload sent again carries its id again; other events make another one."""
    first, again, other = (Payload.of([Piece(n, b"{}", [id_])]) for n, id_ in ((0, "a"), (7, "a"), (0, "b")))
    assert (first.payload_id == again.payload_id, first.payload_id == other.payload_id) == (True, False)


@given(st.lists(st.integers(0, 30)), st.integers(10, 40), st.none() | st.integers(1, 5))
def test_no_box_is_too_full(sizes: list[int], capacity: int, most: int | None) -> None:
    """Every index is in exactly one box; only what is too large for any is in a box too small for it, alone."""
    boxes = pack(sizes, capacity, most)
    assert sorted(index for box in boxes for index in box) == list(range(len(sizes)))
    assert all(sum(sizes[i] for i in box) <= capacity or len(box) == 1 for box in boxes)
    assert most is None or all(len(box) <= most for box in boxes)


@given(st.lists(st.integers(0, 30)), st.integers(10, 40))
def test_runs_keep_the_order(sizes: list[int], capacity: int) -> None:
    """Consecutive, none too full but a single one too large."""
    found = runs(sizes, capacity)
    assert [index for run in found for index in run] == list(range(len(sizes)))
    assert all(sum(sizes[i] for i in run) <= capacity or len(run) == 1 for run in found)


@given(st.lists(st.integers(0, 30)), st.integers(10, 40))
def test_groups_keep_the_order_and_are_made_one_by_one(sizes: list[int], capacity: int) -> None:
    """None too full but a single one too large, none that could have taken the next; no item before its turn."""
    made: list[int] = []

    def items() -> Iterator[int]:
        for index in range(len(sizes)):
            made.append(index)
            yield index

    found = []
    for group in groups(items(), sizes.__getitem__, capacity):
        # The one that did not fit any more has been seen.
        assert len(made) <= group[-1] + 2
        found.append(group)
    assert list(chain.from_iterable(found)) == list(range(len(sizes)))
    weights = [sum(sizes[i] for i in group) for group in found]
    assert all(weight <= capacity or len(group) == 1 for weight, group in zip(weights, found, strict=True))
    nexts = [sizes[group[0]] for group in found[1:]]
    assert all(weight + following > capacity for weight, following in zip(weights, nexts, strict=False))
