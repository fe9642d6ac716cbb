"""The stack that is up, as every tool sees it: where things are, the keys, and what lies where.

`Stack.load()` is the way in for the samples, the end-to-end tests, and any tool that comes later.
"""

import dataclasses
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import urllib3

from local.aws import Aws
from local.commands import make
from local.errors import LocalError
from local.places import StateDir
from local.processes import Background
from local.sandbox_client import SandboxClient
from local.servers import is_healthy


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message as it lies on a queue, looked at without receiving it.

    attributes: the message attributes' string values. receive_count: how often it was received. visible_at: seconds
    since the epoch from which on it can be received. sent_at: seconds since the epoch.
    """

    message_id: str
    body: str
    attributes: Mapping[str, str]
    receive_count: int
    visible_at: int
    sent_at: float = 0.0

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> "QueuedMessage":
        """The message that the emulator shows as `item`."""
        attributes = {name: value.get("StringValue", "") for name, value in item["MessageAttributes"].items()}
        sent_at = int(item["Attributes"].get("SentTimestamp") or 0) / 1000
        return cls(item["MessageId"], item["Body"], attributes, item["ReceiveCount"], item["VisibleAt"], sent_at)


@dataclass(frozen=True)
class Stack:
    """One local stack that is up; the members without a comment are the public contract of `stack.json`."""

    api_url: str  # base to which /v1/batch is appended: the front, by http
    api_https_url: str  # the same by https
    ca_file: str  # the authority that vouches for it, for clients that trust it beside the usual ones
    ca_bundle_file: str  # it and the usual ones, for clients that take one file for all
    ingest_key: str
    queue_url: str
    dead_letter_queue_url: str
    sandbox_url: str
    sandbox_key: str
    page_url: str  # of the live page
    aws_endpoint_url: str
    region: str
    dreamdata_secret_id: str
    ingest_keys_secret_id: str
    stack_name: str
    state_dir: str  # the folder of this stack's files
    started_at: str  # UTC, ISO 8601
    source_hash: str  # of the sources it was built from
    outputs: Mapping[str, str]  # of the CloudFormation stack
    functions: Mapping[str, str]  # "ingest" and "deliver": the functions' names
    logs: Mapping[str, str]  # by process and function: the log's path
    processes: tuple[Background, ...]

    @classmethod
    def load(cls, state: StateDir | None = None) -> "Stack":
        """The stack of `state` (by default the project's own); raises LocalError when none is up."""
        folder = state or StateDir.default()
        stack = cls.find(folder)
        if stack is None:
            raise LocalError(f"no local stack is up; start one with: {make(folder, 'up')}")
        return stack

    @classmethod
    def find(cls, state: StateDir) -> "Stack | None":
        """The stack that `state` describes, alive or not; None when there is none. Raises LocalError on a bad file."""
        try:
            content = json.loads(state.stack_file.read_bytes())
            processes = tuple(Background(**process) for process in content.pop("processes"))
            return cls(**content, processes=processes)
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise LocalError(f"{state.stack_file} cannot be read; end the stack with: {make(state, 'down')}") from error

    def save(self) -> None:
        """Write the stack file, whole or not at all, readable by its owner only: it holds the keys."""
        target = self.state.stack_file
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".stack-", suffix=".json")
        with os.fdopen(handle, "w") as file:
            json.dump(dataclasses.asdict(self), file, indent=2)
            file.write("\n")
        Path(name).replace(target)

    @property
    def state(self) -> StateDir:
        """The folder of this stack's files."""
        return StateDir(Path(self.state_dir))

    @cached_property
    def aws(self) -> Aws:
        """boto3 clients for this stack's emulator."""
        return Aws(self.aws_endpoint_url)

    @cached_property
    def sandbox(self) -> SandboxClient:
        """The stand-in for Dreamdata."""
        return SandboxClient(self.sandbox_url)

    def dead_process(self) -> Background | None:
        """A process that should run and does not, or None."""
        return next((process for process in self.processes if not process.is_alive()), None)

    def check(self) -> None:
        """Raise LocalError, naming the log, when one of the stack's processes has ended."""
        if dead := self.dead_process():
            raise LocalError(
                f"the {dead.name} has ended; its log: {dead.log} (start again with: {make(self.state, 'down up')})"
            )

    def is_healthy(self) -> bool:
        """Whether all processes run and the relay answers through its API."""
        return self.dead_process() is None and is_healthy(f"{self.api_url}/v1/health")

    def messages(self, queue_url: str) -> list[QueuedMessage]:
        """All messages on a queue, hidden ones too. Nothing is received: counts and visibility stay what they are."""
        url = f"{self.aws_endpoint_url}/_ministack/sqs/messages"
        try:
            answer = urllib3.request("GET", url, fields={"QueueUrl": queue_url}, retries=False, timeout=120.0).json()
        except urllib3.exceptions.HTTPError as error:
            self.check()
            raise LocalError(f"the emulator at {self.aws_endpoint_url} does not answer: {error}") from error
        # By account, by region, by queue.
        queues = [queue for regions in answer["messages"].values() for queue in regions.values()]
        return [QueuedMessage.of(item) for queue in queues for messages in queue.values() for item in messages]

    def queued(self) -> list[QueuedMessage]:
        """What waits for delivery, or is being delivered."""
        return self.messages(self.queue_url)

    def dead_letters(self) -> list[QueuedMessage]:
        """What lies in the dead-letter queue; `attributes` has `error_code`, `error_detail`, `source`, `status`."""
        return self.messages(self.dead_letter_queue_url)

    def put_dreamdata_key(self, key: str) -> None:
        """Put another API key into the relay's Dreamdata secret, as its owner would."""
        self.aws.secrets.put_secret_value(SecretId=self.dreamdata_secret_id, SecretString=json.dumps({"api_key": key}))
