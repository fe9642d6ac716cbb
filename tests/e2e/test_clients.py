"""Real clients against the whole stack: what they were given arrives at Dreamdata once."""

import dataclasses
import json
import uuid
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.stack import Stack
from tests.clients.clients import CLIENTS, Client, calls_for

COUNT = 25


@pytest.mark.parametrize("client", CLIENTS, ids=[client.name for client in CLIENTS])
def test_every_event_a_client_was_given_is_delivered_once(stack: Stack, client: Client) -> None:
    run = uuid.uuid4().hex
    calls = [(kind, _renamed(arguments, run)) for kind, arguments in calls_for(client, COUNT)]

    assert _at(stack.api_url, client).run(stack.api_url, stack.ingest_key, calls) == []

    stack.sandbox.wait_for(lambda events: len(_of(run, events)) >= COUNT, 30)
    events = _of(run, stack.sandbox.events())
    assert Counter(event["userId"] for event in events) == Counter(f"{run}-{number}" for number in range(COUNT))
    for event in events:
        number = int(event["userId"].rpartition("-")[2])
        content = event.get("properties") or event.get("traits") or {}
        assert content.get("n", number) == number
        assert content.get("text", "søn 😀 \ufffe") == "søn 😀 \ufffe"


def _at(url: str, client: Client) -> Client:
    """This one resolves its path against the host alone: it is told the emulator's prefix, which AWS has none of."""
    if client.sender != "segment_node.js":
        return client
    return dataclasses.replace(client, options={"path": urlsplit(url).path + "/v1/batch"})


def _renamed(arguments: dict[str, Any], run: str) -> dict[str, Any]:
    name = "userId" if "userId" in arguments else "user_id"
    return arguments | {name: f"{run}-{arguments[name].rpartition('-')[2]}"}


def _of(run: str, events: Any) -> list[dict[str, Any]]:
    parsed = [json.loads(event.raw) for event in events]
    return [event for event in parsed if str(event.get("userId")).startswith(run)]
