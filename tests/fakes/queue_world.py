"""A queue on a virtual clock: what SQS and the event source mapping do around the deliver function."""

import heapq
import itertools
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from dreamdata_relay.deliver.queued_messages import QueuedMessage
from tests.fakes.relay import DEAD_LETTERS, QUEUE, DeliverBench

MAX_RECEIVES = 400
QUEUE_VISIBILITY_S = 420.0


@dataclass
class Lying:
    """A message on the queue."""

    message_id: str
    body: str
    sent_at: float
    attributes: dict[str, str] = field(default_factory=dict)
    receives: int = 0
    # The deliver function itself sent it.
    own: bool = False


@dataclass
class QueueWorld:
    """Messages are received ``batch_size`` at a time, once they are visible, until they are done or out of receives."""

    bench: DeliverBench
    batch_size: int = 1_000
    remaining_s: float = 60.0
    # For how long one invocation runs, on the virtual clock.
    takes_s: float = 1.0
    redriven: list[Lying] = field(default_factory=list)
    invocations: int = 0

    def __post_init__(self) -> None:
        self._numbers = itertools.count()
        self._visible: list[tuple[float, int, Lying]] = []

    @property
    def waiting(self) -> list[Lying]:
        """The messages on the queue, visible or not."""
        return [lying for _, _, lying in self._visible]

    @property
    def next_at(self) -> float:
        """When the next message becomes visible; only if one waits."""
        return self._visible[0][0]

    def send(
        self, body: Any, attributes: dict[str, str] | None = None, delay_s: float = 0, *, own: bool = False
    ) -> None:
        """Put a message (text, or what json.dumps takes) on the queue."""
        now = self.bench.clock.now()
        text = body if isinstance(body, str) else json.dumps(body)
        self._lay(Lying(f"m{next(self._numbers)}", text, now, attributes or {}, own=own), now + delay_s)

    def run(self, until: Callable[[], bool]) -> None:
        """Receive and deliver until ``until`` holds or the queue is empty."""
        while self._visible and not until():
            self.step()

    def step(self) -> None:
        """One invocation with what is visible; the clock moves on to when something is."""
        clock = self.bench.clock
        clock.advance(max(0.0, self._visible[0][0] - clock.now()))
        batch: list[Lying] = []
        while self._visible and self._visible[0][0] <= clock.now() and len(batch) < self.batch_size:
            lying = heapq.heappop(self._visible)[2]
            lying.receives += 1
            (self.redriven if lying.receives > MAX_RECEIVES else batch).append(lying)
        if batch:
            self._invoke(batch)

    def _invoke(self, batch: list[Lying]) -> None:
        self.invocations += 1
        sqs, clock = self.bench.sqs, self.bench.clock
        sqs.visibility.clear()
        begun = clock.now()
        failed = set(self.bench.deliver(list(map(_received, batch)), self.remaining_s))
        assert failed <= {lying.message_id for lying in batch}, "an unknown id would bring back the whole batch"
        held = dict(sqs.visibility)
        clock.advance(self.takes_s)
        for lying in batch:
            if lying.message_id in failed:
                seconds = held.get(f"r-{lying.message_id}", QUEUE_VISIBILITY_S - (clock.now() - begun))
                self._lay(lying, clock.now() + seconds)
        for entry in sqs.queues.pop(QUEUE, []):
            attributes = {name: value["StringValue"] for name, value in entry.get("MessageAttributes", {}).items()}
            self.send(entry["MessageBody"], attributes, entry.get("DelaySeconds", 0), own=True)

    def _lay(self, lying: Lying, visible_at: float) -> None:
        heapq.heappush(self._visible, (visible_at, next(self._numbers), lying))

    def waiting_ids(self) -> list[str]:
        """The ids of the events on the queue; their messages are chunks."""
        return ids_in(lying.body for lying in self.waiting)

    def dead_ids(self) -> list[str]:
        """The ids of the events in the dead-letter queue."""
        return ids_in(self.bench.sqs.bodies(DEAD_LETTERS))


def ids_in(bodies: Iterable[str]) -> list[str]:
    """The ids of the events in bodies that are single events, arrays or chunks."""
    found = []
    for value in map(json.loads, bodies):
        listed = value.get("batch", [value]) if isinstance(value, dict) else value
        found += [event["messageId"] for event in listed]
    return found


def _received(lying: Lying) -> QueuedMessage:
    id_, sent_at = lying.message_id, lying.sent_at
    own = lying.own
    return QueuedMessage(id_, f"r-{id_}", lying.body, lying.receives, sent_at, lying.attributes, own, attested=own)
