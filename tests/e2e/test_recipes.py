"""The recipes of docs/recipes.md, deployed as they stand there, bring an event to Dreamdata."""

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from local.sandbox_client import ReceivedEvent
from local.stack import Stack
from local.waiting import wait_until
from tests.docs.recipes import recipes

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef

RECIPES = recipes()


@contextmanager
def deployed(stack: Stack, recipe: str) -> Iterator[Mapping[str, str]]:
    """The outputs of the recipe's own CloudFormation stack; it is gone afterwards."""
    client, name = stack.aws.stacks, f"recipe-{uuid.uuid4()}"
    values = {"RelayQueueArn": stack.outputs["QueueArn"], "RelayQueueUrl": stack.queue_url}
    parameters: list[ParameterTypeDef] = [
        {"ParameterKey": key, "ParameterValue": value} for key, value in values.items() if key in RECIPES[recipe]
    ]
    client.create_stack(
        StackName=name, TemplateBody=RECIPES[recipe], Parameters=parameters, Capabilities=["CAPABILITY_IAM"]
    )
    try:
        made = wait_until(lambda: finished(client, name), 30, f"deploying {recipe}")
        assert made["StackStatus"] == "CREATE_COMPLETE", made.get("StackStatusReason")
        yield {output["OutputKey"]: output["OutputValue"] for output in made.get("Outputs", [])}
    finally:
        client.delete_stack(StackName=name)


def finished(client: "CloudFormationClient", name: str) -> Mapping[str, Any] | None:
    made: Mapping[str, Any] = client.describe_stacks(StackName=name)["Stacks"][0]
    return None if made["StackStatus"].endswith("_IN_PROGRESS") else made


def arrival(stack: Stack, user: str) -> Mapping[str, Any]:
    """The one event of `user`, as Dreamdata's stand-in got it."""
    found: list[ReceivedEvent] = stack.sandbox.wait_for(lambda events: any(user in event.raw for event in events), 30)
    (event,) = (event.event for event in found if user in event.raw)
    assert event
    return event


def put_on_bus(stack: Stack, source: str, kind: str, detail: Mapping[str, Any]) -> None:
    stack.aws.events.put_events(Entries=[{"Source": source, "DetailType": kind, "Detail": json.dumps(detail)}])


def test_a_rule_whose_detail_is_an_event(stack: Stack) -> None:
    """It gets the id and the time of the bus."""
    user = str(uuid.uuid4())
    with deployed(stack, "An EventBridge rule whose detail is an event"):
        put_on_bus(stack, "com.example.shop", "Order Paid", {"type": "track", "userId": user, "event": "Order Paid"})
        event = arrival(stack, user)
    assert event["event"] == "Order Paid"
    assert event["messageId"]
    assert event["timestamp"]


def test_a_rule_with_a_transformer(stack: Stack) -> None:
    """Somebody else's event comes as a track."""
    user = str(uuid.uuid4())
    with deployed(stack, "An EventBridge rule with a transformer"):
        put_on_bus(stack, "com.example.warehouse", "Parcel Sent", {"customer": {"number": user}, "parcels": 2})
        event = arrival(stack, user)
    assert (event["type"], event["event"], event["userId"]) == ("track", "Order Shipped", user)
    assert event["properties"] == {"parcels": 2}


@pytest.mark.parametrize("recipe", ["An SNS subscription", "An SNS subscription with raw delivery"])
def test_a_subscription(stack: Stack, recipe: str) -> None:
    """The event of the topic's message, with the id that it has."""
    user, name = str(uuid.uuid4()), str(uuid.uuid4())
    with deployed(stack, recipe) as outputs:
        message = json.dumps({"type": "identify", "userId": user, "messageId": name, "traits": {"plan": "team"}})
        stack.aws.sns.publish(TopicArn=outputs["TopicArn"], Message=message)
        event = arrival(stack, user)
    assert event["messageId"] == name


def test_a_step_functions_task(stack: Stack) -> None:
    """Under the execution's id, which the task's own retries repeat."""
    user = str(uuid.uuid4())
    with deployed(stack, "A Step Functions task") as outputs:
        started = stack.aws.client("stepfunctions").start_execution(
            stateMachineArn=outputs["StateMachineArn"], input=json.dumps({"customer": user, "total": 1999})
        )
        event = arrival(stack, user)
    assert event["messageId"] == started["executionArn"]
    assert event["properties"] == {"total": 1999}
