"""A sandbox that is served, and what a test asks it with."""

import json
from collections.abc import Iterator

import pytest

from dreamdata_relay.testing.server import SandboxServer


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    """Empty, and accepting every key."""
    with SandboxServer() as served:
        yield served


@pytest.fixture
def order() -> dict[str, object]:
    """An event as an SDK makes it."""
    text = """{"type": "track", "userId": "u-1", "event": "Order Completed", "messageId": "m-1",
               "timestamp": "2026-11-28T12:00:00+01:00", "properties": {"revenue": 99.5, "currency": "EUR"}}"""
    made: dict[str, object] = json.loads(text)
    return made
