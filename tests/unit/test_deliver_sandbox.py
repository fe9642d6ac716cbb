"""Scripted scenarios against the sandbox, whose rules are code of its own: the accounts agree after each."""

import email.utils
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from dreamdata_relay.adapters.dreamdata import DreamdataEndpoint
from dreamdata_relay.deliver.payload_encoding import Encoding
from local.sandbox.server import SandboxServer
from local.sandbox.service import Sandbox
from tests.fakes.events import eventbridge, events, sns
from tests.fakes.queue_world import QueueWorld
from tests.fakes.relay import DREAMDATA_KEY, DeliverBench

POST_S = 0.4
LATER = email.utils.formatdate(time.time() + 3_600, usegmt=True)
EARLIER = email.utils.formatdate(time.time() - 3_600, usegmt=True)


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(DREAMDATA_KEY)


@pytest.fixture
def url(sandbox: Sandbox) -> Iterator[str]:
    server = SandboxServer(sandbox)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server.url + "/v1/batch"
    server.shutdown()
    server.server_close()


def script(*items: dict[str, Any]) -> list[dict[str, Any]]:
    return list(items)


SCENARIOS: dict[str, list[dict[str, Any]]] = {
    "all is well": script(),
    "chosen events refused": script({"reject_message_ids": ["e3", "e77", "e500", "e501", "e2999"]}),
    "away for a while": script({"status": 503, "times": 12}),
    "too many requests, a date": script({"status": 429, "headers": {"Retry-After": LATER}, "times": 3}),
    "a date in the past": script({"status": 503, "headers": {"Retry-After": EARLIER}, "times": 5}),
    "a retry-after that is none": script({"status": 429, "headers": {"Retry-After": "soon"}, "times": 5}),
    "a smaller limit": script({"max_bytes": 150_000}),
    "a smaller limit, and refused events": script({"max_bytes": 90_000}, {"reject_message_ids": ["e9", "e2000"]}),
    "dropped connections": script({"drop": True, "times": 4}),
    "dropped after they were taken": script({"drop": True, "take": True, "times": 3}),
    "hung": script({"delay_s": 2 * POST_S, "times": 3}),
    "moved": script({"status": 302, "headers": {"Location": "http://127.0.0.1:9/"}, "times": 2}),
    "not found, then a teapot": script({"status": 404}, {"status": 418}),
    "refuses everything twice": script({"status": 400, "times": 40}),
    "every kind of trouble": script(
        {"status": 500},
        {"status": 200},
        {"status": 401},
        {"drop": True},
        {"status": 413, "times": 2},
        {"delay_s": 2 * POST_S},
        {"status": 422},
        {"status": 429, "headers": {"Retry-After": "1"}},
        {"status": 204},
        {"reject_message_ids": ["e1", "e1500"]},
    ),
}


# Beside the scenario: as the payloads go, and how the sandbox answers gzip.
ENCODINGS: dict[str, list[dict[str, Any]]] = {
    "plain": [],
    "gzip": [],
    "gzip, unknown": [{"refuse_gzip": 415}],
    "gzip, not read": [{"refuse_gzip": 400}],
}


@pytest.mark.parametrize(("parallel", "encoding"), [(1, "plain"), *((3, name) for name in ENCODINGS)])
@pytest.mark.parametrize("name", SCENARIOS)
def test_the_accounts_agree(sandbox: Sandbox, url: str, name: str, parallel: int, encoding: str) -> None:
    """Accepted = delivered + dead-lettered, exactly; nothing twice but what was taken and never answered."""
    items = [*SCENARIOS[name], *ENCODINGS[encoding]]
    sandbox.script(json.dumps(items).encode())
    # Only who waits for a time-out has a short one: a busy machine may take a moment for an answer.
    patience_s = POST_S if any(item.get("delay_s") for item in items) else 20.0
    endpoint = DreamdataEndpoint(url, patience_s / 2, patience_s / 2, parallel)
    bench = DeliverBench(
        endpoint=endpoint,  # type: ignore[arg-type]
        parallel=parallel,
        encoding=Encoding(compress=encoding != "plain"),
    )
    world = QueueWorld(bench)
    listed = events(3_000, properties={"x": "é" * 200})
    for number, at in enumerate(range(0, 3_000, 100)):
        chunk = {"batch": listed[at : at + 100]}
        world.send([chunk, listed[at : at + 100], sns(chunk), eventbridge(chunk)][number % 4])
    world.run(until=lambda: world.invocations > 80)

    recorded = json.loads(sandbox.events(0).body)
    taken = Counter(one["event"]["messageId"] for one in recorded)
    dead = Counter(world.dead_ids())
    poison = {id_ for item in items for id_ in item.get("reject_message_ids", [])}
    unanswered = any(item.get("drop") or item.get("delay_s") for item in items)
    assert (world.waiting, world.redriven) == ([], [])
    assert set(taken) | set(dead) == {one["messageId"] for one in listed}
    assert poison <= set(dead)
    assert set(taken.values()) == {1} or unanswered
    assert set(dead.values()) <= {1}
    assert not set(taken) & set(dead)
    seen = {request["encoding"] for request in json.loads(sandbox.payloads(0).body)}
    assert ("gzip" in seen) == (encoding != "plain")
    assert bench.encoding.given_up or encoding in ("plain", "gzip")


def test_a_key_rotated_at_dreamdata_is_found(sandbox: Sandbox, url: str) -> None:
    """Held until the secret has it, and then delivered once."""
    sandbox.script(b'[{"key": "rotated"}]')
    bench = DeliverBench(endpoint=DreamdataEndpoint(url, 1, 1, 1))  # type: ignore[arg-type]
    world = QueueWorld(bench)
    world.send({"batch": events(10)})
    for _ in range(3):
        world.step()
    assert len(world.waiting) == 1
    bench.secrets.text = "rotated"
    world.run(until=lambda: world.invocations > 10)
    assert world.waiting == []
    assert len(json.loads(sandbox.events(0).body)) == 10
