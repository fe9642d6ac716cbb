"""Every AWS call in the code has its right, every right its call, and IAM finds nothing wrong with the policies."""

import functools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.rights.calls import CLI, ROOT, Operation, calls_in, functions_calls, operators_calls, parsed, services_in
from tests.rights.policies import Filled, actions_for, asked, prefix_of
from tools.transform import read_template

FUNCTIONS = {"IngestFunction": "ingest", "DeliverFunction": "deliver"}
# What Lambda itself does with a function's role: its log, and the queue's event source mapping.
_LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
_OF_LAMBDA = {
    "IngestFunction": _LOGS,
    "DeliverFunction": _LOGS | {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
}
# The list of suppressed people is read without a client: the adapter signs a GET of one object. The right to list makes
# S3 tell an object that is not there from one that is denied.
_WITHOUT_A_CLIENT = {"s3:GetObject", "s3:ListBucket"}
# Asked for by the services that decrypt in a caller's name, by Lambda's tracing, and by Lambda for a function in a VPC:
# no code of ours makes these calls.
_BY_CHOICE = {
    "kms:Decrypt",
    "kms:GenerateDataKey",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
}
# Lambda's guide asks for these rights on any resource, and keeps the function's own code from them by a condition that
# only Lambda sets.
_ACCEPTED = {"DeliverRole.vpc": {"RESOURCE_STAR"}}


# The groups of `relay smoke --read-only`, and what is called beside them in the same files.
_LOOKS = ("versions", "settings", "wiring", "rights", "telemetry")
_NOT_BY_LOOKING = {
    "cloudwatch:GetMetricData",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
}


def handler(function: str) -> Path:
    """The file of a function's handler."""
    name = FUNCTIONS[function]
    return ROOT / "functions" / name / f"{name}_handler.py"


@functools.cache
def known_actions(operations: frozenset[Operation]) -> dict[str, list[str]]:
    """The actions of all services that are called."""
    actions: dict[str, list[str]] = asked({}, {prefix_of(operation) for operation in operations})["actions"]
    return actions


def wanted(operations: set[Operation]) -> set[str]:
    """The actions that ``operations`` ask for."""
    return actions_for(operations, known_actions(frozenset(operations)))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_allows_what_its_function_calls_and_no_more(function: str) -> None:
    """Found in the code of the handler and of all that it imports."""
    filled = Filled(conditions=True)
    rights = filled.actions(filled.role_of(function)) - _BY_CHOICE
    assert rights >= _WITHOUT_A_CLIENT
    rights -= _WITHOUT_A_CLIENT

    assert rights - _OF_LAMBDA[function] == wanted(functions_calls(handler(function))) - _OF_LAMBDA[function]
    assert rights >= _OF_LAMBDA[function] | wanted(functions_calls(handler(function)))


def test_the_functions_calls_are_found() -> None:
    """Or the test above would hold for nothing."""
    sends, reads = Operation("sqs", "SendMessageBatch"), Operation("secretsmanager", "GetSecretValue")

    assert functions_calls(handler("IngestFunction")) == {sends, reads}
    assert functions_calls(handler("DeliverFunction")) >= {
        sends,
        reads,
        Operation("sqs", "ChangeMessageVisibilityBatch"),
    }


@pytest.mark.parametrize("conditions", [True, False])
def test_iam_finds_nothing_wrong_with_the_policies(conditions: bool) -> None:
    """Unknown actions, resources that an action does not take, conditions that no request has."""
    policies = Filled(conditions).policies()
    findings = asked(policies, [])["findings"]

    issues = {name: {one.split(":")[0] for one in found} for name, found in findings.items() if found}
    assert {"QueuePolicy", "DeadLetterQueuePolicy", "AlarmTopicPolicy", "IngestRole.ingest"} <= policies.keys()
    assert issues == {name: accepted for name, accepted in _ACCEPTED.items() if name in policies}


def test_a_wrong_policy_would_be_found() -> None:
    wrong: dict[str, Any] = {
        "an action that is none": ("sqs:SendMessageBatch", "arn:aws:sqs:eu-west-1:123456789012:q"),
        "a resource of another kind": ("sqs:SendMessage", "arn:aws:sns:eu-west-1:123456789012:t"),
    }
    documents = {
        name: {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}
        for name, (action, resource) in wrong.items()
    }

    findings = asked(documents, [])["findings"]
    assert [name for name, found in findings.items() if not found] == []


def test_whoever_deploys_may_look_with_relay_smoke() -> None:
    """The example pipeline does so with the same role; what it may not look at is skipped, and nothing would fail."""
    named = ["stack", "running", "alarms", "dreamdata_key", *(f"smoke/{group}" for group in _LOOKS)]
    trees = [parsed(CLI / f"{name}.py") for name in named]
    services = services_in(parsed(path) for path in CLI.rglob("*.py"))
    called = {operation for tree in trees for operation in calls_in(tree, services)}
    statements = json.loads((ROOT / "docs" / "deployer-policy.json").read_text())["Statement"]
    allowed = {action for statement in statements for action in statement["Action"]}

    assert "lambda:ListEventSourceMappings" in wanted(called)
    assert wanted(called) - _NOT_BY_LOOKING <= allowed


def test_the_documented_rights_of_the_operator_are_those_that_the_command_uses() -> None:
    """A right is `service:Action` anywhere, or under Rights `Action` after one of the same service."""
    text = (ROOT / "docs" / "relay.md").read_text()
    documented = {f"{service}:{action}" for service, action in re.findall(r"`([a-z0-9]+):([A-Z][A-Za-z]+)`", text)}
    service = ""
    parameters = set(read_template()["Parameters"])
    for named, action in re.findall(
        r"`(?:([a-z0-9]+):)?([A-Z][A-Za-z]+)`", text.split("## Rights", 1)[1].split("\n## ")[0]
    ):
        service = named or service
        if action not in parameters:
            documented.add(f"{service}:{action}")

    assert documented - _BY_CHOICE - {"s3:ListBucket"} == wanted(operators_calls())
