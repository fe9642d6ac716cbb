"""Settles an invocation: every message gets its end, or waits.

Dead letters first (:mod:`dreamdata_relay.deliver.dead_lettering`), then what waits of messages done in part
(:mod:`dreamdata_relay.deliver.sending_back`); of the others the visibility is extended.
"""

import itertools
from collections.abc import Callable

from msgspec import Struct

from dreamdata_relay import metrics
from dreamdata_relay.clock import Clock
from dreamdata_relay.deliver.collection import Collection
from dreamdata_relay.deliver.dead_lettering import DeadLettering, out_of_tries
from dreamdata_relay.deliver.payloads import ISOLATING_RECEIVES
from dreamdata_relay.deliver.progress import MessageProgress
from dreamdata_relay.deliver.refusals import Verdicts
from dreamdata_relay.deliver.reporting import report_dropped, report_held
from dreamdata_relay.deliver.responses import Hold
from dreamdata_relay.deliver.results import Results
from dreamdata_relay.deliver.sending_back import SendingBack
from dreamdata_relay.messages.queues import HeldQueue, Queue
from dreamdata_relay.metrics import Telemetry
from dreamdata_relay.secrets.keys import DreamdataKey

# The dead letters' share of the time that is left, and then what goes back's: the rest is for holding. Seconds at most.
_DEAD_LETTERS_SHARE, _SENDING_BACK_SHARE, _LONGEST_SHARE_S = 0.4, 0.55, 10.0


class Settlement(Struct, frozen=True):
    """The three places that events can still go to, with the clock and the jitter (numbers in [0, 1)).

    ``last_receive``: from this receive on what must wait is dead-lettered instead: soon the queue would do it, without
    ids, times or a reason. ``rules``: the version of the privacy rules, if there are any.
    """

    queue: Queue
    held: HeldQueue
    dead_letters: Queue
    clock: Clock
    telemetry: Telemetry
    jitter: Callable[[], float]
    key: DreamdataKey
    last_receive: int
    rules: str | None = None

    def settle(self, collection: Collection, results: Results, deadline: float) -> list[str]:
        """Give every message its end before ``deadline`` (monotonic seconds); the ids of those to come back."""
        messages = collection.progress
        for piece in results.delivered:
            messages[piece.message].ended += len(piece.message_ids)
        for piece, hold in results.held:
            messages[piece.message].wait(piece, hold)
        self._take_apart(messages, results)
        now = self.clock.now()
        refused = Verdicts(results, now).dead_events(messages)
        dead = itertools.chain(collection.dead, refused, out_of_tries(messages, results, now, self.last_receive))
        dead_lettering = DeadLettering(self.dead_letters, self.clock, self.telemetry, self.key)
        dead_lettering.send(dead, messages, self._share(_DEAD_LETTERS_SHARE, deadline))
        self._audit(messages)
        report_held(self.telemetry, self.clock.now(), [one for one in messages if not one.done], results)
        # Dreamdata wants to be left alone for so long, whatever each one waits for.
        asked = results.stopped.after if results.stopped else None
        sending_back = SendingBack(self.queue, self.telemetry, self.jitter, self.rules)
        partly = [one for one in messages if one.partly]
        sending_back.send(partly, asked, self._share(_SENDING_BACK_SHARE, deadline))
        waiting = [one for one in messages if not one.done]
        report_dropped(self.telemetry, [one for one in messages if one.done])
        self._hold([(one.message.receipt_handle, sending_back.hold_seconds(one, asked)) for one in waiting], deadline)
        return [one.message.message_id for one in waiting]

    def _take_apart(self, messages: list[MessageProgress], results: Results) -> None:
        """Messages to isolate that were themselves answered, beside what was accepted, wait in parts."""
        asked = {piece.message for piece, hold in results.held if hold.status and results.acceptances}
        for number in asked:
            if messages[number].message.all_receives >= ISOLATING_RECEIVES:
                messages[number].take_apart()

    def _share(self, share: float, deadline: float) -> float:
        """The deadline of one step, so that a queue that does not answer leaves time for the next step."""
        now = self.clock.monotonic()
        return now + min(_LONGEST_SHARE_S, share * max(0.0, deadline - now))

    def _audit(self, messages: list[MessageProgress]) -> None:
        """What went in must have come out: a message whose events do not add up is kept, and somebody is told."""
        for progress in messages:
            missing = progress.miscounted
            if missing:
                progress.keep_whole(Hold("error"))
                self.telemetry.add(metrics.EVENTS_MISCOUNTED, abs(missing))
                self.telemetry.add(metrics.UNEXPECTED_ERRORS)
                self.telemetry.log("error", "events do not add up, their message is kept", missing=missing)

    def _hold(self, receipts: list[tuple[str, int]], deadline: float) -> None:
        failed = self.held.hold(receipts, deadline) if receipts else 0
        if failed:
            self.telemetry.add(metrics.HOLDS_FAILED, failed)
