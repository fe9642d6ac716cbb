"""Delivers an SQS batch and returns the ids of the messages that must come back.

It collects (unwraps, validates, leaves out repeats), packs and posts. Then it settles: it dead-letters refused events,
requeues what waits of partly finished messages, and holds the rest. A fault with one message affects no other, even if
it ends the function, see :mod:`dreamdata_relay.deliver.rounds`.
"""

from collections.abc import Callable, Container, Sequence
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct, field

from dreamdata_relay import metrics
from dreamdata_relay.clock import Clock
from dreamdata_relay.deliver.collection import Collection, collect
from dreamdata_relay.deliver.dead_lettering import is_ending
from dreamdata_relay.deliver.dispatch import Delivery
from dreamdata_relay.deliver.payload_encoding import Encoding
from dreamdata_relay.deliver.payloads import Payload, payloads_of
from dreamdata_relay.deliver.posting import Endpoint, Poster
from dreamdata_relay.deliver.progress import CONFIRMING, DOUBTFUL, PROVEN, MessageProgress
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.refusals import is_patient
from dreamdata_relay.deliver.reporting import report_delivered
from dreamdata_relay.deliver.responses import Hold
from dreamdata_relay.deliver.results import Results
from dreamdata_relay.deliver.rounds import rounds_of
from dreamdata_relay.deliver.sending_back import MAX_SPLITS
from dreamdata_relay.deliver.settlement import Settlement
from dreamdata_relay.deliver.worklist import Worklist
from dreamdata_relay.limits import MAX_RECEIVES
from dreamdata_relay.messages.queues import HeldQueue, Queue
from dreamdata_relay.metrics import Telemetry
from dreamdata_relay.secrets.keys import DreamdataKey

if TYPE_CHECKING:
    from dreamdata_relay.cleaning.judging import Judge

# Time for settling: dead letters, requeued messages, visibility timeouts; more if there are many messages to hold.
# Long enough that one hanging call to AWS does not use up the time of the next.
SETTLING_S = 10.0
# Reserved for the handler's own answer.
ANSWERING_S = 0.5
SETTLING_S_PER_MESSAGE = 0.002
# Messages not collected by then wait, so that the others can be posted.
COLLECTING_SHARE = 0.4
# SQS moves a message to the dead-letter queue after its last receive. From this many receives before that, the relay
# dead-letters waiting events itself, with ids, times and the reason. More than one receive, because the function may
# crash or the dead-letter queue may fail.
RECEIVES_KEPT_BACK = 4


