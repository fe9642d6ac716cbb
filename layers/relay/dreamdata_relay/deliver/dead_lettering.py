"""Ends events in the dead-letter queue: refused ones, and what waits of messages that cannot wait any longer."""

from collections import Counter
from collections.abc import Iterable, Iterator

from msgspec import Struct

from dreamdata_relay import metrics
from dreamdata_relay.bin_packing import groups
from dreamdata_relay.clock import Clock
from dreamdata_relay.deliver.progress import DeadEvent, MessageProgress, joined
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.responses import Hold
from dreamdata_relay.deliver.results import Results
from dreamdata_relay.errors import Refusal
from dreamdata_relay.limits import MAX_DEAD_LETTER_BYTES, MAX_SENT_AT_ONCE_BYTES, MAX_SQS_BYTES
from dreamdata_relay.messages.dead_letters import OutgoingMessage, dead_letter
from dreamdata_relay.messages.masking import masked, masked_start
from dreamdata_relay.messages.queues import Queue
from dreamdata_relay.messages.shared_texts import LetterMasks
from dreamdata_relay.metrics import Telemetry
from dreamdata_relay.secrets.keys import DreamdataKey

# The queue forgets what it has held for 14 days; a message may be hidden for half a day at a time.
_LONGEST_WAIT_S = 13 * 86_400.0


class DeadLettering(Struct, frozen=True):
    """Writes dead letters, in which no key of ``key`` is kept."""

    queue: Queue
    clock: Clock
    telemetry: Telemetry
    key: DreamdataKey

    def send(self, dead: Iterable[DeadEvent], messages: list[MessageProgress], deadline: float) -> None:
        """Send ``dead`` before ``deadline``; what the queue does not take waits in its message of ``messages``."""
        failed, taken = 0, Counter[str]()
        masks = LetterMasks()
        for part in groups(dead, lambda event: len(event.body), MAX_SENT_AT_ONCE_BYTES):
            # To take keys out of the next ones may cost seconds of their own: there is another receive for them.
            late = self.clock.monotonic() >= deadline
            letters = [] if late else [self._letter(event, messages[event.message], masks) for event in part]
            missing = frozenset(range(len(part)) if late else self.queue.send(letters, deadline))
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
            codes = sorted(taken)
            each = [taken[code] for code in codes]
            self.telemetry.log("warning", "events dead-lettered", count=count, codes=codes, each=each)

    def _letter(self, event: DeadEvent, progress: MessageProgress, masks: LetterMasks) -> OutgoingMessage:
        """No key is kept: not one that a sender wrote as a ``writeKey``, nor the API key, whoever wrote it."""
        keys = self.key.known
        most = MAX_DEAD_LETTER_BYTES if event.events == 1 and not event.whole else MAX_SQS_BYTES
        body = masked(event.body, keys) if event.whole else masks.masked(event.body, progress.shared, keys)
        detail = masked_start(event.detail, keys)
        return dead_letter(body, event.code, detail, progress.source, event.status, most)


def is_ending(message: QueuedMessage, now: float, last_receive: int) -> bool:
    """Whether what waits of ``message`` must not wait any longer; ``now`` is seconds since the epoch."""
    return message.receives >= last_receive or now - message.sent_at >= _LONGEST_WAIT_S


def out_of_tries(
    messages: list[MessageProgress], results: Results, now: float, last_receive: int
) -> Iterator[DeadEvent]:
    """What waits of messages that cannot be received again, complete with ids and times, and why it waited.

    With Dreamdata's last word on an event alone, which no later receive can confirm any more.
    """
    last_words = {id(piece): refused for piece, refused, _ in results.refused}
    for number, progress in enumerate(messages):
        message = progress.message
        if progress.done or not is_ending(message, now, last_receive):
            continue
        detail = f"received {message.receives} times; held for: {_told(progress.hold)}"
        if progress.kept_whole:
            if progress.raw and _is_busy(progress.hold) and now - message.sent_at < _LONGEST_WAIT_S:
                # It has not been through the privacy rules, for want of time only: there are receives left.
                continue
            progress.kept_whole, progress.events, progress.repeats = False, 1, 0
            body = progress.digest or message.body or " "
            yield DeadEvent(number, body, Refusal.OUT_OF_TRIES, detail, whole=True)
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


def _is_busy(hold: Hold | None) -> bool:
    return hold is not None and hold.reason == "busy"


def _told(hold: Hold | None) -> str:
    if hold is None:
        return "unknown"
    return f"{hold.reason}, answered {hold.status}" if hold.status else hold.reason
