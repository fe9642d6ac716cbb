"""Extracts events from queue messages: relay chunks, SNS notifications, EventBridge events, arrays, lines, events."""

from dreamdata_relay.deliver.opening import Wrapping, holds_no_event
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.unwrapped import Unwrapped
from dreamdata_relay.errors import EventRefused, Refusal
from dreamdata_relay.events.batches import read_array
from dreamdata_relay.events.chunks import CHUNK_END, CHUNK_START, utf8_of
from dreamdata_relay.events.typed_fields import all_complete, probe_array
from dreamdata_relay.limits import MAX_EVENT_BYTES, MAX_MERGED_BYTES

# One of the relay's chunks has about a hundred events; a longer one takes the slow way, which watches the memory.
MAX_EVENTS_OF_CHUNK = 5_000
_CHUNK_START = CHUNK_START.decode()


def unwrap(message: QueuedMessage) -> Unwrapped:
    """Return the events of ``message``; its content raises nothing."""
    return unwrap_chunk(message) or unwrap_slowly(message)


def unwrap_chunk(message: QueuedMessage) -> Unwrapped | None:
    """Return the events of one of the relay's chunks if all can be typed; None if the message needs a closer look."""
    if not message.body.startswith(_CHUNK_START):
        return None
    body = utf8_of(message.body)
    if not body.endswith(CHUNK_END):
        return None
    # Read the list by itself, not as a member of the object, so that a second ``batch`` cannot slip past.
    # A view, because the list is as large as all that is delivered.
    array = memoryview(body)[len(CHUNK_START) - 1 : 1 - len(CHUNK_END)]
    probes = probe_array(array)
    if not probes or len(probes) > MAX_EVENTS_OF_CHUNK:
        return None
    message_ids = all_complete(probes) if len(body) <= MAX_EVENT_BYTES else None
    if message_ids is not None:
        return Unwrapped(message.sender or "queue", message_ids, whole=array[1:-1], count=len(message_ids))
    found = Wrapping(message)
    reading = found.events(read_array(array, probes))
    if found.count > 1 and not reading.events:
        # It holds no event at all, so how it is written does not matter.
        return None
    return found.unwrapped(reading)


def unwrap_slowly(message: QueuedMessage, most_merged: int = MAX_MERGED_BYTES) -> Unwrapped:
    """Return the events of any message; raises :class:`MergesMuch` if merging takes more than ``most_merged`` bytes."""
    found = Wrapping(message, most_merged)
    try:
        reading = found.open(utf8_of(message.body))
    except EventRefused as error:
        return found.refused(error)
    if found.count == 1 and not reading.events and holds_no_event(reading.refused):
        # It may be another service's message, which has a better reason than a missing type.
        looks = found.looks_like()
        if looks:
            return found.refused(EventRefused(Refusal.MESSAGE_NOT_EVENT, looks))
    return found.unwrapped(reading)