class Deliverer(Struct, frozen=True):
    """The deliver function's parts; ``jitter`` gives numbers in [0, 1); ``encoding`` lives as long as the environment.

    ``max_receives``: ``maxReceiveCount`` of the queue's redrive policy. ``judge``: the privacy rules, if there are any.
    ``digests``: whether of what is no event only a digest is dead-lettered.
    """

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
    max_receives: int = MAX_RECEIVES
    judge: "Judge | None" = None
    digests: bool = False

    def deliver(self, messages: Sequence[QueuedMessage], remaining_s: float) -> list[str]:
        """Deliver ``messages`` within ``remaining_s`` seconds and return the ids of those that are not done.

        Raises nothing because of a message's content or an answer of AWS or Dreamdata.
        """
        end = self.clock.monotonic() + remaining_s
        # Treat a message received twice as one: deleting its second copy would delete the first as well.
        messages = list({message.message_id: message for message in messages}.values())
        posting_end = end - SETTLING_S - SETTLING_S_PER_MESSAGE * len(messages)
        # Read the key even if there is nothing to post, because no dead letter may contain it.
        self.key.remember()
        # The function survived none of their earlier receives, so they are not read again.
        exhausted = [message for message in messages if message.receives >= self.max_receives]
        failed = self._hold(exhausted, Hold("error"), end - ANSWERING_S) if exhausted else []
        rounds = rounds_of([message for message in messages if message.receives < self.max_receives], self.jitter)
        results: Results | None = None
        for number, messages_of_round in enumerate(rounds, 1):
            progress, results = self._round(messages_of_round, results, posting_end, end - ANSWERING_S)
            failed += [one.message.message_id for one in progress if not one.done]
            if number == len(rounds):
                break
            if results.stopped:
                # They wait for the same reason and cannot have arrived.
                rest = [message for messages_of_round in rounds[number:] for message in messages_of_round]
                return failed + self._hold(rest, results.stopped, end - ANSWERING_S)
            # Delete these now, so that they do not come back if the next round ends the function.
            self.held.delete([one.message.receipt_handle for one in progress if one.done], end - ANSWERING_S)
        return failed

    def _round(
        self, messages: Sequence[QueuedMessage], before: Results | None, posting_end: float, end: float
    ) -> tuple[list[MessageProgress], Results]:
        """Deliver ``messages`` until ``end``; ``before``: the results of the previous round."""
        collecting_end = self.clock.monotonic() + COLLECTING_SHARE * max(0.0, posting_end - self.clock.monotonic())
        collection = self._collect(messages, collecting_end)
        results = self._post(collection, before, posting_end)
        if self.encoding.given_up:
            self.telemetry.add(metrics.COMPRESSION_GIVEN_UP)
        report_delivered(self.telemetry, self.clock.now(), collection.progress, results)
        self._settlement().settle(collection, results, end)
        return collection.progress, results

    def _hold(self, messages: Sequence[QueuedMessage], hold: Hold, end: float) -> list[str]:
        """Hold ``messages`` unread and return their ids, without those that cannot wait any longer."""
        last, now = self.max_receives - RECEIVES_KEPT_BACK, self.clock.now()
        ending = [one for one in messages if is_ending(one, now, last) and one.receives < self.max_receives]
        # These are dead-lettered now: completed, with the ids and times that they would have been sent with.
        collection = self._collect(ending, end)
        results = Results(held=[(piece, hold) for piece in collection.pieces])
        for message in messages:
            if message not in ending:
                collection.progress.append(MessageProgress(message))
                collection.progress[-1].keep_whole(hold)
        return self._settlement().settle(collection, results, end)

    def _collect(self, messages: Sequence[QueuedMessage], end: float) -> Collection:
        return collect(messages, self.telemetry, self.clock, end, self.judge, self.digests)

    def _settlement(self) -> Settlement:
        return Settlement(
            self.queue,
            self.held,
            self.dead_letters,
            self.clock,
            self.telemetry,
            self.jitter,
            self.key,
            last_receive=self.max_receives - RECEIVES_KEPT_BACK,
            rules=self.judge.version if self.judge else None,
        )

    def _post(self, collection: Collection, before: Results | None, deadline: float) -> Results:
        def patient(payload: Payload) -> bool:
            of = [messages[piece.message].message for piece in payload.pieces]
            return all(message.refused_before in PROVEN or is_patient(message, now) for message in of)

        def all_refused(payload: Payload, how: Container[str | None]) -> bool:
            return all(messages[piece.message].message.refused_before in how for piece in payload.pieces)

        def halvings(payload: Payload) -> int:
            of = [messages[piece.message].message for piece in payload.pieces]
            if any(message.splits >= MAX_SPLITS for message in of):
                return 0
            # What failed and had to be split before has several culprits, as a rule, and each may cost a time-out.
            return 2 + min(0 if message.refused_before else message.splits for message in of)

        messages, now = collection.progress, self.clock.now()
        payloads = payloads_of(collection.pieces, collection.receives)
        confirming, doubted = partial(all_refused, how=CONFIRMING), partial(all_refused, how={DOUBTFUL})
        worklist = Worklist(payloads, patient, confirming, doubted, halvings, before)
        poster = Poster(self.endpoint, self.key, self.clock, self.telemetry, self.jitter, deadline, self.encoding)
        return Delivery(poster, self.clock, self.parallel, deadline, worklist).deliver()
