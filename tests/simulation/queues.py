"""A simulated SQS: standard queues with visibility, receive counts, redrive, and a client with boto3's shape."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from tests.simulation.ledger import markers_in
from tests.simulation.reading import events_in
from tests.simulation.resources import FREE, Cost

if TYPE_CHECKING:
    from tests.simulation.invocations import Invocation
    from tests.simulation.world import World

FINISHED, OUT_OF_MEMORY = "finished", "out of memory"
SOMEBODY, INGEST, DELIVER = "AIDASOMEBODY", "AROAINGEST:ingest", "AROADELIVER:deliver"
QUEUE = "https://sqs.test/queue"
DEAD_LETTERS = "https://sqs.test/dead-letters"

_ALLOWED = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
_MAX_BYTES = 1_048_576
# Lambda ends a loop over a queue after some 16 rounds: a rest that made so many may stay whole, and none may make more.
LOOP_GUARD = 8
_MOST_HOPS = 12
_LONGEST_DELAY_S = 900
_RETENTION_S = 14 * 86_400.0


@dataclass(eq=False)
class Message:
    """One message: times are virtual seconds; ``receipt`` is that of the last receive."""

    message_id: str
    body: str
    attributes: dict[str, str]
    sent_at: float
    visible_at: float
    receives: int = 0
    receipt: str = ""
    # Who sent it, as SQS attests; since when its events wait; how often a function sent them on before.
    sender: str = SOMEBODY
    first_at: float = 0.0
    # The same at the latest: of two copies of an event either may be the one that waits.
    first_at_latest: float = 0.0
    hops: int = 0
    # How often the messages were received that this is the rest of.
    past: int = 0
    cost: Cost = FREE
    # A dead letter's reason; of a message received, how the last receive's run ended, if that says anything.
    code: str = ""
    run: str = ""

    @property
    def markers(self) -> list[str]:
        return markers_in(self.body)


@dataclass
class SimQueue:
    """One queue's messages, those deleted aside."""

    url: str
    messages: dict[str, Message] = field(default_factory=dict)


