"""SQS and Secrets Manager in memory, with the shape of boto3 clients and the limits of the real ones."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError

_ALLOWED = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
_MAX_BYTES = 1_048_576


def client_error(code: str, operation: str) -> ClientError:
    """What boto3 raises for an answer of AWS that is an error."""
    return ClientError({"Error": {"Code": code, "Message": code}}, operation)


@dataclass
class FakeSqs:
    """Queues by URL. ``failing`` entries (by call number from 0) are answered as failed; ``down`` refuses all calls."""

    queues: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    visibility: list[tuple[str, int]] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    calls: list[tuple[str, int]] = field(default_factory=list)
    down: Callable[[str], bool] = lambda url: False
    fails_entry: Callable[[int, dict[str, Any]], bool] = lambda call, entry: False

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        """As SQS, with its limits."""
        call = len(self.calls)
        self.calls.append((QueueUrl, len(Entries)))
        if self.down(QueueUrl):
            raise EndpointConnectionError(endpoint_url=QueueUrl)
        if not 1 <= len(Entries) <= 10 or len({entry["Id"] for entry in Entries}) != len(Entries):
            raise client_error("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "SendMessageBatch")
        if sum(map(_size, Entries)) > _MAX_BYTES:
            raise client_error("AWS.SimpleQueueService.BatchRequestTooLong", "SendMessageBatch")
        successful, failed = [], []
        for entry in Entries:
            assert 0 <= entry.get("DelaySeconds", 0) <= 900
            if not entry["MessageBody"] or not _ALLOWED.fullmatch(entry["MessageBody"]):
                failed.append({"Id": entry["Id"], "SenderFault": True, "Code": "InvalidMessageContents"})
            elif self.fails_entry(call, entry):
                failed.append({"Id": entry["Id"], "SenderFault": False, "Code": "InternalError"})
            else:
                self.queues.setdefault(QueueUrl, []).append(entry)
                successful.append({"Id": entry["Id"], "MessageId": f"m-{call}-{entry['Id']}"})
        return {"Successful": successful, "Failed": failed}

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        """As SQS: at most ten entries, 0 to 43,200 s."""
        if self.down(QueueUrl):
            raise EndpointConnectionError(endpoint_url=QueueUrl)
        assert 1 <= len(Entries) <= 10
        for entry in Entries:
            assert 0 <= entry["VisibilityTimeout"] <= 43_200
            self.visibility.append((entry["ReceiptHandle"], entry["VisibilityTimeout"]))
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries], "Failed": []}

    def delete_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        """As SQS: at most ten entries."""
        if self.down(QueueUrl):
            raise EndpointConnectionError(endpoint_url=QueueUrl)
        assert 1 <= len(Entries) <= 10
        self.deleted += [entry["ReceiptHandle"] for entry in Entries]
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries], "Failed": []}

    def bodies(self, url: str) -> list[str]:
        """The bodies of the messages in the queue at ``url``."""
        return [entry["MessageBody"] for entry in self.queues.get(url, [])]

    def attributes(self, url: str) -> list[dict[str, str]]:
        """The attributes of the messages in the queue at ``url``."""
        return [
            {name: value["StringValue"] for name, value in entry.get("MessageAttributes", {}).items()}
            for entry in self.queues.get(url, [])
        ]


@dataclass
class FakeSecrets:
    """A secret's text, and what it is ``then``, after the first call; ``down`` refuses all, ``fetches`` counts them.

    ``code``: what all are refused with.
    """

    text: str
    down: bool = False
    fetches: int = 0
    then: str | None = None
    code: str = "InternalServiceError"

    def get_secret_value(self, **_: Any) -> dict[str, Any]:
        """As Secrets Manager."""
        self.fetches += 1
        if self.down:
            raise client_error(self.code, "GetSecretValue")
        text, self.text = self.text, self.text if self.then is None else self.then
        return {"SecretString": text}


def _size(entry: dict[str, Any]) -> int:
    attributes = entry.get("MessageAttributes", {})
    extra = sum(len(name) + len(v["DataType"]) + len(v["StringValue"].encode()) for name, v in attributes.items())
    return len(entry["MessageBody"].encode()) + extra
