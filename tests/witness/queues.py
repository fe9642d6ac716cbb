"""A queue of an emulator, as a test looks at it."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_sqs.type_defs import MessageTypeDef

TRIES = 2
# Long polling waits for a message: it ends as soon as one is there.
_LONGEST_WAIT_S = 10


@dataclass(frozen=True)
class Queue:
    """The queue at ``url`` and the one that its redrive policy names; ``sqs`` is a plain boto3 client."""

    sqs: "SQSClient"
    url: str
    arn: str
    dead_url: str
    dead_arn: str

    @classmethod
    def made(cls, sqs: "SQSClient", name: str) -> "Queue":
        """Both queues made, with the attributes that the template gives them where they matter here."""
        dead_url, dead_arn = _make(sqs, f"{name}-dead", {"MessageRetentionPeriod": "1209600"})
        policy = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": TRIES})
        url, arn = _make(sqs, name, {"RedrivePolicy": policy, "VisibilityTimeout": "360"})
        return cls(sqs, url, arn, dead_url, dead_arn)

    def receive(self, most: int = 10, wait: bool = True, url: str | None = None) -> list["MessageTypeDef"]:
        """What one receive gives; ``wait``: until there is something."""
        answer = self.sqs.receive_message(
            QueueUrl=url or self.url,
            MaxNumberOfMessages=most,
            WaitTimeSeconds=_LONGEST_WAIT_S if wait else 0,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return list(answer.get("Messages", ()))

    def received(self, count: int, url: str | None = None) -> list["MessageTypeDef"]:
        """So many messages, or those that come before nothing does."""
        found: list[MessageTypeDef] = []
        while len(found) < count and (more := self.receive(url=url)):
            found += more
        return found


def _make(sqs: "SQSClient", name: str, attributes: "dict[QueueAttributeNameType, str]") -> tuple[str, str]:
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
