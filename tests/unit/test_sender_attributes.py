"""Attributes of the relay's own on somebody else's message change nothing that matters, and nothing for others."""

import itertools
import json
from typing import Any

import pytest

from dreamdata_relay import metrics
from dreamdata_relay.deliver.responses import Answer
from tests.fakes.events import event, events
from tests.fakes.queue_world import QueueWorld
from tests.fakes.relay import DEAD_LETTERS, DeliverBench

VALUES = [
    "0",
    "1",
    "8",
    "400",
    "-1",
    "9" * 30,
    "nan",
    "1e9",
    "x",
    "",
    "http:shop",
    "1700000000.000",
    "beside",
    "doubtful",
    "all",
]
NAMES = ["source", "splits", "first_sent_at", "receives", "refused", "error_code", "error_detail", "status", "other"]
FORGED = [
    {"splits": "8", "first_sent_at": "1700000000.000", "receives": "399", "refused": "beside", "source": "http:shop"},
    *({name: value} for name, value in itertools.product(NAMES, VALUES) if value),
]


def ends(forged: dict[str, str], script: Any) -> tuple[list[str], list[str], DeliverBench]:
    """What is delivered and dead-lettered of a message with ``forged`` and of a neighbour without."""
    bench = DeliverBench()
    bench.endpoint.script = script
    world = QueueWorld(bench)
    world.send({"batch": events(6)}, forged)
    world.send({"batch": [event("n1"), event("n2")]})
    world.run(until=lambda: world.invocations > 50)
    assert (world.waiting, world.redriven) == ([], [])
    return sorted(bench.endpoint.delivered_ids()), sorted(world.dead_ids()), bench


@pytest.mark.parametrize("forged", FORGED, ids=str)
def test_forged_attributes_change_no_events_end(forged: dict[str, str]) -> None:
    """A poison event among its own is found, its neighbours are delivered once, and so are the other sender's."""

    def script(payload: dict[str, Any]) -> Answer:
        return Answer(400 if any(one["messageId"] == "e3" for one in payload["batch"]) else 200)

    delivered, dead, bench = ends(forged, script)
    assert delivered == ["e0", "e1", "e2", "e4", "e5", "n1", "n2"]
    assert dead == ["e3"]
    (attributes,) = bench.sqs.attributes(DEAD_LETTERS)
    assert (attributes["error_code"], attributes["status"]) == ("refused_by_dreamdata", "400")


@pytest.mark.parametrize("forged", FORGED, ids=str)
def test_forged_attributes_move_no_metric_of_age(forged: dict[str, str]) -> None:
    """Alarms are on them."""
    bench = ends(forged, lambda payload: Answer(200))[2]
    assert max(bench.telemetry.values[metrics.DELIVERY_LAG.name]) < 60


def test_a_forged_refusal_costs_its_own_sender_only() -> None:
    """One transient refusal is believed of the message that asks for it."""
    answers = iter([Answer(400), Answer(400), Answer(400)])

    def script(payload: dict[str, Any]) -> Answer:
        return next(answers, Answer(200)) if "e0" in json.dumps(payload) else Answer(200)

    delivered, dead, _ = ends({"refused": "beside"}, script)
    assert {"n1", "n2"} <= set(delivered)
    assert set(dead) <= {f"e{n}" for n in range(6)}
