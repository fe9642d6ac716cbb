"""Sends back what waits of messages that are done in part, as messages of their own, and says how long each waits."""

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from dreamdata_relay import metrics
from dreamdata_relay.bin_packing import groups
from dreamdata_relay.deliver import backoff
from dreamdata_relay.deliver.progress import MessageProgress, events_of
from dreamdata_relay.deliver.responses import Hold
from dreamdata_relay.events.chunks import allowed_text, chunk
from dreamdata_relay.limits import MAX_DELAY_S, MAX_SENT_AT_ONCE_BYTES
from dreamdata_relay.messages.dead_letters import OutgoingMessage
from dreamdata_relay.messages.queues import Queue
from dreamdata_relay.metrics import Telemetry

# How often the rest of one message may go back as a new one: Lambda stops a loop over a queue after 16 hops.
MAX_SPLITS = 8


class SendingBack(Struct, frozen=True):
    """Sends to ``queue``, which the messages came from; ``jitter`` gives numbers in [0, 1).

    ``rules``: the version of the privacy rules, if there are any; everything sent back has been through them.
    """

    queue: Queue
    telemetry: Telemetry
    jitter: Callable[[], float]
    rules: str | None = None

    def send(self, partly: Iterable[MessageProgress], asked: float | None, deadline: float) -> None:
        """What waits of each message becomes messages of its own before ``deadline``, so that nothing is sent twice.

        ``asked``: seconds for which Dreamdata wants to be left alone. Where that fails the whole message comes back:
        better an event twice than not at all.
        """
        splitting = (one for one in partly if one.message.splits < MAX_SPLITS)
        for part in groups(splitting, MessageProgress.waiting_size, MAX_SENT_AT_ONCE_BYTES):
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
        if self.rules:
            attributes["rules"] = self.rules
        came = message.attributes.get("came") if message.attested else progress.came
        if came and (self.rules or came != progress.source):
            # Rules of another version, if these are not the last, are for what came from where these did.
            attributes["came"] = came
        delay = min(self.hold_seconds(progress, asked), MAX_DELAY_S)
        for part in [[piece] for piece in progress.waiting] if progress.apart else [progress.waiting]:
            for body in chunk(events_of(part)):
                yield OutgoingMessage(allowed_text(body.decode("utf-8", "replace")), attributes, delay)
            # They shall not meet again.
            delay = min(self.hold_seconds(progress, asked), MAX_DELAY_S)
        for text, _ in progress.letters:
            yield OutgoingMessage(allowed_text(text), attributes, delay)
        confirming = min(backoff.confirm_seconds(asked, self.jitter), MAX_DELAY_S)
        for how, pieces in progress.refused.items():
            for body in chunk(events_of(pieces)):
                text = allowed_text(body.decode("utf-8", "replace"))
                yield OutgoingMessage(text, attributes | {"refused": how}, confirming)

    def hold_seconds(self, progress: MessageProgress, asked: float | None) -> int:
        """How long (whole seconds) what waits of a message does; ``asked`` as above."""
        hold = progress.hold or Hold("error")
        # What is only to be confirmed need not wait for as long as it did before.
        receives = progress.message.receives if hold.reason == "refused" else progress.message.all_receives
        own = backoff.hold_seconds(receives, hold.after, self.jitter)
        return own if asked is None else max(own, backoff.hold_seconds(receives, asked, self.jitter))
