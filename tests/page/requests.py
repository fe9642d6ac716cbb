"""Requests as the front and the emulator write them down."""

import json
from typing import Any

from local.emulator.witness import as_request


def record(path: str, body: bytes, answer: dict[str, Any] | None = None, status: int = 200, **headers: str) -> bytes:
    """The line of a request that was answered with `answer`."""
    told = json.dumps(answer or {"success": True, "accepted": 1, "rejected": []}).encode()
    at = "2026-02-02T02:02:02.000Z"
    return json.dumps(as_request(at, "POST", path, {"user-agent": "sdk/1", **headers}, body, status, told)).encode()
