"""Patch: what passes is written down for the live page, which would miss most of it between two looks.

Two files in the stack's folder: `api_requests.ndjson` has each request that an HTTP API handed to a function, with the
answer, as the front's record has those that came to the front; `received.ndjson` each message that a queue handed to a
function for the first time. Every way in leads through one of these, and nobody who sends has to do anything for it.
"""

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.emulator.patching import replace
from local.front.record import Exchange
from local.line_file import LineFile

# What `make up` marks its processes with: the stack's folder.
_FOLDER = "RELAY_LOCAL_OWNER"
REQUESTS = "api_requests.ndjson"
RECEIVED = "received.ndjson"


def apply() -> None:
    """Have the emulator write down what passes, where it was started for a stack."""
    folder = os.environ.get(_FOLDER)
    if folder is None:
        return
    requests, received = LineFile(Path(folder) / REQUESTS), LineFile(Path(folder) / RECEIVED)
    replace("ministack.services.apigateway", "_invoke_lambda_proxy", lambda invoke: _with_requests(invoke, requests))
    replace("ministack.services.sqs", "_receive_messages_for_esm", lambda receive: _with_received(receive, received))


def _with_requests(invoke: Callable[..., Any], record: LineFile) -> Callable[..., Any]:
    async def proxy(*request: Any, **named: Any) -> Any:
        at = datetime.now(UTC)
        answer = await invoke(*request, **named)
        _integration, _api_id, _stage, path, method, headers, body, *_ = request
        lower = {name.lower(): value for name, value in headers.items()}
        _add(record, Exchange(at, "", method, path, lower, body or b"", answer[0], answer[2]).line())
        return answer

    return proxy


def _with_received(receive: Callable[..., Any], record: LineFile) -> Callable[..., Any]:
    def received(queue_url: str, *rest: Any) -> Any:
        messages = receive(queue_url, *rest)
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        for message in messages:
            # What is tried again has been on the queue long enough to be seen there.
            if message["receive_count"] == 1:
                _add(record, json.dumps({"at": now, "QueueUrl": queue_url, **as_message(message)}).encode() + b"\n")
        return messages

    return received


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


def _add(record: LineFile, line: bytes) -> None:
    # A disk that is full must keep nothing from passing.
    with suppress(OSError):
        record.add(line)
