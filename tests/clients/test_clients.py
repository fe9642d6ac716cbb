"""Real clients from their registries, changed in nothing but host and key, and others' very bytes."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dreamdata_relay.events.timestamps import to_utc
from tests.clients.clients import CLIENTS, EVERY_CLIENT, AnyClient, Client, calls_for
from tests.clients.front import Front, running_front
from tests.clients.trust import Trust
from tests.fakes.relay import RELAY_KEY

# Some SDKs wait long before they send again; a busy machine makes that longer.
pytestmark = pytest.mark.timeout(400)
ALL = pytest.mark.parametrize("client", CLIENTS, ids=[client.name for client in CLIENTS])
COUNT = 60
EVERY = pytest.mark.parametrize("client", EVERY_CLIENT, ids=[client.name for client in EVERY_CLIENT])


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    with running_front(tmp_path) as running:
        yield running


def expected(event: dict[str, Any]) -> dict[str, Any]:
    """What the contract makes of an event that a client wrote."""
    sent = {name: value for name, value in event.items() if name != "writeKey"}
    sent["timestamp"] = to_utc(event.get("timestamp") or event["originalTimestamp"])
    traits = (event.get("context") or {}).get("traits")
    if event["type"] == "identify" and "traits" not in event and traits is not None:
        sent["traits"] = traits
    return sent


def by_id(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    assert set(Counter(event["messageId"] for event in events).values()) <= {1}
    return {event["messageId"]: event for event in events}


@EVERY
def test_every_event_a_client_was_given_arrives_once_with_its_id_and_content(front: Front, client: AnyClient) -> None:
    """By https, the certificate checked."""
    trust = Trust.of_certificates(front.served.certificates)

    errors = client.run(front.served.urls["https"], RELAY_KEY, calls_for(client, COUNT), trust)

    assert errors == []
    assert {status for status, _ in front.requests} == {200}
    written, queued = by_id(front.sent(200)), by_id(front.ingest.queued())
    assert len(written) == COUNT
    assert queued == {message_id: expected(event) for message_id, event in written.items()}
    assert sorted(event["userId"] for event in queued.values()) == sorted(f"u-{n}" for n in range(COUNT))
    assert RELAY_KEY not in str(front.ingest.sqs.queues)


@ALL
def test_a_client_that_is_told_503_sends_again_and_nothing_is_twice_in_the_queue(front: Front, client: Client) -> None:
    front.failures = 1

    errors = client.run(front.served.urls["http"], RELAY_KEY, calls_for(client, 7))

    assert errors == []
    assert len(front.sent(503)) > 0
    assert by_id(front.sent(200)).keys() == by_id(front.ingest.queued()).keys()
    assert len(front.ingest.queued()) == 7


@pytest.mark.parametrize(
    "client",
    [client for client in CLIENTS if client.sender != "classic_node.js"],
    ids=[client.name for client in CLIENTS if client.sender != "classic_node.js"],
)
def test_a_wrong_key_is_an_error_to_the_client_and_not_its_end(front: Front, client: Client) -> None:
    errors = client.run(front.served.urls["http"], "wrong-key", calls_for(client, 3))

    assert errors
    assert {status for status, _ in front.requests} == {401}
    assert front.ingest.queued() == []
