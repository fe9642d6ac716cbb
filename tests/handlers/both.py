"""Both handlers with privacy rules, one after the other, and all that they store, send, answer and print."""

import base64
import contextlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.fakes.aws import FakeSecrets
from tests.fakes.http_api import http_api_event
from tests.fakes.relay import DEAD_LETTERS, QUEUE, RELAY_KEY
from tests.fakes.server import Reaction
from tests.handlers.canaries import shown
from tests.handlers.deliver import Deliver, record, running_deliver
from tests.handlers.ingest import Ingest, running_ingest
from tests.privacy.compiled import rule, secret, text_of

INGEST_ROLE, DELIVER_ROLE = "AROAINGESTROLEID12345", "AROADELIVERROLEID1234"
PRIVACY_KEYS = "privacy-keys"
BASIC = {"authorization": "Basic " + base64.b64encode(f"{RELAY_KEY}:".encode()).decode()}


class KeysBeside(FakeSecrets):
    """A function's own secret, and the one with the keys of pseudonyms."""

    def get_secret_value(self, **asked: Any) -> dict[str, Any]:
        if asked["SecretId"] == PRIVACY_KEYS:
            return {"SecretString": secret()}
        return super().get_secret_value(**asked)


class Stack:
    """Both handlers with one file of rules; ``said`` is all that they stored, sent, answered and printed."""

    def __init__(self, ingest: Ingest, deliver: Deliver) -> None:
        self.ingest = ingest
        self.deliver = deliver
        self.printed = io.StringIO()
        self.answers: list[str] = []

    @property
    def posted(self) -> list[bytes]:
        return [request.body for request in self.deliver.server.requests]

    @property
    def letters(self) -> list[str]:
        return self.ingest.sqs.bodies(DEAD_LETTERS) + self.deliver.sqs.bodies(DEAD_LETTERS)

    def said(self) -> str:
        stored = [self.ingest.sqs.queues, self.deliver.sqs.queues]
        texts = [body for queues in stored for messages in queues.values() for body in _bodies(messages)]
        heads = [(request.line, request.headers) for request in self.deliver.server.requests]
        posts = [body.decode() for body in self.posted]
        return shown(*texts, *posts, *self.answers, self.printed.getvalue(), json.dumps(heads), json.dumps(stored))

    def request(self, path: str, body: bytes, headers: dict[str, str] | None = None) -> int:
        with contextlib.redirect_stdout(self.printed):
            answer = self.ingest.call(http_api_event("POST", path, BASIC if headers is None else headers, body))
        self.answers.append(json.dumps(answer))
        return int(answer["statusCode"])

    def hand_over(self) -> None:
        """Deliver what ingest queued, as AWS attests it."""
        sent = self.ingest.sqs.queues.get(QUEUE, [])
        records = [record(entry["MessageBody"], f"i{number}") for number, entry in enumerate(sent)]
        for one, entry in zip(records, sent, strict=True):
            one["messageAttributes"] = {
                name: {"stringValue": value["StringValue"], "dataType": "String"}
                for name, value in entry["MessageAttributes"].items()
            }
            one["attributes"]["SenderId"] = f"{INGEST_ROLE}:relay-ingest"
        self.receive(*records)

    def receive(self, *records: Any) -> None:
        with contextlib.redirect_stdout(self.printed):
            self.deliver.call(*records)


def _bodies(messages: list[dict[str, Any]]) -> Iterator[str]:
    for stored in messages:
        yield stored["MessageBody"]
        yield from (value["StringValue"] for value in stored.get("MessageAttributes", {}).values())


@contextlib.contextmanager
def running(
    rules_file: Path, *done: dict[str, Any], reactions: tuple[Reaction, ...] = (), **more: str
) -> Iterator[Stack]:
    rules_file.write_bytes(text_of(*([rule(*done)] if done else [])))
    roles = {"INGEST_ROLE_ID": INGEST_ROLE, "DELIVER_ROLE_ID": DELIVER_ROLE}
    with running_deliver(*reactions, **roles, **more) as deliver, running_ingest() as ingest:
        ingest.secrets = KeysBeside(ingest.secrets.text)
        deliver.secrets = KeysBeside(deliver.secrets.text)
        yield Stack(ingest, deliver)
