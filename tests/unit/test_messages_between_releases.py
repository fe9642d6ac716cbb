"""An upgrade or a rollback under traffic: what one version has queued, the other delivers."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.relay import QUEUE, DeliverBench, IngestBench, message

FILES = sorted((Path(__file__).parent / "releases").glob("messages_*.json"))
QUEUED: list[dict[str, Any]] = [each for file in FILES for each in json.loads(file.read_text())["messages"]]
# What version 0.1.0 reads of a message beside its body; an attribute that it does not know it leaves alone.
KNOWN_ATTRIBUTES = {"error_code", "error_detail", "first_sent_at", "source", "splits", "status"}


@pytest.mark.parametrize("queued", QUEUED, ids=[each["what"] for each in QUEUED])
def test_what_an_earlier_version_has_queued_is_delivered(queued: dict[str, Any]) -> None:
    """Every event, under the id that it had."""
    bench = DeliverBench()
    assert bench.deliver([message(queued["body"], **queued["attributes"])]) == []
    assert bench.endpoint.delivered_ids() == queued["ids"]


def test_an_attribute_of_a_later_version_is_left_alone() -> None:
    """A rollback meets messages of the version after."""
    bench = DeliverBench()
    assert bench.deliver([message(QUEUED[0]["body"], tomorrow="something", source="http:default")]) == []
    assert bench.endpoint.delivered_ids() == QUEUED[0]["ids"]


def test_what_is_queued_now_is_what_the_first_version_reads() -> None:
    """Chunks of events, and attributes that it knows or can do without."""
    bench = IngestBench()
    assert bench.post({"batch": [{"type": "page", "userId": "u", "context": {"locale": "da"}}]}).status == 200
    (entry,) = bench.sqs.queues[QUEUE]
    assert entry.get("MessageAttributes", {}).keys() <= KNOWN_ATTRIBUTES
    body = json.loads(entry["MessageBody"])
    assert body.keys() == {"batch"}
    assert body["batch"][0]["type"] == "page"
