"""Requests as the front and the emulator write them down."""

import json
from datetime import UTC, datetime
from typing import Any

from local.front.record import Exchange


def record(path: str, body: bytes, answer: dict[str, Any] | None = None, status: int = 200, **headers: str) -> bytes:
    """The line of a request that was answered with `answer`."""
    told = json.dumps(answer or {"success": True, "accepted": 1, "rejected": []}).encode()
    at = datetime(2026, 2, 2, 2, 2, 2, tzinfo=UTC)
    return Exchange(at, "id", "POST", path, {"user-agent": "sdk/1", **headers}, body, status, told).line()
