"""A chunk read by the short way gives the events, ids and refusals that the same array gives in any other writing."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dreamdata_relay.deliver.message_parsing import unwrap
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.unwrapped import Unwrapped
from dreamdata_relay.events.batches import read_array
from tests.examples import examples
from tests.properties.test_reading import events


def ends(unwrapped: Unwrapped) -> tuple[list[bytes], list[str], list[tuple[int, str, str]], int]:
    """Texts and ids of what is delivered, what is refused with its reason, and how many ids came twice."""
    reading = unwrapped.reading
    texts = reading.events if unwrapped.whole is None else read_array(b"[" + unwrapped.whole + b"]").raws
    refused = [(event.index, event.code, event.detail) for event in reading.refused]
    return [bytes(text) for text in texts], list(unwrapped.message_ids), refused, reading.repeated


def message(body: str) -> QueuedMessage:
    return QueuedMessage("m-7", "handle", body, 1, 1_795_436_875.0)


@settings(deadline=None, max_examples=examples(400))
@given(st.lists(events(), min_size=1, max_size=6))
def test_a_chunk_and_the_same_array_written_otherwise_end_alike(texts: list[str]) -> None:
    array = "[" + ",".join(texts) + "]"

    chunk, otherwise = (unwrap(message(f"{start}{array}}}")) for start in ('{"batch":', '{ "batch":'))

    assert ends(chunk) == ends(otherwise)
    assert chunk.source == otherwise.source == "queue"


def test_a_chunk_larger_than_an_event_may_be_is_read_like_any_other() -> None:
    event = '{"type":"track","userId":"u","event":"Paid","properties":{"a":"' + "x" * 300_000 + '"}}'

    chunk = unwrap(message('{"batch":[' + ",".join([event] * 3) + "]}"))

    assert chunk.whole is None
    assert len(chunk.reading.events) == len(set(chunk.message_ids)) == 3