class SimSqs:
    """Both queues. What a function calls is in :class:`SqsClient`; what Lambda's poller does is here."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.queues = {url: SimQueue(url) for url in (QUEUE, DEAD_LETTERS)}
        self._sent = 0
        self._received = 0

    @property
    def main(self) -> SimQueue:
        return self.queues[QUEUE]

    def put(
        self, url: str, body: str, attributes: dict[str, str], delay: float = 0.0, sender: str = SOMEBODY
    ) -> Message:
        """Store a message; from here on its events are promised."""
        world = self._world
        self._sent += 1
        now = world.scheduler.now
        message = Message(f"m{self._sent:05}", body, attributes, now, now + delay, sender=sender)
        message.first_at = message.first_at_latest = now
        self.queues[url].messages[message.message_id] = message
        markers = message.markers
        world.ledger.promised.update(markers)
        if url == DEAD_LETTERS:
            world.dead_lettered(message)
        else:
            world.mapping.notice(message.visible_at)
        return message

    def receive(self, most: int, room: int) -> list[Message]:
        """Up to ``most`` visible messages of at most ``room`` bytes of body, in no order; some may be left out."""
        world, now = self._world, self._world.scheduler.now
        visible = [message for message in self.main.messages.values() if message.visible_at <= now]
        world.plan.random.shuffle(visible)
        received: list[Message] = []
        for message in visible:
            if message.receives >= world.plan.max_receives:
                self._redrive(message)
                continue
            size = len(message.body.encode())
            if len(received) == most or room < size:
                break
            room -= size
            received.append(self._give_out(message))
        return received

    def died(self, held: list[Message]) -> None:
        """The function that was given these ran out of memory."""
        for message in held:
            if message.message_id in self.main.messages:
                self.main.messages[message.message_id].run = OUT_OF_MEMORY

    def waits_again(self) -> bool:
        """Whether a message that was received before can be received now."""
        now = self._world.scheduler.now
        return any(message.receives and message.visible_at <= now for message in self.main.messages.values())

    def _give_out(self, message: Message) -> Message:
        world, now = self._world, self._world.scheduler.now
        if now - message.sent_at > _RETENTION_S:
            world.ledger.violated(f"{message.message_id} outlived the queue's retention")
        self._received += 1
        message.receives += 1
        message.receipt = f"r{self._received:06}"
        if world.strikes("receive_twice"):
            message.visible_at = now + world.plan.random.random() * 20
            world.ledger.excuse("sqs_duplicate", message.markers)
        else:
            message.visible_at = now + world.plan.visibility
        world.mapping.notice(message.visible_at)
        # A copy: what one receiver holds does not change when another receives it.
        held = Message(message.message_id, message.body, message.attributes, message.sent_at, message.visible_at)
        held.receives, held.receipt = message.receives, message.receipt
        held.sender, held.first_at, held.first_at_latest = message.sender, message.first_at, message.first_at_latest
        held.hops, held.cost, held.past = message.hops, message.cost, message.past
        message.run = ""
        return held

    def _redrive(self, message: Message) -> None:
        del self.main.messages[message.message_id]
        self._world.tell(f"{message.message_id} redriven after {message.receives} receives")
        if message.run == FINISHED:
            # The function ran at the last receive, and could have written down why, with the ids it had made.
            self._world.ledger.violated(f"{message.message_id} is out of tries, without its reason")
        if message.run == OUT_OF_MEMORY and not message.cost.deadly:
            self._world.ledger.violated(f"{message.message_id} is out of tries for the memory that others take")
        self.put(DEAD_LETTERS, message.body, message.attributes | {"redriven": str(message.receives)})

    def delete(self, held: Message) -> None:
        """As SQS deletes for the poller: an old receipt may do nothing, and a deleted message may come back."""
        world = self._world
        message = self.main.messages.get(held.message_id)
        if message is None:
            return
        stale = message.receipt != held.receipt
        if world.strikes("delete_lost") or (stale and world.plan.random.random() < 0.5):
            world.ledger.excuse("delete_lost", message.markers)
            return
        del self.main.messages[held.message_id]


class SqsClient:
    """The part of boto3's SQS client that the relay uses, for one function environment."""

    def __init__(self, world: "World", tries: int) -> None:
        self._world = world
        self._tries = tries

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        world = self._world
        world.check(1 <= len(Entries) <= 10 and len({e["Id"] for e in Entries}) == len(Entries), "SQS batch entries")
        world.check(sum(map(_size, Entries)) <= _MAX_BYTES, "SQS batch size")
        world.invocation.settled += 1
        with world.call("send_message_batch", len(Entries)):
            began = world.scheduler.now
            self._maybe_slow("send_slow")
            down = "queue_down" if QueueUrl == QUEUE else "dead_letters_down"
            if world.lasts(down):
                self._refuse_all(QueueUrl, Entries)
                raise EndpointConnectionError(endpoint_url=QueueUrl)
            if world.strikes("send_refused"):
                self._refuse_all(QueueUrl, Entries)
                raise _client_error("ThrottlingException", "SendMessageBatch")
            successful, failed = [], []
            for entry in Entries:
                if not _ALLOWED.fullmatch(entry["MessageBody"]):
                    world.check(False, "characters that SQS refuses")
                if world.strikes("send_partial"):
                    self._refuse_all(QueueUrl, [entry])
                    failed.append({"Id": entry["Id"], "SenderFault": False, "Code": "InternalError"})
                    continue
                successful.append({"Id": entry["Id"], "MessageId": self._store(QueueUrl, entry)})
            if world.strikes("send_lost"):
                self._refuse_all(QueueUrl, Entries)
                for entry in Entries:
                    world.ledger.excuse("send_answer_lost", markers_in(entry["MessageBody"]))
                self._time_out(QueueUrl, began)
        return {"Successful": successful, "Failed": failed}

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        world = self._world
        world.check(1 <= len(Entries) <= 10, "SQS batch entries")
        world.invocation.settled += 1
        with world.call("change_message_visibility_batch", len(Entries)):
            if world.lasts("queue_down") or world.strikes("hold_refused"):
                raise _client_error("ThrottlingException", "ChangeMessageVisibilityBatch")
            successful, failed = [], []
            for entry in Entries:
                seconds = entry["VisibilityTimeout"]
                world.check(isinstance(seconds, int) and 0 <= seconds <= 43_200, "SQS visibility timeout")
                if world.strikes("hold_partial") or not self._hide(entry["ReceiptHandle"], seconds):
                    failed.append({"Id": entry["Id"], "SenderFault": False, "Code": "InternalError"})
                else:
                    successful.append({"Id": entry["Id"]})
            if world.strikes("hold_lost"):
                self._time_out(QueueUrl, world.scheduler.now)
        return {"Successful": successful, "Failed": failed}

    def delete_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        world = self._world
        world.check(1 <= len(Entries) <= 10, "SQS batch entries")
        world.invocation.settled += 1
        with world.call("delete_message_batch", len(Entries)):
            if world.lasts("queue_down"):
                raise EndpointConnectionError(endpoint_url=QueueUrl)
            for entry in Entries:
                for message in list(world.sqs.main.messages.values()):
                    if message.receipt == entry["ReceiptHandle"]:
                        world.sqs.delete(message)
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries], "Failed": []}

    def _hide(self, receipt: str, seconds: int) -> bool:
        world = self._world
        for message in world.sqs.main.messages.values():
            if message.receipt == receipt:
                message.visible_at = world.scheduler.now + seconds
                world.mapping.notice(message.visible_at)
                world.holds_set[message.message_id].append((world.scheduler.now, seconds))
                return True
        return False

    def _store(self, url: str, entry: dict[str, Any]) -> str:
        world, invocation = self._world, self._world.invocation
        attributes = {name: value["StringValue"] for name, value in entry.get("MessageAttributes", {}).items()}
        world.check(len(attributes) <= 10 and all(attributes.values()), "SQS attributes")
        sender = INGEST if invocation.kind == "ingest" else DELIVER
        message = world.sqs.put(url, entry["MessageBody"], attributes, entry.get("DelaySeconds", 0), sender)
        world.privacy.stored(message)
        invocation.touched.update(message.markers)
        if url == QUEUE and invocation.kind == "deliver":
            self._sent_back(message, invocation)
        invocation.ended += max(1, len(events_in(message.body)))
        name = "queue" if url == QUEUE else f"dead letters ({attributes.get('error_code')})"
        world.tell(f"{message.message_id} put on {name}: {' '.join(message.markers[:6])}")
        return message.message_id

    def _sent_back(self, message: Message, invocation: "Invocation") -> None:
        """A part of a message that the function was given: as old as it, and one round further."""
        markers = set(message.markers)
        origins = [origin for origin in invocation.messages if not markers.isdisjoint(origin.markers)]
        message.first_at = min((origin.first_at for origin in origins), default=message.first_at)
        message.first_at_latest = max((origin.first_at_latest for origin in origins), default=message.first_at)
        message.past = max((origin.past + origin.receives for origin in origins), default=0)
        asked = invocation.asked_for(self._world.scheduler.now)
        waits = round(message.visible_at - self._world.scheduler.now, 3)
        self._world.check(waits >= min(asked, _LONGEST_DELAY_S), "what goes back in part waits as Retry-After says")
        message.hops = 1 + max((origin.hops for origin in origins), default=0)
        self._world.check(message.hops <= _MOST_HOPS, "Lambda's loop guard is kept clear of")
        invocation.sent_back.append(message)

    def _refuse_all(self, url: str, entries: list[dict[str, Any]]) -> None:
        """A send that failed: what the function did with the same message before it will be done again."""
        invocation = self._world.invocation
        if url == DEAD_LETTERS:
            invocation.letters_failed = True
        if invocation.kind == "deliver":
            for entry in entries:
                invocation.not_sent_back.update(markers_in(entry["MessageBody"]))

    def _maybe_slow(self, fault: str) -> None:
        if self._world.strikes(fault):
            self._world.invocation.slowed = True
            self._world.scheduler.sleep(self._world.plan.random.random() * 2.9)

    def _time_out(self, url: str, began: float) -> None:
        self._world.invocation.slowed = True
        self._world.scheduler.sleep(began + 2.95 * self._tries - self._world.scheduler.now)
        raise ReadTimeoutError(endpoint_url=url)


def _client_error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)


def _size(entry: dict[str, Any]) -> int:
    attributes = entry.get("MessageAttributes", {})
    extra = sum(len(name) + len(v["DataType"]) + len(v["StringValue"].encode()) for name, v in attributes.items())
    return len(entry["MessageBody"].encode()) + extra
