"""Looks at a stack: its queues, deliver's log, and the sandbox; each look brings what is new since the one before."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from local.page.arrivals import Arrivals
from local.page.cleaning import stack_cleaner
from local.page.deliver_log import DeliverLog
from local.page.keys import StackKeys
from local.page.observations import (
    Behind,
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
from local.page.passing import Passing
from local.page.reading import contents_of, seen_event
from local.page.rows import FillPoint, RefusedRequest, from_iso
from local.page.switches import Switches
from local.page.tail import Tail
from local.sandbox_client import ReceivedEvent, ReceivedPayload
from local.stack import QueuedMessage, Stack

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType

# Dead letters are looked at when their number changes, and now and then: one may have replaced another.
_LETTERS_EVERY_S = 3.0
_SCRIPT_EVERY_S = 1.0
_NAMES_EVERY_S = 1.0
# So many are taken at once: whoever asks the page meanwhile waits no longer.
_AT_ONCE = 5_000
_ATTRIBUTES: "tuple[QueueAttributeNameType, ...]" = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
)

type Seen = Observation | Depth | FillPoint | RefusedRequest | Reset


class Looks:
    """The looks at one stack, and how far it has been read. `clock` gives seconds since the epoch."""

    def __init__(self, stack: Stack, clock: Callable[[], float]) -> None:
        self.stack = stack
        self.keys = StackKeys(stack)
        self._cleaner = stack_cleaner(stack)
        self.arrivals = Arrivals(cleaner=self._cleaner, names=self._names)
        self.switches = Switches(stack.sandbox, self.keys.dreamdata)
        self._clock = clock
        self._tail = Tail(Path(stack.logs["deliver"]))
        self._log = DeliverLog()
        # What rules take away is in the records still.
        removing = self._cleaner is not None
        self._passing = Passing(stack, self.arrivals, self._place, removing=removing)
        self._events = self._payloads = self._resets = 0
        # When the sandbox was last read to its end.
        self._read_at = 0.0
        self._script_at = 0.0
        self._named: list[str] = []
        self._named_at = 0.0
        self._contents: dict[str, Contents] = {}
        self._letters: list[QueuedMessage] = []
        self._dead, self._letters_at = -1, 0.0

    def look(self) -> Iterator[Sequence[Seen]]:
        """What is new, source by source. Raises LocalError and botocore's errors: what came before is still good."""
        yield from self._at_sandbox()
        yield [found for line in self._tail.lines() for found in self._log.read(line.decode("utf-8", "replace"))]
        yield from self._at_queues()
        now = self._clock()
        if now - self._script_at > _SCRIPT_EVERY_S:
            self.switches.refresh()
            self._script_at = now

    def _at_sandbox(self) -> Iterator[Sequence[Seen]]:
        """What the sandbox has received; before it what passed until then, so that it is known how it came."""
        sandbox, now = self.stack.sandbox, self._clock()
        health = sandbox.health()
        if health["resets"] != self._resets:
            self._resets = health["resets"]
            self._events = self._payloads = 0
            # All is told anew, also what was seen on the queues.
            self._contents, self._dead = {}, -1
            yield [Reset()]
        yield [Behind(self._read_at)]
        yield from self._passing.look()
        while payloads := self._new_payloads(health["payloads"]):
            yield [FillPoint(one.received_at, one.size, one.events, one.status) for one in payloads]
        while events := self._new_events(health["events"]):
            yield [_received(event) for event in events]
        self._read_at = now
        yield [Behind(None)]

    def _new_payloads(self, until: int) -> list[ReceivedPayload]:
        """The next requests that it had; none where all `until` are read."""
        if self._payloads >= until:
            return []
        found = self.stack.sandbox.payloads(since=self._payloads, limit=_AT_ONCE)
        self._payloads += len(found)
        return found

    def _new_events(self, until: int) -> list[ReceivedEvent]:
        """The next events that it took, likewise."""
        if self._events >= until:
            return []
        found = self.stack.sandbox.events(since=self._events, limit=_AT_ONCE)
        self._events += len(found)
        return found

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

    def _names(self) -> list[str]:
        """The relay keys' names, of this second."""
        now = self._clock()
        if not self._named or now - self._named_at > _NAMES_EVERY_S:
            self._named, self._named_at = self.keys.names(), now
        return self._named

    def _place(self, message: QueuedMessage) -> Place:
        return Place(message.message_id, message.receive_count, message.visible_at, self._contents_of(message))

    def _letter(self, message: QueuedMessage) -> Letter:
        # The redrive policy moves a message with its id: what was known of it on the queue holds for the letter, too.
        return Letter(message.message_id, self._contents_of(message), tuple(sorted(message.attributes.items())))

    def _contents_of(self, message: QueuedMessage) -> Contents:
        """What is in a message; opened once, however often it is seen."""
        if message.message_id not in self._contents:
            self._contents[message.message_id] = contents_of(message, self._cleaner)
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
