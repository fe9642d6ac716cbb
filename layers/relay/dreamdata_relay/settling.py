"""The end of an invocation: dead letters, what goes back to the queue of messages done in part, and holds."""

from collections.abc import Callable

from msgspec import Struct

from dreamdata_relay import backoff, metrics
from dreamdata_relay.chunks import allowed_text, chunk
from dreamdata_relay.clock import Clock
from dreamdata_relay.collecting import Collection
from dreamdata_relay.dead_letters import OutgoingMessage, dead_letter
from dreamdata_relay.delivery import Results
from dreamdata_relay.errors import Refusal
from dreamdata_relay.fates import DeadEvent, MessageFate, events_of
from dreamdata_relay.limits import MAX_DELAY_S
from dreamdata_relay.metrics import Telemetry
from dreamdata_relay.outcomes import Hold, Refused
from dreamdata_relay.payloads import Piece
from dreamdata_relay.queues import HeldQueue, Queue

# After so many receives a refusal counts even if Dreamdata accepted nothing beside it.
PATIENT_RECEIVES = 5

# The dead letters' share of the time that is left, and then what goes back's: the rest is for holding. Seconds at most.
_DEAD_LETTERS_SHARE, _SENDING_BACK_SHARE, _LONGEST_SHARE_S = 0.4, 0.55, 10.0

# What is wrong with the key, for whoever reads the log.
_KEY_LINES = {
    "key:secret_placeholder": "nothing is delivered: put the Dreamdata API key in the secret's placeholder's place",
    "key:secret_malformed": 'nothing is delivered: the Dreamdata secret is neither a key nor {"api_key": "<key>"}',
    "key:secret_unavailable": "nothing is delivered: Secrets Manager did not give the Dreamdata secret",
}
_KEY_LINE = "nothing is delivered: Dreamdata refuses the key in the secret"

# How often the rest of one message may go back as a new one: Lambda stops a loop over a queue after 16 hops.
MAX_SPLITS = 8


