"""Each function's role allows what the function needs, and nothing more."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.aws import ACCOUNT
from local.stack import Stack


class Role:
    """A function's role, assumed as Lambda does: boto3 clients with its rights."""

    def __init__(self, stack: Stack, function: str) -> None:
        arn = stack.aws.functions.get_function_configuration(FunctionName=stack.functions[function])["Role"]
        found = stack.aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        self._session = boto3.Session(
            found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"], stack.region
        )
        self._url = stack.aws_endpoint_url

    def client(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self._url)


type Call = Callable[[Role, Stack], object]


def _send(queue: str) -> Call:
    entry = {"Id": "1", "MessageBody": "{}", "DelaySeconds": 900}
    return lambda role, stack: role.client("sqs").send_message_batch(QueueUrl=getattr(stack, queue), Entries=[entry])


def _receive(queue: str) -> Call:
    return lambda role, stack: role.client("sqs").receive_message(QueueUrl=getattr(stack, queue))


def _on_receipt(operation: str, queue: str, **more: object) -> Call:
    def call(role: Role, stack: Stack) -> object:
        return getattr(role.client("sqs"), operation)(QueueUrl=getattr(stack, queue), ReceiptHandle="none", **more)

    return call


def _on_queue(operation: str, queue: str, **more: object) -> Call:
    return lambda role, stack: getattr(role.client("sqs"), operation)(QueueUrl=getattr(stack, queue), **more)


def _secret(name: str, operation: str = "get_secret_value", **more: object) -> Call:
    def call(role: Role, stack: Stack) -> object:
        return getattr(role.client("secretsmanager"), operation)(SecretId=getattr(stack, name), **more)

    return call


_QUEUE, _LETTERS = "queue_url", "dead_letter_queue_url"
_KEYS, _DREAMDATA = "ingest_keys_secret_id", "dreamdata_secret_id"
_CALLS: dict[str, Call] = {
    "send to the queue": _send(_QUEUE),
    "send to the dead letters": _send(_LETTERS),
    "receive from the queue": _receive(_QUEUE),
    "receive from the dead letters": _receive(_LETTERS),
    "delete from the queue": _on_receipt("delete_message", _QUEUE),
    "delete from the dead letters": _on_receipt("delete_message", _LETTERS),
    "hide on the queue": _on_receipt("change_message_visibility", _QUEUE, VisibilityTimeout=1),
    "look at the queue": _on_queue("get_queue_attributes", _QUEUE, AttributeNames=["QueueArn"]),
    "purge the queue": _on_queue("purge_queue", _QUEUE),
    "purge the dead letters": _on_queue("purge_queue", _LETTERS),
    "delete the queue": _on_queue("delete_queue", _QUEUE),
    "change the queue": _on_queue("set_queue_attributes", _QUEUE, Attributes={"VisibilityTimeout": "1"}),
    "read the relay keys": _secret(_KEYS),
    "read the Dreamdata key": _secret(_DREAMDATA),
    "change the relay keys": _secret(_KEYS, "put_secret_value", SecretString="{}"),
    "change the Dreamdata key": _secret(_DREAMDATA, "put_secret_value", SecretString="{}"),
    "delete the Dreamdata key": _secret(_DREAMDATA, "delete_secret"),
    "list secrets": lambda role, stack: role.client("secretsmanager").list_secrets(),
    "list queues": lambda role, stack: role.client("sqs").list_queues(),
    "make a queue": lambda role, stack: role.client("sqs").create_queue(QueueName="another"),
    "invoke a function": lambda role, stack: role.client("lambda").invoke(FunctionName=stack.functions["deliver"]),
    "list buckets": lambda role, stack: role.client("s3").list_buckets(),
    "list roles": lambda role, stack: role.client("iam").list_roles(),
    "read logs": lambda role, stack: role.client("logs").describe_log_groups(),
}
_NEEDED = {
    "ingest": {"send to the queue", "send to the dead letters", "read the relay keys"},
    "deliver": {
        "send to the queue",
        "send to the dead letters",
        "receive from the queue",
        "delete from the queue",
        "hide on the queue",
        "look at the queue",
        "read the Dreamdata key",
    },
}
_DENIED = {"AccessDenied", "AccessDeniedException", "AWS.SimpleQueueService.AccessDenied", "AuthorizationError"}


@pytest.fixture(scope="module", params=["ingest", "deliver"])
def role(request: pytest.FixtureRequest, stack: Stack) -> tuple[str, Role]:
    return request.param, Role(stack, request.param)


@pytest.mark.parametrize("what", _CALLS)
def test_a_role_allows_what_its_function_needs_and_nothing_more(
    stack: Stack, role: tuple[str, Role], what: str
) -> None:
    function, assumed = role
    try:
        _CALLS[what](assumed, stack)
        code = None
    except ClientError as error:
        code = error.response["Error"]["Code"]

    assert (code not in _DENIED) == (what in _NEEDED[function]), f"{function}: {code}"


def test_the_account_is_the_emulators_own(stack: Stack) -> None:
    """Nothing here is asked of anything but the emulator."""
    assert stack.aws.client("sts").get_caller_identity()["Account"] == ACCOUNT
