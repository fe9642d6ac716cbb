"""EventBridge and SNS put into the queue what the deliver function opens."""

import json
from typing import TYPE_CHECKING

import pytest

from dreamdata_relay.deliver.message_parsing import unwrap
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from tests.fakes.events import event
from tests.witness.differences import unlike_aws
from tests.witness.emulators import Emulator
from tests.witness.queues import Queue

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

TEXT = json.dumps(event(properties={"naïve": '😀 and "quoted"'}))


def opened(message: "MessageTypeDef") -> tuple[str, list[str]]:
    """Where the events in a received message came from, and their ids."""
    attributes = {name: value["StringValue"] for name, value in message.get("MessageAttributes", {}).items()}
    found = unwrap(
        QueuedMessage(message["MessageId"], message["ReceiptHandle"], message["Body"], attributes=attributes)
    )
    assert found.refusal is None
    return found.source, found.message_ids


@pytest.fixture
def topic(emulator: Emulator, name: str) -> str:
    return str(emulator.client("sns").create_topic(Name=name)["TopicArn"])


def subscribed(emulator: Emulator, topic: str, queue: Queue, **attributes: str) -> None:
    """The queue subscribed to the topic."""
    emulator.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=queue.arn, Attributes=attributes, ReturnSubscriptionArn=True
    )


def test_a_rules_event_is_opened(emulator: Emulator, queue: Queue, name: str) -> None:
    """Its detail is the tracking event, byte for byte the same values."""
    events = emulator.client("events")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    events.put_targets(Rule=name, Targets=[{"Id": "relay", "Arn": queue.arn}])
    put = events.put_events(Entries=[{"Source": name, "DetailType": "Paid", "Detail": TEXT}])
    assert put["FailedEntryCount"] == 0

    [message] = queue.receive()
    body = json.loads(message["Body"])
    assert opened(message) == ("eventbridge", [event()["messageId"]])
    assert body["detail"] == json.loads(TEXT)
    assert {"id", "detail-type", "source", "time"} <= set(body)


@unlike_aws("every EventBridge event has version, account, region and resources", moto="leaves out account and region")
def test_a_rules_event_has_all_its_members(emulator: Emulator, queue: Queue, name: str) -> None:
    events = emulator.client("events")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    events.put_targets(Rule=name, Targets=[{"Id": "relay", "Arn": queue.arn}])
    events.put_events(Entries=[{"Source": name, "DetailType": "Paid", "Detail": TEXT}])

    [message] = queue.receive()
    assert {"version", "account", "region", "resources"} <= set(json.loads(message["Body"]))


@unlike_aws("a rule's target with an Input gets that text and nothing of the event", moto="sends the event")
def test_a_rules_constant_input_is_the_message(emulator: Emulator, queue: Queue, name: str) -> None:
    events = emulator.client("events")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    events.put_targets(Rule=name, Targets=[{"Id": "relay", "Arn": queue.arn, "Input": TEXT}])
    events.put_events(Entries=[{"Source": name, "DetailType": "Paid", "Detail": "{}"}])

    [message] = queue.receive()
    assert opened(message) == ("queue", [event()["messageId"]])
    assert json.loads(message["Body"]) == json.loads(TEXT)


def test_a_notification_is_opened(emulator: Emulator, queue: Queue, topic: str) -> None:
    """The members by which it is told, and the message to the letter."""
    subscribed(emulator, topic, queue)
    emulator.client("sns").publish(
        TopicArn=topic,
        Message=TEXT,
        Subject="paid",
        MessageAttributes={"tenant": {"DataType": "String", "StringValue": "eu"}},
    )

    [message] = queue.receive()
    body = json.loads(message["Body"])
    assert opened(message) == ("sns", [event()["messageId"]])
    assert (body["Type"], body["TopicArn"], body["Message"], body["Subject"]) == ("Notification", topic, TEXT, "paid")
    assert body["MessageAttributes"] == {"tenant": {"Type": "String", "Value": "eu"}}
    assert {"MessageId", "Timestamp", "UnsubscribeURL"} <= set(body)


def test_a_raw_message_is_the_message(emulator: Emulator, queue: Queue, topic: str) -> None:
    """SNS's attributes become the SQS message's."""
    subscribed(emulator, topic, queue, RawMessageDelivery="true")
    emulator.client("sns").publish(
        TopicArn=topic, Message=TEXT, MessageAttributes={"tenant": {"DataType": "String", "StringValue": "eu"}}
    )

    [message] = queue.receive()
    assert message["Body"] == TEXT
    assert message["MessageAttributes"]["tenant"]["StringValue"] == "eu"
    assert opened(message) == ("queue", [event()["messageId"]])


@unlike_aws("a rule may send to an SNS topic", moto="has no such target: PutEvents fails")
def test_a_rule_to_a_topic_to_the_queue_is_opened_twice(
    emulator: Emulator, queue: Queue, topic: str, name: str
) -> None:
    subscribed(emulator, topic, queue)
    events = emulator.client("events")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    events.put_targets(Rule=name, Targets=[{"Id": "topic", "Arn": topic}])
    events.put_events(Entries=[{"Source": name, "DetailType": "Paid", "Detail": TEXT}])

    [message] = queue.receive()
    assert opened(message) == ("sns", [event()["messageId"]])
