"""The deliver function's work: an SQS batch in, the ids of the messages that must come back out.

Collect (unwrap, validate, leave out repeats), pack, post, and then settle: dead-letter what was refused, send back what
waits of messages that are done in part, hold the rest. Whatever goes wrong with one message stays with it.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct, field

from dreamdata_relay import metrics
from dreamdata_relay.clock import Clock
from dreamdata_relay.collecting import Collection, collect
from dreamdata_relay.delivery import Delivery, Results
from dreamdata_relay.encoding import Encoding
from dreamdata_relay.keys import DreamdataKey
from dreamdata_relay.limits import MAX_PAYLOAD_BYTES
from dreamdata_relay.metrics import Telemetry
from dreamdata_relay.payloads import Payload, payloads_of
from dreamdata_relay.posting import Endpoint, Poster
from dreamdata_relay.queues import HeldQueue, Queue
from dreamdata_relay.settling import PATIENT_RECEIVES, Settlement
from dreamdata_relay.unwrapping import QueuedMessage

# For settling: dead letters, what goes back, visibility timeouts; more where there are many messages to hold.
# Long enough that one call to AWS that hangs does not take the time of the next.
SETTLING_S = 10.0
# Kept back for the handler's own answer.
ANSWERING_S = 0.5
SETTLING_S_PER_MESSAGE = 0.002


class Deliverer(Struct, frozen=True):
    """The deliver function's parts; ``jitter`` gives numbers in [0, 1); ``encoding`` is for an environment's life."""

    queue: Queue
    held: HeldQueue
    dead_letters: Queue
    endpoint: Endpoint
    key: DreamdataKey
    clock: Clock
    telemetry: Telemetry
    jitter: Callable[[], float]
    parallel: int = 2
    encoding: Encoding = field(default_factory=Encoding)

    def deliver(self, messages: Sequence[QueuedMessage], remaining_s: float) -> list[str]:
        """Deliver ``messages`` within ``remaining_s`` seconds; the ids of those that are not done.

        Raises nothing for what is in a message, nor for what AWS or Dreamdata answer.
        """
        end = self.clock.monotonic() + remaining_s
        posting_end = end - SETTLING_S - SETTLING_S_PER_MESSAGE * len(messages)
        collection = collect(messages, self.telemetry)
        results = self._post(collection, posting_end)
        self._report(collection, results)
        settlement = Settlement(self.queue, self.held, self.dead_letters, self.clock, self.telemetry, self.jitter)
        return settlement.settle(collection, results, end - ANSWERING_S)

    def _post(self, collection: Collection, deadline: float) -> Results:
        def patient(payload: Payload) -> bool:
            return all(messages[piece.message].message.receives >= PATIENT_RECEIVES for piece in payload.pieces)

        messages = collection.fates
        poster = Poster(self.endpoint, self.key, self.clock, self.telemetry, self.jitter, deadline, self.encoding)
        delivery = Delivery(poster, self.clock, self.parallel, deadline, patient)
        return delivery.deliver(payloads_of(collection.pieces))

    def _report(self, collection: Collection, results: Results) -> None:
        now = self.clock.now()
        if self.encoding.given_up:
            self.telemetry.add(metrics.COMPRESSION_GIVEN_UP)
        for payload in results.payloads:
            self.telemetry.add(metrics.PAYLOADS)
            self.telemetry.add(metrics.PAYLOAD_BYTES, payload.size)
            self.telemetry.add(metrics.PAYLOAD_FILL, round(100 * payload.size / MAX_PAYLOAD_BYTES, 2))
            oldest = min(collection.fates[piece.message].message.first_sent_at for piece in payload.pieces)
            self.telemetry.add(metrics.DELIVERY_LAG, round(max(0.0, now - oldest), 3))
        delivered = sum(len(piece.message_ids) for piece in results.delivered)
        if delivered:
            self.telemetry.add(metrics.EVENTS_DELIVERED, delivered)
        resent = sum(
            len(piece.message_ids)
            for piece in results.delivered
            if collection.fates[piece.message].message.receives > 1
        )
        if resent:
            self.telemetry.add(metrics.EVENTS_RESENT, resent)
