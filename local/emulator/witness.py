"""Patch: what passes is written down for the live page, which would miss most of it between two looks.

Two files in the stack's folder: `api_requests.ndjson` has each request that an HTTP API handed to a function, with the
answer; `received.ndjson` each message that a queue handed to a function for the first time. Every way in leads through
one of these two places, and nobody who sends has to do anything for it.
"""

import base64
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.emulator.patching import replace
from local.passing_records import PassingRecords

# What `make up` marks its processes with: the stack's folder.
_FOLDER = "RELAY_LOCAL_OWNER"
REQUESTS = "api_requests.ndjson"
RECEIVED = "received.ndjson"
_UNSEEN_HEADERS = frozenset({"authorization", "cookie"})


def apply() -> None:
    """Have the emulator write down what passes, where it was started for a stack."""
    folder = os.environ.get(_FOLDER)
    if folder is None:
        return
    requests, received = PassingRecords(Path(folder) / REQUESTS), PassingRecords(Path(folder) / RECEIVED)
    replace("ministack.services.apigateway", "_invoke_lambda_proxy", lambda invoke: _with_requests(invoke, requests))
    replace("ministack.services.sqs", "_receive_messages_for_esm", lambda receive: _with_received(receive, received))


def _with_requests(invoke: Callable[..., Any], records: PassingRecords) -> Callable[..., Any]:
    async def proxy(
        integration: Any,
        api_id: Any,
        stage: Any,
        path: Any,
        method: Any,
        headers: Any,
        body: Any,
        *rest: Any,
        **named: Any,
    ) -> Any:
        at = _now()
        answer = await invoke(integration, api_id, stage, path, method, headers, body, *rest, **named)
        records.write(as_request(at, method, path, headers, body, answer[0], answer[2]))
        return answer

    return proxy


def _with_received(receive: Callable[..., Any], records: PassingRecords) -> Callable[..., Any]:
    def received(queue_url: str, *rest: Any) -> Any:
        messages = receive(queue_url, *rest)
        for message in messages:
            # What is tried again has been on the queue long enough to be seen there.
            if message["receive_count"] == 1:
                records.write({"at": _now(), "QueueUrl": queue_url, **as_message(message)})
        return messages

    return received


def as_request(
    at: str, method: str, path: str, headers: Mapping[str, str], body: bytes | None, status: int, answer: bytes
) -> dict[str, Any]:
    """A request and its answer as a record: the form that the front writes, too."""
    return {
        "at": at,
        "method": method,
        "path": path,
        "headers": {name: value for name, value in headers.items() if name.lower() not in _UNSEEN_HEADERS},
        "body_base64": base64.b64encode(body or b"").decode(),
        "status": status,
        "answer_base64": base64.b64encode(answer).decode(),
    }


def as_message(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message of the emulator's in the form in which its own endpoint shows a queue's messages."""
    attributes = (message.get("message_attributes") or {}).items()
    return {
        "MessageId": message["id"],
        "Body": message["body"],
        "MessageAttributes": {name: {"StringValue": str(value.get("StringValue", ""))} for name, value in attributes},
        "Attributes": message.get("sys") or {},
        "ReceiveCount": message["receive_count"],
        "VisibleAt": int(message["visible_at"]),
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
