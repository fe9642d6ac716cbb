"""The relay's own reading of a body: what ingest does between unpacking a request and sending its messages."""

from collections.abc import Sequence

from dreamdata_relay.events.bodies import read_batch_body
from dreamdata_relay.events.chunks import without_non_characters
from dreamdata_relay.events.message_ids import derived_id, random_id
from dreamdata_relay.events.normalization import Completion
from dreamdata_relay.events.reading import read_events
from dreamdata_relay.events.typed_fields import Text

NOW = "2026-11-23T12:27:55.411Z"


def _message_id(text: bytes, index: int, own_time: bool) -> str:
    return derived_id(text, str(index).encode()) if own_time else random_id()


COMPLETION = Completion(NOW, _message_id)


def read(body: bytes) -> tuple[Sequence[Text], list[int]]:
    """The texts of the events accepted, and the places of those refused."""
    reading = read_events(read_batch_body(without_non_characters(body)).batch, COMPLETION)
    return reading.events, [event.index for event in reading.refused]
