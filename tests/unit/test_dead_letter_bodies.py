"""The bodies of dead letters: all that an event was sent with, and nothing that a redrive reads as something else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamdata_relay.limits import MAX_CHUNK_BYTES, MAX_DEAD_LETTER_BYTES
from dreamdata_relay.messages.dead_letter_bodies import bodies_of, body_of, reads_as_itself, whole_body_of
from tests.fakes.events import event, eventbridge, sns


def text_of(value: Any) -> bytes:
    return json.dumps(value).encode()


PLAIN = text_of({"userId": "u", "timestamp": "now"})
LONE_SURROGATE = rb'"x":"\ud800"'


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        b"{}",
        b'{"type":null,"id":1,"source":"s"}',
        text_of(event(batch=[])),
        text_of({**event(), **sns("x")}),
        text_of({**eventbridge({}), **event()}),
        b'{"ty\\u0070e":"tr\\u0061ck","batch":[]}',
        b'{"type":"bad","batch":[],"type":"page"}',
        b'{"type":"page","batch":[],' + LONE_SURROGATE + b"}",
        b"{" + LONE_SURROGATE + b"}",
    ],
)
def test_an_event_with_nothing_beside_it_stays_as_it_is(text: bytes) -> None:
    assert reads_as_itself(text)
    assert body_of([text]) == text


@pytest.mark.parametrize(
    "text",
    [
        b'"text"',
        b"7",
        b"null",
        b"[]",
        b'[{"type":"page"}]',
        b'{"batch":[]}',
        b'{"b\\u0061tch":7}',
        b'{"type":"bad","batch":null}',
        b'{"type":"page","batch":[],"type":7}',
        b'{"type":["page"],"batch":[]}',
        b'{"batch":[],' + LONE_SURROGATE + b"}",
        b'{"type":"\\ud800","batch":[]}',
        text_of(sns(event())),
        text_of(eventbridge(event())),
        b'{"Type":"Notification"}',
        b'{"detail":{}}',
    ],
)
def test_what_could_be_read_as_something_else_is_kept_in_a_batch(text: bytes) -> None:
    assert not reads_as_itself(text)
    assert body_of([text]) == b'{"batch":[' + text + b"]}"


@pytest.mark.parametrize(
    ("shared", "start"),
    [
        ((b'{"a":1}', None), b'{"context":{"a":1},"batch":['),
        ((None, b'{"b":2}'), b'{"integrations":{"b":2},"batch":['),
        ((b'{"a":1}', b'{"b":2}'), b'{"context":{"a":1},"integrations":{"b":2},"batch":['),
    ],
)
def test_what_the_envelope_shares_is_kept_beside_the_event(
    shared: tuple[bytes | None, bytes | None], start: bytes
) -> None:
    assert body_of([PLAIN], *shared) == start + PLAIN + b"]}"


@pytest.mark.parametrize("over", [0, 1])
def test_an_event_is_kept_whole_up_to_a_million_bytes(over: int) -> None:
    """In a batch or not; of a larger one a stub is made, which needs a text of that size."""
    for wrapped in (False, True):
        event_ = b'{"batch":"%s"}' if wrapped else b'{"x":"%s"}'
        room = MAX_DEAD_LETTER_BYTES - len(event_ % b"") - (len(b'{"batch":[]}') if wrapped else 0)
        event_ %= b"y" * (room + over)

        assert (len(whole_body_of(event_)) <= MAX_DEAD_LETTER_BYTES) == (not over)
        assert whole_body_of(event_).startswith(b'{"batch":[' if wrapped and not over else event_)


@pytest.mark.parametrize("text", ['{"userId":"u"}', "{}", "{ }", '{"userId":"u","context":{"b":2}}'])
def test_a_text_for_a_stub_begins_with_the_event_and_is_json(text: str) -> None:
    context = b'{"a":"' + b"x" * MAX_DEAD_LETTER_BYTES + b'"}'

    made = whole_body_of(text.encode(), context)

    assert made.startswith(text[:-1].encode())
    assert json.loads(made)["context"] == json.loads(context)


def test_what_is_no_object_is_kept_without_what_is_too_large_to_be_shared() -> None:
    context = b'{"a":"' + b"x" * MAX_DEAD_LETTER_BYTES + b'"}'

    assert whole_body_of(b"7", context) == b'{"batch":[7]}'


def test_several_events_share_a_body() -> None:
    assert body_of([PLAIN, b"7"]) == b'{"batch":[' + PLAIN + b",7]}"


@given(
    st.lists(st.one_of(st.integers(2, 3_000), st.integers(20_000, 70_000)), min_size=1, max_size=40),
    st.sampled_from([0, 8, 5_000, 31_000, 64_000]),
)
def test_a_flood_keeps_every_event_in_order_in_bodies_of_the_right_size(sizes: list[int], shared: int) -> None:
    texts = [b'"' + b"x" * (size - 2) + b'"' for size in sizes]
    context = b'{"a":"' + b"x" * (shared - 8) + b'"}' if shared else None

    bodies = [json.loads(body) for body in bodies_of(texts, context)]

    assert [text_of(one) for body in bodies for one in body["batch"]] == texts
    assert all(("context" in body) == bool(shared) for body in bodies)
    for body in bodies_of(texts, context):
        beside = shared if shared > MAX_CHUNK_BYTES / 2 else 0
        assert len(body) <= MAX_CHUNK_BYTES + beside or len(json.loads(body)["batch"]) == 1


def test_bodies_are_filled_to_the_last_byte() -> None:
    """Three events and their commas in just the room there is, and one byte too many."""
    room = MAX_CHUNK_BYTES - len('{"context":{"a":1},"batch":[]}') - len(",,")
    texts = [b'"' + b"x" * (size - 2) + b'"' for size in (100, 200, room - 300)]

    (body,) = bodies_of(texts, b'{"a":1}')
    assert len(body) == MAX_CHUNK_BYTES
    assert len(bodies_of([*texts[:2], texts[2] + b" "], b'{"a":1}')) == 2