class Settlement(Struct, frozen=True):
    """The three places that events can still go to, with the clock and the jitter (numbers in [0, 1))."""

    queue: Queue
    held: HeldQueue
    dead_letters: Queue
    clock: Clock
    telemetry: Telemetry
    jitter: Callable[[], float]

    def settle(self, collection: Collection, results: Results, deadline: float) -> list[str]:
        """Give every message its end before ``deadline`` (monotonic seconds); the ids of those to come back."""
        fates = collection.fates
        for piece in results.delivered:
            fates[piece.message].ended += len(piece.message_ids)
        for piece, hold in results.held:
            fates[piece.message].wait(piece, hold)
        dead = list(collection.dead)
        for piece, refused in results.refused:
            self._judge_refusal(fates[piece.message], piece, refused, bool(results.delivered), dead)
        self._dead_letter(dead, fates, self._share(_DEAD_LETTERS_SHARE, deadline))
        self._report([fate for fate in fates if not fate.done], results)
        partly = [fate for fate in fates if fate.partly]
        self._send_back(partly, self._share(_SENDING_BACK_SHARE, deadline))
        waiting = [fate for fate in fates if not fate.done]
        self._hold(waiting, deadline)
        return [fate.message.message_id for fate in waiting]

    def _share(self, share: float, deadline: float) -> float:
        """The deadline of one step, so that a queue that does not answer leaves time for the next step."""
        now = self.clock.monotonic()
        return now + min(_LONGEST_SHARE_S, share * max(0.0, deadline - now))

    def _judge_refusal(
        self, fate: MessageFate, piece: Piece, refused: Refused, accepted: bool, dead: list[DeadEvent]
    ) -> None:
        """A refusal of everything is a fault of the relay or of Dreamdata, not of the event."""
        if not accepted and fate.message.receives < PATIENT_RECEIVES:
            fate.wait(piece, Hold("refused_all"))
            return
        body = bytes(piece.text).decode("utf-8", "replace")
        dead.append(DeadEvent(piece.message, body, Refusal.REFUSED_BY_DREAMDATA, refused.reason, refused.status, piece))

    def _dead_letter(self, dead: list[DeadEvent], fates: list[MessageFate], deadline: float) -> None:
        if not dead:
            return
        letters = [
            dead_letter(event.body, event.code, event.detail, fates[event.message].source, event.status)
            for event in dead
        ]
        failed = frozenset(self.dead_letters.send(letters, deadline))
        for index, event in enumerate(dead):
            fate = fates[event.message]
            if index not in failed:
                fate.ended += event.events
            elif event.piece is None:
                fate.kept_whole, fate.hold = True, Hold("dead_letter")
            else:
                fate.wait(event.piece, Hold("dead_letter"))
        taken = [event for index, event in enumerate(dead) if index not in failed]
        if failed:
            self.telemetry.add(metrics.DEAD_LETTERS_FAILED, sum(dead[index].events for index in failed))
        if taken:
            count, codes = sum(event.events for event in taken), sorted({str(event.code) for event in taken})
            self.telemetry.add(metrics.EVENTS_REFUSED, count)
            self.telemetry.log("warning", "events dead-lettered", count=count, codes=codes)

    def _send_back(self, partly: list[MessageFate], deadline: float) -> None:
        """What waits of a message done in part becomes a message of its own, so that nothing is sent twice.

        Where that fails the whole message comes back: better an event twice than not at all.
        """
        rests: list[OutgoingMessage] = []
        owners: list[MessageFate] = []
        for fate in partly:
            if fate.message.splits < MAX_SPLITS:
                for body in chunk(events_of(fate.waiting)):
                    rests.append(self._rest(fate, body))
                    owners.append(fate)
        failed = set(map(id, (owners[index] for index in self.queue.send(rests, deadline)))) if rests else set()
        for fate in {id(owner): owner for owner in owners}.values():
            if id(fate) in failed:
                continue
            fate.waiting.clear()
            self.telemetry.add(metrics.MESSAGES_SPLIT)

    def _rest(self, fate: MessageFate, body: bytes) -> OutgoingMessage:
        message = fate.message
        attributes = {
            "source": fate.source,
            "splits": str(message.splits + 1),
            "first_sent_at": f"{message.first_sent_at:.3f}",
        }
        delay = backoff.hold_seconds(message.receives, fate.hold.after if fate.hold else None, self.jitter)
        return OutgoingMessage(allowed_text(body.decode("utf-8", "replace")), attributes, min(delay, MAX_DELAY_S))

    def _hold(self, waiting: list[MessageFate], deadline: float) -> None:
        receipts = [
            (
                fate.message.receipt_handle,
                backoff.hold_seconds(fate.message.receives, fate.hold.after if fate.hold else None, self.jitter),
            )
            for fate in waiting
        ]
        failed = self.held.hold(receipts, deadline) if receipts else 0
        if failed:
            self.telemetry.add(metrics.HOLDS_FAILED, failed)

    def _report(self, waiting: list[MessageFate], results: Results) -> None:
        if not waiting:
            return
        events = sum(len(piece.message_ids) for fate in waiting for piece in fate.waiting)
        self.telemetry.add(metrics.EVENTS_HELD, events)
        oldest = min(fate.message.first_sent_at for fate in waiting)
        self.telemetry.add(metrics.HELD_AGE, round(max(0.0, self.clock.now() - oldest), 3))
        ambiguous = sum(len(piece.message_ids) for piece, hold in results.held if hold.ambiguous)
        if ambiguous:
            self.telemetry.add(metrics.EVENTS_AMBIGUOUS, ambiguous)
        reasons = {hold.reason for _, hold in results.held} | {fate.hold.reason for fate in waiting if fate.hold}
        if any(reason.startswith("key:") for reason in reasons):
            self.telemetry.add(metrics.KEY_REFUSED)
        if "configuration" in reasons:
            self.telemetry.add(metrics.ENDPOINT_MISCONFIGURED)
        keys = sorted(reason for reason in reasons if reason.startswith("key:"))
        level, line = ("error", _KEY_LINES.get(keys[0], _KEY_LINE)) if keys else ("warning", "messages held")
        self.telemetry.log(level, line, messages=len(waiting), events=events, reasons=sorted(reasons))
