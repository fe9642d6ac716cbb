"""Sends samples by their real ways in: HTTPS's stand-in, SendMessage, an EventBridge rule, an SNS topic.

The rule and the topic are a user's own resources, not the relay's: they are made in the emulator when they are needed,
with the queue as their target, and removed at the end.
"""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from local.stack import Stack
from relay_cli.samples import BusEvent, FreshSample, Item, Message, Notification, Request

if TYPE_CHECKING:
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef

_NAME = "relay-samples"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the relay answered to a request: the status and its JSON object, empty when it was none."""

    status: int
    body: Mapping[str, Any]


class Sender:
    """Sends items to one stack; made by `senders`."""

    def __init__(self, stack: Stack, topic_arn: str) -> None:
        self._stack = stack
        self._topic_arn = topic_arn
        self._http = urllib3.PoolManager(retries=False, timeout=120.0)

    def send(self, item: Item) -> Answer | None:
        """Send one item; an HTTP request has an answer. Raises urllib3's and botocore's errors."""
        aws = self._stack.aws
        match item:
            case Request():
                return self._post(item)
            case Message(body, attributes):
                values: dict[str, MessageAttributeValueTypeDef] = {
                    name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
                }
                aws.sqs.send_message(QueueUrl=self._stack.queue_url, MessageBody=body, MessageAttributes=values)
            case BusEvent(source, detail_type, detail):
                entry: PutEventsRequestEntryTypeDef = {"Source": source, "DetailType": detail_type, "Detail": detail}
                aws.events.put_events(Entries=[entry])
            case Notification(message):
                aws.sns.publish(TopicArn=self._topic_arn, Message=message)
        return None

    def _post(self, request: Request) -> Answer:
        key = self._stack.ingest_key if request.key is None else request.key
        headers = {
            "Authorization": f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}",
            "Content-Type": request.content_type,
            "User-Agent": "dreamdata-relay-local",
        }
        url = self._stack.api_url + request.path
        answer = self._http.request("POST", url, body=request.body, headers=headers, redirect=False)
        try:
            body = json.loads(answer.data)
        except ValueError:
            body = {}
        return Answer(answer.status, body if isinstance(body, dict) else {})


@contextmanager
def senders(stack: Stack, samples: Iterable[FreshSample]) -> Iterator[Sender]:
    """A sender for `samples`, with the rule and the topic that they need; both are gone afterwards."""
    sources = sorted({item.source for sample in samples for item in sample.items if isinstance(item, BusEvent)})
    topic_arn = stack.aws.sns.create_topic(Name=_NAME)["TopicArn"]
    try:
        _subscribe(stack, topic_arn)
        if sources:
            _put_rule(stack, sources)
        yield Sender(stack, topic_arn)
    finally:
        # Nothing is lost with a stack that is gone, or when the rule was never made.
        with suppress(BotoCoreError, ClientError):
            stack.aws.sns.delete_topic(TopicArn=topic_arn)
            stack.aws.events.remove_targets(Rule=_NAME, Ids=[_NAME])
            stack.aws.events.delete_rule(Name=_NAME)


def _subscribe(stack: Stack, topic_arn: str) -> None:
    endpoint = stack.outputs["QueueArn"]
    subscribed = stack.aws.sns.list_subscriptions_by_topic(TopicArn=topic_arn)["Subscriptions"]
    if endpoint not in {subscription["Endpoint"] for subscription in subscribed}:
        stack.aws.sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=endpoint)


def _put_rule(stack: Stack, sources: list[str]) -> None:
    stack.aws.events.put_rule(Name=_NAME, EventPattern=json.dumps({"source": sources}), State="ENABLED")
    stack.aws.events.put_targets(Rule=_NAME, Targets=[{"Id": _NAME, "Arn": stack.outputs["QueueArn"]}])
