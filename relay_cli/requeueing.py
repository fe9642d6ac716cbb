"""Sends letters to the queue as messages, with their attributes and sizes, and tells which ones SQS refused."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from relay_cli.letters import Letter

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef, SendMessageBatchRequestEntryTypeDef


def send(sqs: "SQSClient", queue_url: str, letters: Sequence[Letter]) -> dict[int, str]:
    """Send ``letters`` (at most ten) and return the index of each that the queue refused, with SQS's reason."""
    entries = [_entry(number, letter) for number, letter in enumerate(letters)]
    answer = sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)
    taken = {int(entry["Id"]) for entry in answer.get("Successful", ())}
    codes = {int(entry["Id"]): str(entry.get("Code", "")) for entry in answer.get("Failed", ())}
    return {number: codes.get(number, "") for number in range(len(letters)) if number not in taken}


def size_of(letter: Letter) -> int:
    """Return the bytes that count towards SQS's limits."""
    attributes = sum(
        len(name.encode())
        + len(value.get("DataType", ""))
        + len(str(value.get("StringValue", "")).encode())
        + len(value.get("BinaryValue", b""))
        for name, value in letter.kept_attributes().items()
    )
    return len(letter.body.encode()) + attributes


def _entry(number: int, letter: Letter) -> "SendMessageBatchRequestEntryTypeDef":
    entry: SendMessageBatchRequestEntryTypeDef = {"Id": str(number), "MessageBody": letter.body}
    kept = letter.kept_attributes()
    if kept:
        entry["MessageAttributes"] = {name: _attribute(value) for name, value in kept.items()}
    return entry


def _attribute(received: Mapping[str, Any]) -> "MessageAttributeValueTypeDef":
    wanted = ("DataType", "StringValue", "BinaryValue")
    return cast("MessageAttributeValueTypeDef", {part: received[part] for part in wanted if received.get(part)})
