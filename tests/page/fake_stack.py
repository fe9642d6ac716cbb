"""A stack whose queues are lists, beside a real sandbox: for the observer's own tests."""

import base64
import json
import threading
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import urllib3

from local.errors import LocalError
from local.sandbox.server import SandboxServer
from local.sandbox.service import Sandbox
from local.sandbox_client import SandboxClient
from local.stack import QueuedMessage, Stack

KEY = "sandbox-key"


class Now:
    """A clock that is set."""

    seconds = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds


def queued(name: str, receives: int = 0, visible_at: int = 1_000_000) -> QueuedMessage:
    body = json.dumps({"type": "identify", "messageId": name, "userId": "u", "timestamp": "2020-01-01T00:00:00.000Z"})
    return QueuedMessage(f"sqs-{name}", body, {"source": "http:shop"}, receives, visible_at, 999_999.0)


class FakeStack:
    """What the observer asks of a stack. `asked`: the queues looked at; `ended`: a process that has ended."""

    queue_url, dead_letter_queue_url = "queue", "dead"
    dreamdata_secret_id, ingest_keys_secret_id = "dreamdata", "relay"
    ingest_key, sandbox_key = "relay-key", KEY
    api_url = "http://127.0.0.1:1"
    outputs: Mapping[str, str] = {"PrivacyKeysSecretArn": "privacy"}

    def __init__(self, folder: Path) -> None:
        self._server = SandboxServer(Sandbox(KEY))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.sandbox = SandboxClient(self._server.url)
        self.state_dir = str(folder)
        self.log = folder / "deliver.log"
        self.logs = {"deliver": str(self.log)}
        self.messages: dict[str, list[QueuedMessage]] = {"queue": [], "dead": []}
        self.asked: list[str] = []
        self.ended = ""
        self.away: Exception | None = None
        self.aws = SimpleNamespace(sqs=self, secrets=self)
        self.secrets = {"dreamdata": json.dumps({"api_key": KEY}), "relay": json.dumps({"default": self.ingest_key})}

    @property
    def as_stack(self) -> Stack:
        """It, for those who want a Stack."""
        return cast("Stack", self)

    def end(self) -> None:
        """End the sandbox."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def deliver(self, *message_ids: str) -> urllib3.BaseHTTPResponse:
        """Post events to the sandbox, as deliver does; its answer."""
        usual = {"type": "identify", "userId": "u", "timestamp": "2020-01-01T00:00:00Z"}
        return self.deliver_events(*({**usual, "messageId": id_} for id_ in message_ids))

    def deliver_events(self, *events: dict[str, Any]) -> urllib3.BaseHTTPResponse:
        """Post these events to the sandbox; its answer."""
        body = json.dumps({"messageId": "p", "sentAt": "2020-01-01T00:00:00.000Z", "batch": events})
        basic = base64.b64encode(f"{KEY}:".encode()).decode()
        headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/json"}
        return urllib3.request(
            "POST", f"{self.sandbox.url}/v1/batch", body=body.encode(), headers=headers, retries=False
        )

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:
        """SQS's."""
        if self.away:
            raise self.away
        return {"Attributes": {AttributeNames[0]: str(len(self.messages[QueueUrl])), AttributeNames[1]: "0"}}

    def get_secret_value(self, SecretId: str) -> dict[str, Any]:
        """Secrets Manager's."""
        if self.away:
            raise self.away
        return {"SecretString": self.secrets[SecretId]}

    def queued(self) -> list[QueuedMessage]:
        """A look at the queue."""
        self.asked.append("queue")
        return list(self.messages["queue"])

    def dead_letters(self) -> list[QueuedMessage]:
        """A look at the dead letters."""
        self.asked.append("dead")
        return list(self.messages["dead"])

    def check(self) -> None:
        """Raise LocalError when a process has ended."""
        if self.ended:
            raise LocalError(f"the {self.ended} has ended")
