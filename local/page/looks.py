"""Looks at a stack: its queues, deliver's log, and the sandbox; each look brings what is new since the one before."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from local.page.log_tail import DeliverLog, LogTail
from local.page.observations import (
    Contents,
    DeadLook,
    Depth,
    Letter,
    Observation,
    Place,
    QueueLook,
    Received,
    Reset,
)
from local.page.reading import contents_of, seen_event
from local.page.rows import FillPoint, from_iso
from local.page.switches import Switches
from local.sandbox_client import ReceivedEvent
from local.stack import QueuedMessage, Stack

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType

# Dead letters are looked at when their number changes, and now and then: one may have replaced another.
_LETTERS_EVERY_S = 3.0
_SCRIPT_EVERY_S = 1.0
# More comes with the next look.
_AT_ONCE = 5_000
_ATTRIBUTES: "tuple[QueueAttributeNameType, ...]" = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
)

type Seen = Observation | Depth | FillPoint | Reset


class Looks:
    """The looks at one stack, and how far it has been read. `clock` gives seconds since the epoch."""

    def __init__(self, stack: Stack, clock: Callable[[], float]) -> None:
        self.stack = stack
        self.switches = Switches(stack.sandbox, stack.sandbox_key)
        self._clock = clock
        self._tail = LogTail(Path(stack.logs["deliver"]))
        self._log = DeliverLog()
        self._events = self._payloads = self._resets = 0
        self._script_at = 0.0
        self._contents: dict[str, Contents] = {}
        self._letters: list[QueuedMessage] = []
        self._dead, self._letters_at = -1, 0.0

    def look(self) -> Iterator[Sequence[Seen]]:
        """What is new, source by source. Raises LocalError and botocore's errors: what came before is still good."""
        now = self._clock()
        if now - self._script_at > _SCRIPT_EVERY_S:
            self.switches.refresh()
            self._script_at = now
        yield from self._at_sandbox()
        yield [found for line in self._tail.lines() for found in self._log.read(line)]
        yield from self._at_queues()

    def _at_sandbox(self) -> Iterator[Sequence[Seen]]:
        sandbox = self.stack.sandbox
        health = sandbox.health()
        if health["resets"] != self._resets:
            self._resets = health["resets"]
            self._events = self._payloads = 0
            # All is told anew, also what was seen on the queues.
            self._contents, self._dead = {}, -1
            yield [Reset()]
        if health["payloads"] > self._payloads:
            payloads = sandbox.payloads(since=self._payloads, limit=_AT_ONCE)
            self._payloads += len(payloads)
            yield [FillPoint(one.received_at, one.size, one.events, one.status) for one in payloads]
        if health["events"] > self._events:
            events = sandbox.events(since=self._events, limit=_AT_ONCE)
            self._events += len(events)
            yield [_received(event) for event in events]

    def _at_queues(self) -> Iterator[Sequence[Seen]]:
        stack = self.stack
        visible, hidden = _counts(stack, stack.queue_url)
        dead = sum(_counts(stack, stack.dead_letter_queue_url))
        yield [Depth(visible, hidden, dead)]
        known = set(self._contents)
        now = self._clock()
        messages = stack.queued()
        yield [QueueLook(now, tuple(self._place(message) for message in messages))]
        if dead != self._dead or now - self._letters_at > _LETTERS_EVERY_S:
            now = self._clock()
            self._letters = stack.dead_letters()
            self._dead, self._letters_at = dead, now
            yield [DeadLook(now, tuple(self._letter(message) for message in self._letters))]
        here = {message.message_id for message in (*messages, *self._letters)}
        self._contents = {
            id_: contents if id_ in known else contents.without_texts()
            for id_, contents in self._contents.items()
            if id_ in here
        }

    def _place(self, message: QueuedMessage) -> Place:
        return Place(message.message_id, message.receive_count, message.visible_at, self._contents_of(message))

    def _letter(self, message: QueuedMessage) -> Letter:
        # The redrive policy moves a message with its id: what was known of it on the queue holds for the letter, too.
        return Letter(message.message_id, self._contents_of(message), tuple(sorted(message.attributes.items())))

    def _contents_of(self, message: QueuedMessage) -> Contents:
        """What is in a message; opened once, however often it is seen."""
        if message.message_id not in self._contents:
            self._contents[message.message_id] = contents_of(message)
        return self._contents[message.message_id]


def _received(event: ReceivedEvent) -> Received:
    text = event.raw.encode("utf-8", "replace")
    # The sandbox keeps the text.
    seen = seen_event(text, event.message_id, keep_text=False)
    return Received(event.index, from_iso(event.received_at), event.payload, seen)


def _counts(stack: Stack, queue_url: str) -> tuple[int, int]:
    answer = stack.aws.sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=list(_ATTRIBUTES))
    visible, hidden = (int(answer["Attributes"].get(name, "0")) for name in _ATTRIBUTES)
    return visible, hidden
