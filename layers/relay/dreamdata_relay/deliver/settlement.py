"""Settles an invocation: writes dead letters, requeues what waits of messages done in part, extends visibility."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from dreamdata_relay import metrics
from dreamdata_relay.clock import Clock
from dreamdata_relay.deliver import backoff
from dreamdata_relay.deliver.collection import Collection
from dreamdata_relay.deliver.payloads import ISOLATING_RECEIVES
from dreamdata_relay.deliver.progress import DeadEvent, MessageProgress, events_of, joined
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.refusals import Verdicts
from dreamdata_relay.deliver.reporting import report_held
from dreamdata_relay.deliver.responses import Hold
from dreamdata_relay.deliver.results import Results
from dreamdata_relay.errors import Refusal
from dreamdata_relay.events.chunks import allowed_text, chunk
from dreamdata_relay.limits import MAX_DEAD_LETTER_BYTES, MAX_DELAY_S, MAX_SQS_BYTES
from dreamdata_relay.messages.dead_letters import OutgoingMessage, dead_letter
from dreamdata_relay.messages.masking import masked, masked_start
from dreamdata_relay.messages.queues import HeldQueue, Queue
from dreamdata_relay.messages.shared_texts import LetterMasks
from dreamdata_relay.metrics import Telemetry
from dreamdata_relay.secrets.keys import DreamdataKey

# The dead letters' share of the time that is left, and then what goes back's: the rest is for holding. Seconds at most.
_DEAD_LETTERS_SHARE, _SENDING_BACK_SHARE, _LONGEST_SHARE_S = 0.4, 0.55, 10.0

# What is sent anew is put together so many bytes at a time.
_PART_BYTES = 8_000_000

# How often the rest of one message may go back as a new one: Lambda stops a loop over a queue after 16 hops.
MAX_SPLITS = 8

# The queue forgets what it has held for 14 days; a message may be hidden for half a day at a time.
_LONGEST_WAIT_S = 13 * 86_400.0


class Settlement(Struct, frozen=True):
    """The three places that events can still go to, with the clock and the jitter (numbers in [0, 1)).

    ``last_receive``: from this receive on what must wait is dead-lettered instead: soon the queue would do it, without
    ids, times or a reason.
    """

    queue: Queue
    held: HeldQueue
    dead_letters: Queue
    clock: Clock
    telemetry: Telemetry
    jitter: Callable[[], float]
    key: DreamdataKey
    last_receive: int

    def settle(self, collection: Collection, results: Results, deadline: float) -> list[str]:
        """Give every message its end before ``deadline`` (monotonic seconds); the ids of those to come back."""
        messages = collection.progress
        for piece in results.delivered:
            messages[piece.message].ended += len(piece.message_ids)
        for piece, hold in results.held:
            messages[piece.message].wait(piece, hold)
        self._take_apart(messages, results)
        verdicts = Verdicts(results, self.clock.now())
        dead = itertools.chain(collection.dead, verdicts.dead_events(messages), self._out_of_tries(messages, results))
        self._dead_letter(dead, messages, self._share(_DEAD_LETTERS_SHARE, deadline))
        self._audit(messages)
        report_held(self.telemetry, self.clock.now(), [one for one in messages if not one.done], results)
        # Dreamdata wants to be left alone for so long, whatever each one waits for.
        asked = results.stopped.after if results.stopped else None
        self._send_back([one for one in messages if one.partly], asked, self._share(_SENDING_BACK_SHARE, deadline))
        waiting = [one for one in messages if not one.done]
        self._hold(waiting, asked, deadline)
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

    def _out_of_tries(self, messages: list[MessageProgress], results: Results) -> Iterator[DeadEvent]:
        """What waits of messages that cannot be received again, complete with ids and times, and why it waited.

        With Dreamdata's last word on an event alone, which no later receive can confirm any more.
        """
        last_words = {id(piece): refused for piece, refused, _ in results.refused}
        for number, progress in enumerate(messages):
            message = progress.message
            if progress.done or not is_ending(message, self.clock.now(), self.last_receive):
                continue
            detail = f"received {message.receives} times; held for: {_told(progress.hold)}"
            if progress.kept_whole:
                progress.kept_whole, progress.events, progress.repeats = False, 1, 0
                yield DeadEvent(number, message.body or " ", Refusal.OUT_OF_TRIES, detail, whole=True)
                continue
            refused = [piece for piece in progress.waiting_pieces if id(piece) in last_words]
            waiting = joined(number, [piece for piece in progress.waiting_pieces if id(piece) not in last_words])
            progress.waiting.clear()
            progress.refused.clear()
            for piece in refused:
                word = last_words[id(piece)]
                why = f"{detail}; answered: {word.reason}"
                yield DeadEvent(number, piece.as_body(), Refusal.OUT_OF_TRIES, why, word.status, piece=piece)
            for piece in waiting:
                count = len(piece.message_ids)
                body = piece.as_body() if count == 1 else f'{{"batch":[{piece.as_body()}]}}'
                yield DeadEvent(number, body, Refusal.OUT_OF_TRIES, detail, events=count, piece=piece)

    def _dead_letter(self, dead: Iterable[DeadEvent], messages: list[MessageProgress], deadline: float) -> None:
        failed, taken = 0, Counter[str]()
        masks = LetterMasks()
        for part in _parts(dead, lambda event: len(event.body)):
            # To take keys out of the next ones may cost seconds of their own: there is another receive for them.
            late = self.clock.monotonic() >= deadline
            letters = [] if late else [self._letter(event, messages[event.message], masks) for event in part]
            missing = frozenset(range(len(part)) if late else self.dead_letters.send(letters, deadline))
            for index, event in enumerate(part):
                progress = messages[event.message]
                if index not in missing:
                    progress.ended += event.events
                    taken[str(event.code)] += event.events
                    continue
                failed += event.events
                if event.whole:
                    progress.keep_whole(Hold("dead_letter"))
                elif event.piece is None:
                    progress.wait_as(event.body, event.events, Hold("dead_letter"))
                else:
                    progress.wait(event.piece, Hold("dead_letter"))
        if failed:
            self.telemetry.add(metrics.DEAD_LETTERS_FAILED, failed)
        if taken:
            count = taken.total()
            self.telemetry.add(metrics.EVENTS_REFUSED, count)
            self.telemetry.log("warning", "events dead-lettered", count=count, codes=sorted(taken))

    def _letter(self, event: DeadEvent, progress: MessageProgress, masks: LetterMasks) -> OutgoingMessage:
        """No key is kept: not one that a sender wrote as a ``writeKey``, nor the API key, whoever wrote it."""
        keys = self.key.known
        most = MAX_DEAD_LETTER_BYTES if event.events == 1 and not event.whole else MAX_SQS_BYTES
        body = masked(event.body, keys) if event.whole else masks.masked(event.body, progress.shared, keys)
        detail = masked_start(event.detail, keys)
        return dead_letter(body, event.code, detail, progress.source, event.status, most)

    def _audit(self, messages: list[MessageProgress]) -> None:
        """What went in must have come out: a message whose events do not add up is kept, and somebody is told."""
        for progress in messages:
            missing = progress.miscounted
            if missing:
                progress.keep_whole(Hold("error"))
                self.telemetry.add(metrics.EVENTS_MISCOUNTED, abs(missing))
                self.telemetry.add(metrics.UNEXPECTED_ERRORS)
                self.telemetry.log("error", "events do not add up, their message is kept", missing=missing)

    def _send_back(self, partly: list[MessageProgress], asked: float | None, deadline: float) -> None:
        """What waits of a message done in part becomes messages of its own, so that nothing is sent twice.

        Where that fails the whole message comes back: better an event twice than not at all.
        """
        for part in _parts((one for one in partly if one.message.splits < MAX_SPLITS), MessageProgress.waiting_size):
            rests = [(progress, rest) for progress in part for rest in self._rests(progress, asked)]
            missing = self.queue.send([rest for _, rest in rests], deadline)
            failed = {id(rests[index][0]) for index in missing}
            for progress in part:
                if id(progress) not in failed:
                    progress.forget_waiting()
                    self.telemetry.add(metrics.MESSAGES_SPLIT)

    def _rests(self, progress: MessageProgress, asked: float | None) -> Iterator[OutgoingMessage]:
        message = progress.message
        attributes = {
            "source": progress.source,
            "splits": str(message.splits + 1),
            "first_sent_at": f"{message.first_sent_at:.3f}",
            "receives": str(message.all_receives),
        }
        if message.refused_before:
            attributes["refused"] = message.refused_before
        delay = min(self._hold_seconds(progress, asked), MAX_DELAY_S)
        for part in [[piece] for piece in progress.waiting] if progress.apart else [progress.waiting]:
            for body in chunk(events_of(part)):
                yield OutgoingMessage(allowed_text(body.decode("utf-8", "replace")), attributes, delay)
            # They shall not meet again.
            delay = min(self._hold_seconds(progress, asked), MAX_DELAY_S)
        for text, _ in progress.letters:
            yield OutgoingMessage(allowed_text(text), attributes, delay)
        confirming = min(backoff.confirm_seconds(asked, self.jitter), MAX_DELAY_S)
        for how, pieces in progress.refused.items():
            for body in chunk(events_of(pieces)):
                text = allowed_text(body.decode("utf-8", "replace"))
                yield OutgoingMessage(text, attributes | {"refused": how}, confirming)

    def _hold(self, waiting: list[MessageProgress], asked: float | None, deadline: float) -> None:
        receipts = [(progress.message.receipt_handle, self._hold_seconds(progress, asked)) for progress in waiting]
        failed = self.held.hold(receipts, deadline) if receipts else 0
        if failed:
            self.telemetry.add(metrics.HOLDS_FAILED, failed)

    def _hold_seconds(self, progress: MessageProgress, asked: float | None) -> int:
        hold = progress.hold or Hold("error")
        # What is only to be confirmed need not wait for as long as it did before.
        receives = progress.message.receives if hold.reason == "refused" else progress.message.all_receives
        own = backoff.hold_seconds(receives, hold.after, self.jitter)
        return own if asked is None else max(own, backoff.hold_seconds(receives, asked, self.jitter))


def _told(hold: Hold | None) -> str:
    if hold is None:
        return "unknown"
    return f"{hold.reason}, answered {hold.status}" if hold.status else hold.reason


def is_ending(message: QueuedMessage, now: float, last_receive: int) -> bool:
    """Whether what waits of ``message`` must not wait any longer; ``now`` is seconds since the epoch."""
    return message.receives >= last_receive or now - message.sent_at >= _LONGEST_WAIT_S


def _parts[Item](items: Iterable[Item], size: Callable[[Item], int]) -> Iterator[list[Item]]:
    """``items`` in lists of at most 8 MB, or one: as texts of four bytes a character all at once might not fit."""
    part: list[Item] = []
    room = _PART_BYTES
    for item in items:
        if part and size(item) > room:
            yield part
            part, room = [], _PART_BYTES
        part.append(item)
        room -= size(item)
    if part:
        yield part
