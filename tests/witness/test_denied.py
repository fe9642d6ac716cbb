"""What a role may not do, the functions' adapters tell as they tell every other failure.

Only moto, with rights enforced: it judges by action alone, and asks for the right to SendMessageBatch, which IAM does
not have. What the roles allow is tested by ``tests/faults/test_roles.py`` and ``tests/rights``.
"""

import json
from collections.abc import Iterator
from typing import NamedTuple

import pytest
import urllib3

from dreamdata_relay.adapters import aws
from dreamdata_relay.adapters.secrets import ManagedSecret
from dreamdata_relay.adapters.sqs import SqsQueue
from dreamdata_relay.errors import SecretUnavailable
from dreamdata_relay.messages.dead_letters import OutgoingMessage
from tests.fakes.clock import FakeClock
from tests.fakes.sessions import forget_sessions
from tests.witness.differences import unlike_aws
from tests.witness.emulators import REGION, Emulator, running
from tests.witness.queues import Queue

_TRUST = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
_TRUSTED = json.dumps({"Version": "2012-10-17", "Statement": [_TRUST]})


class Denied(NamedTuple):
    """What is there, and what a role without rights needs to reach it."""

    queue_url: str
    receipt: str
    secret_id: str
    environment: dict[str, str]


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One of its own, that may ask for rights."""
    with running("moto", tmp_path_factory.mktemp("denied")) as found:
        yield found


@pytest.fixture(scope="module")
def denied(emulator: Emulator) -> Denied:
    """A message in flight and a secret; from then on rights are asked for."""
    queue = Queue.made(emulator.client("sqs"), "denied")
    queue.sqs.send_message(QueueUrl=queue.url, MessageBody="{}")
    [message] = queue.receive()
    secret = emulator.client("secretsmanager").create_secret(Name="denied", SecretString="text")["ARN"]
    role = emulator.client("iam").create_role(RoleName="denied", AssumeRolePolicyDocument=_TRUSTED)["Role"]["Arn"]
    keys = emulator.client("sts").assume_role(RoleArn=role, RoleSessionName="denied")["Credentials"]
    assert urllib3.request("POST", f"{emulator.url}/moto-api/reset-auth", body=b"0").status == 200
    environment = {
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_DEFAULT_REGION": REGION,
        "NO_PROXY": "127.0.0.1",
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }
    return Denied(queue.url, message["ReceiptHandle"], secret, environment)


@pytest.fixture(autouse=True)
def _with_the_roles_keys(denied: Denied, monkeypatch: pytest.MonkeyPatch, _adapters_reach_it: None) -> None:
    for name, value in denied.environment.items():
        monkeypatch.setenv(name, value)
    forget_sessions()


def test_a_secret_that_may_not_be_read_is_not_had(denied: Denied) -> None:
    """And the error does not say whose account and role it was."""
    with pytest.raises(SecretUnavailable) as raised:
        ManagedSecret(aws.secrets_client, denied.secret_id).fetch()

    assert raised.value.__suppress_context__


@unlike_aws("Secrets Manager answers a denied call with AccessDeniedException", moto="answers in XML, without a code")
def test_a_secret_that_may_not_be_read_is_withdrawn(denied: Denied) -> None:
    with pytest.raises(SecretUnavailable, match="secret_withdrawn"):
        ManagedSecret(aws.secrets_client, denied.secret_id).fetch()


def test_messages_that_may_not_be_sent_are_not_durable(denied: Denied) -> None:
    messages = [OutgoingMessage("{}", {})] * 3

    assert SqsQueue(aws.sqs_client(), denied.queue_url, FakeClock()).send(messages, 0.3) == [0, 1, 2]


def test_a_message_that_may_not_be_held_is_counted(denied: Denied) -> None:
    assert SqsQueue(aws.sqs_client(), denied.queue_url, FakeClock()).hold([(denied.receipt, 30)], 5) == 1
