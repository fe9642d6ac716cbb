"""However a request's events come, in one body or another, at once or in parts: each has the same end."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dreamdata_relay.events.batches import Batch
from dreamdata_relay.events.bodies import read_batch_body, read_long_batch_body
from dreamdata_relay.events.envelopes import Envelope
from dreamdata_relay.events.normalization import Completion
from dreamdata_relay.events.reading import read_events
from dreamdata_relay.events.rules import EVENT_TYPES
from dreamdata_relay.ingest.parts import Part, parts_of
from dreamdata_relay.messages.dead_letter_bodies import bodies_of, body_of
from tests.examples import examples
from tests.properties.test_reading import COMPLETION, events

MANY = settings(max_examples=examples(400), deadline=None)
# From few, so that texts and ids stand more than once.
TEXTS = st.lists(events(), min_size=1, max_size=3).flatmap(
    lambda few: st.lists(st.sampled_from(few), min_size=1, max_size=9)
)
SHARED = st.sampled_from(
    [b"", b'"context":{"a":[1]},', b'"integrations":{"All":true},"context":{"traits":{}},', b'"x":1,']
)


def ends_alone(texts: list[str], completion: Completion) -> tuple[list[bytes], dict[int, str], int]:
    """Each event read by itself: texts accepted, reasons of those refused by place, and how many were the same."""
    accepted: dict[bytes, None] = {}
    refused: dict[int, str] = {}
    repeated = 0
    for place, text in enumerate(texts):
        reading = read_events(Batch([text.encode()], places=[place]), completion)
        refused |= {event.index: str(event.code) for event in reading.refused}
        for event in reading.events:
            repeated += bytes(event) in accepted
            accepted[bytes(event)] = None
    return list(accepted), refused, repeated


def ends_of(parts: Iterator[Part]) -> tuple[list[bytes], dict[int, str], int]:
    accepted: list[bytes] = []
    refused: dict[int, str] = {}
    repeated = 0
    for part in parts:
        accepted += [bytes(event) for event in part.events]
        refused |= {place: str(reason.code) for reason, events in part.refused.items() for place, _ in events}
        repeated += part.repeated
    return accepted, refused, repeated


@MANY
@given(TEXTS, st.integers(1, 4), st.sampled_from([None, b'{"a":1}']))
def test_the_same_event_is_left_out_and_no_other_in_parts_of_any_size(
    texts: list[str], most: int, context: bytes | None
) -> None:
    completion = Completion(COMPLETION.received_at, COMPLETION.message_id, context=context)
    envelope = Envelope(Batch([text.encode() for text in texts]))

    assert ends_of(parts_of(envelope, completion, most)) == ends_alone(texts, completion)
    assert ends_of(parts_of(envelope, completion, 1_000)) == ends_alone(texts, completion)


@MANY
@given(TEXTS, st.sampled_from(["", '"x":"\\ud800",', '"x":NaN,', '"x":' + "[" * 1_100 + "]" * 1_100 + ","]))
def test_a_batch_ends_the_same_whatever_stands_beside_it(texts: list[str], beside: str) -> None:
    body = ("{" + beside + '"batch":[' + ",".join(texts) + "]}").encode()
    alone = ends_alone(texts, COMPLETION)

    for envelope in (read_batch_body(body), read_long_batch_body(body)):
        assert envelope.count() == len(texts)
        assert ends_of(parts_of(envelope, COMPLETION, 20_000)) == alone


@MANY
@given(TEXTS)
def test_a_list_and_lines_are_the_batch_of_the_same_events(texts: list[str]) -> None:
    alone = ends_alone(texts, COMPLETION)
    bodies = ["[" + " , ".join(texts) + "]"]
    if len(texts) > 1 and not any("\n" in text for text in texts):
        bodies.append("\r\n".join(texts))

    for body in bodies:
        for read in (read_batch_body, read_long_batch_body):
            assert ends_of(parts_of(read(body.encode()), COMPLETION, 20_000)) == alone


@MANY
@given(TEXTS, SHARED)
def test_a_dead_letter_is_read_as_the_events_it_was_made_of(texts: list[str], shared: bytes) -> None:
    envelope = read_batch_body(b"{" + shared + b'"batch":[' + ",".join(texts).encode() + b"]}")
    raws = [text.encode() for text in texts]
    alone = [body_of([raw], envelope.context, envelope.integrations) for raw in raws]

    for raw, body in zip(raws, alone, strict=True):
        assert _events_in(body, envelope) == [raw]
    together = bodies_of(raws, envelope.context, envelope.integrations)
    assert [event for body in together for event in _events_in(body, envelope)] == raws


def _events_in(body: bytes, sent: Envelope) -> list[bytes]:
    """What is read of a letter: an event where it says so or holds no batch, else a batch with what was shared."""
    value: dict[str, Any] = json.loads(body)
    if value.get("type") in EVENT_TYPES or "batch" not in value:
        assert sent.context is sent.integrations is None
        return [body]
    read = read_batch_body(body)
    assert (read.context, read.integrations) == (sent.context, sent.integrations)
    return [bytes(raw) for raw in read.batch.raws]
