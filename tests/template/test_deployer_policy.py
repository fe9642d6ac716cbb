"""docs/deployer-policy.json allows what a deployment calls, and fits where IAM takes it."""

import json

import pytest

from tools.deployer_policy import BESIDES, NOT_NEEDED, PAGE, actions_of, resource_types, written

STATEMENTS = json.loads(PAGE.read_text())["Statement"]
ALLOWED = {action for statement in STATEMENTS for action in statement["Action"]}


def test_the_document_is_the_one_that_the_template_makes() -> None:
    """``python -m tools.deployer_policy`` writes it."""
    assert PAGE.read_text() == written()


@pytest.mark.parametrize("kind", sorted(resource_types()))
def test_every_type_of_resource_can_be_made_changed_and_deleted(kind: str) -> None:
    """By what its schema says that CloudFormation calls."""
    called = actions_of(kind)
    assert called
    assert called <= ALLOWED


def test_nothing_is_allowed_that_nothing_needs() -> None:
    """No wildcard among the actions either."""
    needed = {action for kind in resource_types() for action in actions_of(kind)}
    needed |= {f"{service}:{action}" for service, actions in BESIDES.items() for action in actions}
    assert needed == ALLOWED
    assert not any("*" in action for action in ALLOWED)
    assert not any(action.startswith(NOT_NEEDED) for action in ALLOWED)


def test_whatever_changes_something_names_its_resource() -> None:
    """But for log deliveries and event source mappings, for which IAM knows none."""
    (anywhere,) = (statement for statement in STATEMENTS if statement["Resource"] == "*")
    changing = {
        action for action in anywhere["Action"] if not action.partition(":")[2].startswith(("Describe", "Get", "List"))
    }
    assert changing == {"lambda:CreateEventSourceMapping", "logs:PutResourcePolicy"} | {
        f"logs:{verb}LogDelivery" for verb in ("Create", "Delete", "Update")
    }


def test_what_api_gateway_asks_of_its_caller_for_a_domain_is_allowed() -> None:
    """No schema tells of it: its own role, made with an account's first domain, and to read the truststore."""
    resources = {
        action: statement["Resource"]
        for statement in STATEMENTS
        for action in statement["Action"]
        if statement["Resource"] != "*"
    }
    service = "ops.apigateway.amazonaws.com"
    role = f"arn:aws:iam::ACCOUNT:role/aws-service-role/{service}/AWSServiceRoleForAPIGateway"
    assert role in resources["iam:CreateServiceLinkedRole"]
    for action in ("s3:GetObject", "s3:GetObjectVersion"):
        assert "arn:aws:s3:::BUCKET-OF-DomainTruststoreUri/*" in resources[action]


def test_what_is_taken_down_may_be_taken_down_whole() -> None:
    """`sam delete` asks for a stack of SAM's own first and removes the artifacts; it ends where it may not."""
    assert {"cloudformation:DeleteStack", "cloudformation:ListChangeSets", "s3:DeleteObject"} <= ALLOWED
    (asked,) = (found for found in STATEMENTS if "-CompanionStack/*" in str(found["Resource"]))
    assert asked["Action"] == ["cloudformation:DescribeStacks"]


def test_it_fits_a_policy_of_a_role() -> None:
    """10,240 characters without blanks, whatever the stack is called."""
    text = json.dumps(json.loads(PAGE.read_text()), separators=(",", ":"))
    assert len(text.replace("STACK", "s" * 128)) <= 10_240
