"""A simulated event source mapping: batches of the queue's messages to the deliver function, by AWS's rules."""

import json
from typing import TYPE_CHECKING, Any

from tests.simulation.counting import Before, check
from tests.simulation.queues import FINISHED, LOOP_GUARD, Message
from tests.simulation.resources import FREE, MEMORY_MB, DearText

if TYPE_CHECKING:
    from tests.simulation.invocations import Invocation
    from tests.simulation.world import World

_EVENT_BYTES = 6 * 1024 * 1024
_RECORD_BYTES = 1_000
TIMEOUT_S = 60.0
# So much is waited for within one run: posts, their retries, calls to SQS.
_MOST_STEADY = 400


class EventSourceMapping:
    """Polls as long as messages can be received; at most ``plan.concurrency`` functions at once."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._gathering = False
        self._running = 0
        self._steady = 0
        self.longest_run_s = TIMEOUT_S

    def notice(self, moment: float) -> None:
        """A message can be received from ``moment`` on."""
        self._world.scheduler.at(moment, self._poll)

    def _poll(self) -> None:
        world = self._world
        if self._gathering or self._running >= world.plan.concurrency:
            return
        now = world.scheduler.now
        if any(message.visible_at <= now for message in world.sqs.main.messages.values()):
            self._gathering = True
            world.scheduler.spawn(self._gather)

    def _gather(self) -> None:
        world = self._world
        world.scheduler.sleep(world.plan.window * world.plan.random.random())
        self._gathering = False
        if world.plan.steady and self._steady < _MOST_STEADY and world.sqs.waits_again():
            # A busy stack: where something has come back, something else has arrived.
            self._steady += 1
            world.one_more()
        batch = world.sqs.receive(world.plan.batch_size, _EVENT_BYTES)
        batch = self._within_event(batch)
        if not batch:
            return
        self._running += 1
        self.notice(world.scheduler.now)
        if world.strikes("invoke_throttled"):
            world.scheduler.sleep(1)
        else:
            self._invoke(batch)
        self._running -= 1
        self.notice(world.scheduler.now)

    def _within_event(self, batch: list[Message]) -> list[Message]:
        """Those that fit one invocation's event; the others go back untouched but for their receive."""
        room, taken = _EVENT_BYTES, []
        for message in batch:
            room -= len(json.dumps(message.body)) + _RECORD_BYTES
            if room < 0:
                break
            taken.append(message)
        return taken

    def _invoke(self, batch: list[Message]) -> None:
        from tests.simulation.world import CRASHED

        world = self._world
        story = ", ".join(f"{m.message_id} (receive {m.receives})" for m in batch[:8])
        world.tell(f"deliver invoked with {len(batch)}: {story}")
        invocations: list[Invocation] = []

        def prepare(invocation: "Invocation") -> None:
            invocations.append(invocation)
            invocation.messages = batch
            for message in batch:
                world.accounts.received.update(message.markers)
                for marker in message.markers:
                    invocation.receives[marker] = max(
                        message.past + message.receives, invocation.receives.get(marker, 0)
                    )

        before = Before.of(world, batch)
        result = world.invoke("deliver", {"Records": [self._record(m) for m in batch]}, TIMEOUT_S, prepare)
        invocation = invocations[0]
        if result is CRASHED:
            if invocation.memory_mb > MEMORY_MB:
                world.sqs.died(batch)
            return
        failed = _failed(result, {message.message_id for message in batch})
        world.tell(f"deliver returned, {len(failed)} to come back")
        check(world, invocation, failed, before)
        self._note(invocation, failed)
        if world.strikes("result_lost"):
            world.ledger.excuse("result_lost", invocation.touched.elements())
            return
        for message in batch:
            if message.message_id not in failed:
                world.sqs.delete(message)

    def _note(self, invocation: "Invocation", failed: set[str]) -> None:
        """What the messages that come back tell, and what of them comes back although it had its end."""
        world = self._world
        for message in invocation.messages:
            if message.message_id not in failed:
                continue
            stored = world.sqs.main.messages.get(message.message_id)
            hindered = invocation.letters_failed or invocation.slowed
            if stored is not None and stored.receipt == message.receipt and not hindered:
                stored.run = FINISHED if message.receives >= world.plan.max_receives else ""
            markers = message.markers
            if invocation.accepted:
                world.accounts.waits(marker for marker in markers if not world.ledger.ends(marker))
            touched = [marker for marker in markers for _ in range(invocation.touched[marker])]
            if invocation.slowed or not invocation.not_sent_back.isdisjoint(markers):
                world.ledger.excuse("send_back_failed", touched)
            elif message.hops >= LOOP_GUARD:
                world.ledger.excuse("loop_guard", touched)

    def _record(self, message: Message) -> dict[str, Any]:
        # On its last receive a message is kept unread, and to copy it costs next to nothing.
        unread = message.cost == FREE or message.receives >= self._world.plan.max_receives
        body = message.body if unread else DearText.of(message.body, message.cost, self._world)
        return {
            "messageId": message.message_id,
            "receiptHandle": message.receipt,
            "body": body,
            "attributes": {
                "ApproximateReceiveCount": str(message.receives),
                "SentTimestamp": str(round((1_795_436_875.411 + message.sent_at) * 1000)),
                "SenderId": message.sender,
            },
            "messageAttributes": {
                name: {"stringValue": value, "dataType": "String"} for name, value in message.attributes.items()
            },
            "eventSource": "aws:sqs",
        }


def _failed(result: Any, known: set[str]) -> set[str]:
    """The ids that stay on the queue by AWS's rules; all of them where the answer is wrong in any way."""
    if not result or not result.get("batchItemFailures"):
        return set()
    try:
        failed = {item["itemIdentifier"] for item in result["batchItemFailures"]}
    except (KeyError, TypeError):
        return known
    return failed if failed <= known else known
