"""Requests as the front and the emulator write them down."""

import json
from datetime import UTC, datetime
from typing import Any

from local.front.record import Exchange


def record(
    path: str, body: bytes, answer: dict[str, Any] | None = None, status: int = 200, agent: str = "sdk/1"
) -> bytes:
    """The line of a request that was answered with `answer`."""
    told = json.dumps(answer or {"success": True, "accepted": 1, "rejected": []}).encode() if status != 502 else b"{"
    at = datetime(2026, 2, 2, 2, 2, 2, tzinfo=UTC)
    return Exchange(at, "id", "POST", path, {"user-agent": agent}, body, status, told).line()
