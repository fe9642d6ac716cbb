"""Asks IAM's policy simulator what the functions' roles may and may not do."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from relay_cli import running
from relay_cli.paging import pages
from relay_cli.smoke.key_rights import key_uses
from relay_cli.smoke.results import FAILED, OK, Result
from relay_cli.smoke.run import Run

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

GROUP = "rights"
NEEDS = "{function} may do what it needs"
_LOGS = ("logs:CreateLogStream", "logs:PutLogEvents")
_SECRET = ("secretsmanager:GetSecretValue",)
_TAKE = ("sqs:ReceiveMessage", "sqs:DeleteMessage")
_BREAK = ("sqs:PurgeQueue", "sqs:SetQueueAttributes", "sqs:DeleteQueue")
_PUT = ("secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage")
_ELSEWHERE = ("iam:PassRole", "sts:AssumeRole", "lambda:UpdateFunctionCode", "s3:GetObject", "dynamodb:GetItem")
# By function and resource: actions that it needs, and such as would let it do what it is not for.
ALLOWED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "ingest": {
        "queue": ("sqs:SendMessage",),
        "dead letters": ("sqs:SendMessage",),
        "relay keys": _SECRET,
        "log": _LOGS,
    },
    "deliver": {
        "queue": (*_TAKE, "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility", "sqs:SendMessage"),
        "dead letters": ("sqs:SendMessage",),
        "Dreamdata key": _SECRET,
        "log": _LOGS,
    },
}
DENIED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "ingest": {
        "queue": (*_TAKE, *_BREAK),
        "dead letters": (*_TAKE, *_BREAK),
        "relay keys": _PUT,
        "Dreamdata key": (*_SECRET, *_PUT),
        "anything": _ELSEWHERE,
    },
    "deliver": {
        "queue": _BREAK,
        "dead letters": (*_TAKE, *_BREAK),
        "Dreamdata key": _PUT,
        "relay keys": (*_SECRET, *_PUT),
        "anything": _ELSEWHERE,
    },
}


def checks(run: Run) -> Iterator[Result]:
    """Check for each function's role that all it needs is allowed, and nothing that it must not do."""
    client: IAMClient = run.stack.client("iam")
    for function in ALLOWED:
        arns = _resources(run, function)
        role = _role(run, function)
        for wanted, table in ((True, ALLOWED), (False, DENIED)):
            wrong = [
                f"{action} on {place}"
                for place, actions in table[function].items()
                for action, allowed in _simulated(client, role, actions, arns[place]).items()
                if allowed is not wanted
            ]
            count = sum(map(len, table[function].values()))
            for key in key_uses(run, function) if wanted else ():
                answers = _simulated(client, role, key.actions, key.arn, key.context)
                wrong += [
                    f"{action} on {key.parameter}, by {key.service}"
                    for action, allowed in answers.items()
                    if not allowed
                ]
                count += len(answers)
            name = NEEDS.format(function=function) if wanted else f"{function} may do nothing else"
            told = f"{count} actions are {'allowed' if wanted else 'denied'}"
            bad = f"{'denied' if wanted else 'allowed'}: {', '.join(wrong)}"
            yield Result(GROUP, name, FAILED if wrong else OK, bad if wrong else told)


def _role(run: Run, function: str) -> str:
    target = running.ingest(run.stack) if function == "ingest" else running.deliver(run.stack)
    name = target or run.stack.output("IngestFunctionName")
    return str(run.stack.functions.get_function_configuration(FunctionName=name)["Role"])


def _resources(run: Run, function: str) -> dict[str, str]:
    output = run.stack.output
    queue = output("QueueArn")
    partition, region, account = (queue.split(":")[part] for part in (1, 3, 4))
    group = output("IngestLogGroupName" if function == "ingest" else "DeliverLogGroupName")
    return {
        "queue": queue,
        "dead letters": output("DeadLetterQueueArn"),
        "relay keys": output("IngestKeysSecretArn"),
        "Dreamdata key": output("DreamdataSecretArn"),
        "log": f"arn:{partition}:logs:{region}:{account}:log-group:{group}:log-stream:relay-smoke",
        "anything": "*",
    }


def _simulated(
    client: "IAMClient",
    role: str,
    actions: tuple[str, ...],
    resource: str,
    context: Sequence[Mapping[str, object]] = (),
) -> dict[str, bool]:
    asked: dict[str, Any] = {"PolicySourceArn": role, "ActionNames": list(actions), "ResourceArns": [resource]}
    asked |= {"ContextEntries": list(context)} if context else {}
    return {
        result["EvalActionName"]: result["EvalDecision"] == "allowed"
        for page in pages(client.simulate_principal_policy, "Marker", following="Marker", **asked)
        for result in page["EvaluationResults"]
    }
