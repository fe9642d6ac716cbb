"""Queues in memory that hide what is received, with the shape of a boto3 SQS client and a clock of their own."""

import itertools
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from tests.fakes.aws import client_error


@dataclass
class Lying:
    """A message on a queue; times in seconds since the epoch."""

    message_id: str
    body: str
    attributes: dict[str, dict[str, str]]
    sent_at: float
    visible_at: float = 0.0
    receipt: str = ""


@dataclass
class HidingSqs:
    """Queues by URL. ``refuses`` bodies on sending and ``keeps`` them on deleting, each by answering Failed.

    ``raises_on`` is the name of a call that fails as a whole.
    """

    now: float = 1_800_000_000.0
    queues: dict[str, list[Lying]] = field(default_factory=dict)
    refuses: frozenset[str] = frozenset()
    keeps: frozenset[str] = frozenset()
    raises_on: str = ""
    calls: list[str] = field(default_factory=list)
    _ids: "itertools.count[int]" = field(default_factory=itertools.count)
    # Some calls are under way at once.
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def put(self, url: str, body: str, **attributes: str) -> str:
        """A message with string attributes; its id."""
        values = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        lying = Lying(f"m{next(self._ids)}", body, values, self.now)
        self.queues.setdefault(url, []).append(lying)
        return lying.message_id

    def bodies(self, url: str) -> list[str]:
        """What lies on the queue, hidden or not."""
        return [lying.body for lying in self.queues.get(url, [])]

    def visible(self, url: str) -> list[Lying]:
        """What can be received now."""
        return [lying for lying in self.queues.get(url, []) if lying.visible_at <= self.now]

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:
        """As SQS, with the header that tells its time."""
        self._called("GetQueueAttributes")
        lying = len(self.visible(QueueUrl))
        hidden = len(self.queues.get(QueueUrl, [])) - lying
        values = {"ApproximateNumberOfMessages": lying, "ApproximateNumberOfMessagesNotVisible": hidden}
        date = format_datetime(datetime.fromtimestamp(self.now, UTC), usegmt=True)
        attributes = {name: str(values.get(name, 0)) for name in AttributeNames}
        # Whoever asks for the time again finds that it has gone on.
        self.now += 1
        return {"Attributes": attributes, "ResponseMetadata": {"HTTPHeaders": {"date": date}}}

    def receive_message(
        self, *, QueueUrl: str, MaxNumberOfMessages: int, VisibilityTimeout: int, **_: Any
    ) -> dict[str, Any]:
        """As SQS: at most ten, hidden afterwards."""
        self._called("ReceiveMessage")
        assert 1 <= MaxNumberOfMessages <= 10
        with self._lock:
            received = self.visible(QueueUrl)[:MaxNumberOfMessages]
            for lying in received:
                lying.visible_at = self.now + VisibilityTimeout
                lying.receipt = f"r{next(self._ids)}"
        return {"Messages": [_message(lying) for lying in received]} if received else {}

    def send_message(self, *, QueueUrl: str, MessageBody: str, MessageAttributes: dict[str, Any]) -> dict[str, Any]:
        """As SQS, without its limits of size."""
        self._called("SendMessage")
        lying = Lying(f"m{next(self._ids)}", MessageBody, MessageAttributes, self.now)
        self.queues.setdefault(QueueUrl, []).append(lying)
        return {"MessageId": lying.message_id}

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        """As SQS, without its limits of size."""
        self._called("SendMessageBatch")
        assert 1 <= len(Entries) <= 10
        refused = [entry for entry in Entries if entry["MessageBody"] in self.refuses]
        taken = [entry for entry in Entries if entry not in refused]
        for entry in taken:
            values = entry.get("MessageAttributes", {})
            self.queues.setdefault(QueueUrl, []).append(
                Lying(f"m{next(self._ids)}", entry["MessageBody"], values, self.now)
            )
        return {"Successful": [{"Id": e["Id"]} for e in taken], "Failed": [{"Id": e["Id"]} for e in refused]}

    def delete_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        """As SQS: by the newest receipt."""
        self._called("DeleteMessageBatch")
        assert 1 <= len(Entries) <= 10
        failed = []
        for entry in Entries:
            (lying,) = (one for one in self.queues[QueueUrl] if one.receipt == entry["ReceiptHandle"])
            if lying.body in self.keeps:
                failed.append({"Id": entry["Id"]})
            else:
                self.queues[QueueUrl].remove(lying)
        return {"Failed": failed}

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        """As SQS."""
        self._called("ChangeMessageVisibilityBatch")
        assert 1 <= len(Entries) <= 10
        for entry in Entries:
            (lying,) = (one for one in self.queues[QueueUrl] if one.receipt == entry["ReceiptHandle"])
            lying.visible_at = self.now + entry["VisibilityTimeout"]
        return {"Failed": []}

    def _called(self, operation: str) -> None:
        self.calls.append(operation)
        if operation == self.raises_on:
            raise client_error("ServiceUnavailable", operation)


def _message(lying: Lying) -> dict[str, Any]:
    return {
        "MessageId": lying.message_id,
        "ReceiptHandle": lying.receipt,
        "Body": lying.body,
        "Attributes": {"SentTimestamp": str(int(lying.sent_at * 1000))},
        "MessageAttributes": lying.attributes,
    }
