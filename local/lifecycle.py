"""Brings a stack up and down."""

import fcntl
import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from local import sam
from local.aws import ACCOUNT, ENVIRONMENT, REGION, Aws
from local.commands import make
from local.emulator import witness
from local.emulator.http_api_routes import add_routes
from local.emulator.mapping_concurrency import set_as_number
from local.errors import LocalError
from local.front import record
from local.front.certificates import Certificates
from local.line_file import LineFile
from local.places import StateDir
from local.processes import Background, end_all, of_owner
from local.rules import put_rules
from local.servers import (
    start_emulator,
    start_front,
    start_log_writer,
    start_page,
    start_sandbox,
    wait_for_front,
    wait_for_page,
    wait_for_relay,
)
from local.stack import Stack
from local.steps import Steps

_HEALTH_SECONDS = 30.0
_NEEDED_OUTPUTS = (
    "QueueUrl",
    "QueueArn",
    "DeadLetterQueueUrl",
    "IngestKeysSecretArn",
    "DreamdataSecretArn",
    "IngestFunctionName",
    "DeliverFunctionName",
)


def up(state: StateDir, steps: Steps) -> tuple[Stack, bool]:
    """The stack that is up, or a new one; the second part tells whether it was started now.

    Raises LocalError; what was started by then has ended again, on any exception.
    """
    state.path.mkdir(parents=True, exist_ok=True)
    with _only_one(state):
        stack = _running(state, steps)
        if stack:
            return stack, False
        try:
            return _start(state, steps), True
        except BaseException:
            _end(state)
            raise


def down(state: StateDir) -> int:
    """End whatever was started for `state`, also what a crash has left; returns the number of processes ended."""
    if not state.path.is_dir():
        return 0
    with _only_one(state):
        return _end(state)


def is_up(state: StateDir) -> bool:
    """Whether anything of a stack is there to be ended."""
    return state.stack_file.exists() or bool(of_owner(state.owner))


def _running(state: StateDir, steps: Steps) -> Stack | None:
    """The stack that is up and well; the remains of one that is not are cleared away first."""
    with suppress(LocalError):
        stack = Stack.find(state)
        if stack and stack.is_healthy():
            if stack.source_hash != sam.source_hash():
                again = make(state, "down up")
                steps.say(f"The sources have changed since the stack was started; to have them in it: {again}")
            return stack
    if is_up(state):
        with steps.step("Clearing away what an earlier stack left"):
            _end(state)
    return None


def _start(state: StateDir, steps: Steps) -> Stack:
    key = secrets.token_urlsafe(24)
    with steps.step(
        "Building the functions and the layer" if not sam.is_built() else "Sources unchanged: built before"
    ):
        template = sam.build(state)
    rules = put_rules(state, template)
    with steps.step("Starting the AWS emulator"):
        emulator, endpoint_url = start_emulator(state, ACCOUNT)
    with steps.step("Starting the sandbox that stands for Dreamdata"):
        sandbox, sandbox_url = start_sandbox(state, key)
        # By the time that the stack is deployed they are there.
        page, page_url = start_page(state)
        front = start_front(state)
    with steps.step("Deploying template.yaml into the emulator"):
        try:
            sam.deploy(state, template, endpoint_url, ENVIRONMENT, f"{sandbox_url}/v1/batch", rules)
        except LocalError as error:
            raise LocalError(_failed_resource(Aws(endpoint_url)) or str(error)) from error
    with steps.step("Bridging the emulator's gaps, putting the key"):
        try:
            page, page_url = wait_for_page(state, page, page_url)
            api_urls = wait_for_front(front)
            processes = (emulator, sandbox, page, front)
            stack = _describe(
                state, template.parent.name, Aws(endpoint_url), sandbox_url, key, processes, page_url, api_urls
            )
            stack.put_dreamdata_key(key)
        except (BotoCoreError, ClientError, KeyError) as error:
            raise LocalError(f"the deployed stack is not as expected: {error!r} (log: {emulator.log})") from error
        stack.save()
        start_log_writer(state)
        wait_for_relay(f"{stack.api_url}/v1/health", _HEALTH_SECONDS, front.log)
    return stack


def _failed_resource(aws: Aws) -> str | None:
    """Which resource could not be made, and why: SAM tells that somewhere in a table, and at its end only that."""
    with suppress(BotoCoreError, ClientError):
        events = aws.stacks.describe_stack_events(StackName=sam.STACK_NAME)["StackEvents"]
        for event in sorted(events, key=lambda event: event["Timestamp"]):
            if event["ResourceStatus"].endswith("_FAILED"):
                why = event.get("ResourceStatusReason", "no reason is given")
                return f"the emulator could not make {event['LogicalResourceId']} of template.yaml: {why}"
    return None


def _describe(
    state: StateDir,
    source_hash: str,
    aws: Aws,
    sandbox_url: str,
    sandbox_key: str,
    processes: tuple[Background, ...],
    page_url: str,
    api_urls: tuple[str, str],
) -> Stack:
    """Bridge the emulator's gaps and gather what the stack file tells."""
    described = aws.stacks.describe_stacks(StackName=sam.STACK_NAME)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
    if missing := [name for name in _NEEDED_OUTPUTS if name not in outputs]:
        raise LocalError(f"template.yaml lacks the outputs {', '.join(missing)}, by which the local stack finds things")
    resources = aws.stacks.describe_stack_resources(StackName=sam.STACK_NAME)["StackResources"]
    physical_ids = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}
    processed = aws.stacks.get_template(StackName=sam.STACK_NAME, TemplateStage="Processed")["TemplateBody"]
    add_routes(aws.http_apis, processed, physical_ids, f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:")
    set_as_number(aws.functions, outputs["DeliverFunctionName"])
    keys = aws.secrets.get_secret_value(SecretId=outputs["IngestKeysSecretArn"])["SecretString"]
    certificates = Certificates(state.certificates)
    functions = {"ingest": outputs["IngestFunctionName"], "deliver": outputs["DeliverFunctionName"]}
    names = [process.name for process in processes] + list(functions) + ["sam-build", "sam-deploy"]
    return Stack(
        api_url=api_urls[0],
        api_https_url=api_urls[1],
        ca_file=str(certificates.authority),
        ca_bundle_file=str(certificates.bundle),
        ingest_key=_first_key(keys),
        queue_url=outputs["QueueUrl"],
        dead_letter_queue_url=outputs["DeadLetterQueueUrl"],
        sandbox_url=sandbox_url,
        sandbox_key=sandbox_key,
        page_url=page_url,
        aws_endpoint_url=aws.endpoint_url,
        region=REGION,
        dreamdata_secret_id=outputs["DreamdataSecretArn"],
        ingest_keys_secret_id=outputs["IngestKeysSecretArn"],
        stack_name=sam.STACK_NAME,
        state_dir=str(state.path),
        started_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        source_hash=source_hash,
        outputs=outputs,
        functions=functions,
        logs={name: str(state.logs / f"{name}.log") for name in names},
        processes=processes,
    )


def _first_key(secret: str) -> str:
    return str(next(iter(json.loads(secret).values())))


def _end(state: StateDir) -> int:
    count = end_all(state.owner)
    state.stack_file.unlink(missing_ok=True)
    shutil.rmtree(state.scratch, ignore_errors=True)
    # They hold the events that were sent.
    for name in (record.NAME, witness.REQUESTS, witness.RECEIVED):
        LineFile.remove(state.path / name)
    return count


@contextmanager
def _only_one(state: StateDir) -> Iterator[None]:
    """Hold the folder's lock; a second `up` or `down` of the same stack waits here."""
    with state.lock_file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
