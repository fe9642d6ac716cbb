"""What each function does with events, but for sending: read, judge, pack into what would be sent."""

import math
from collections.abc import Sequence

from benchmarks.corpus import MAX_MESSAGE_BYTES
from benchmarks.ingest.ours import COMPLETION, NOW
from dreamdata_relay.adapters.clock import SystemClock
from dreamdata_relay.bin_packing import runs
from dreamdata_relay.deliver.collection import collect
from dreamdata_relay.deliver.payloads import payloads_of
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.errors import NotJson
from dreamdata_relay.events.bodies import read_batch_body, read_long_batch_body
from dreamdata_relay.events.chunks import without_non_characters
from dreamdata_relay.ingest.enqueueing import EventOutbox, Outbox
from dreamdata_relay.ingest.masks import RequestMasks
from dreamdata_relay.ingest.parts import parts_of
from dreamdata_relay.limits import MAX_BODY_BYTES_AT_ONCE, MAX_EVENTS_AT_ONCE
from dreamdata_relay.messages.dead_letters import OutgoingMessage
from dreamdata_relay.metrics import Metric


class Quiet:
    """Telemetry that keeps nothing."""

    def add(self, metric: Metric, value: float = 1, *, rule: str | None = None) -> None: ...

    def label(self, **dimensions: str) -> None: ...

    def log(self, level: str, message: str, **fields: object) -> None: ...


class Counting:
    """A queue that takes all and keeps nothing."""

    taken = 0

    def send(self, messages: Sequence[OutgoingMessage], deadline: float) -> list[int]:
        self.taken += len(messages)
        return []


def body_of(events: Sequence[bytes]) -> bytes:
    """One HTTP body of all events, however large."""
    return b'{"batch":[' + b",".join(events) + b"]}"


def ingest(body: bytes) -> int:
    """The messages and dead letters made of a body; none where it is refused as a whole."""
    try:
        read = read_batch_body if len(body) <= MAX_BODY_BYTES_AT_ONCE else read_long_batch_body
        envelope = read(without_non_characters(body))
    except NotJson:
        return 0
    letters, queue = Counting(), Counting()
    outbox, events = Outbox(letters, 0), EventOutbox(queue, "http:bench", 0)
    masks, refused = RequestMasks(), 0
    for part in parts_of(envelope, COMPLETION, MAX_EVENTS_AT_ONCE):
        outbox.put(part.dead_letters("http:bench", masks, refused))
        events.put(part.events)
        refused += part.refusals
    outbox.finish()
    events.finish()
    return letters.taken + queue.taken


def messages_of(events: Sequence[bytes]) -> list[QueuedMessage]:
    """The events on the queue, in bodies of at most 62,400 bytes, but for an event that is larger alone."""
    room = MAX_MESSAGE_BYTES - len(body_of([]))
    return [
        QueuedMessage(f"m{run.start}", "r", body_of(events[run.start : run.stop]).decode(), 1, 0.0, {})
        for run in runs([len(event) + 1 for event in events], room)
    ]


def deliver(messages: Sequence[QueuedMessage]) -> int:
    """The bytes of the payloads made of messages."""
    collection = collect(messages, Quiet(), SystemClock(), math.inf)
    return sum(len(payload.body(NOW)) for payload in payloads_of(collection.pieces))
