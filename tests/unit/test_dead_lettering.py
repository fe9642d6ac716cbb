"""What deliver dead-letters: whole up to a size, told in one line, and kept with its reason while the queue is away."""

import json

import pytest

from dreamdata_relay.deliver.responses import Answer
from dreamdata_relay.limits import MAX_DEAD_LETTER_BYTES, MAX_RECEIVES, MAX_SQS_BYTES
from tests.fakes.events import event
from tests.fakes.relay import DEAD_LETTERS, DeliverBench, message

BAD = {"type": "no such type", "messageId": "bad"}


@pytest.mark.parametrize("body", ["not json", {"batch": [event("good"), BAD]}], ids=["whole message", "one event"])
def test_what_the_dead_letter_queue_does_not_take_says_what_it_waits_for(body: object) -> None:
    bench = DeliverBench()
    bench.sqs.down = lambda url: url == DEAD_LETTERS
    bench.deliver([message(body)])
    (line,) = [fields for _, text, fields in bench.telemetry.lines if text == "messages held"]
    assert (line["reasons"], line["events"]) == (["dead_letter"], 0 if body == "not json" else 1)


def test_one_line_tells_how_many_were_dead_lettered_and_why() -> None:
    bench = DeliverBench()
    bench.deliver([message("not json", "m1"), message({"batch": [event("good"), BAD, BAD | {"messageId": "x"}]}, "m2")])
    (line,) = [line for line in bench.telemetry.lines if line[1] == "events dead-lettered"]
    assert line == ("warning", "events dead-lettered", {"count": 3, "codes": ["message_not_json", "type_unknown"]})


def test_an_event_alone_is_shortened_and_a_message_is_kept_whole() -> None:
    """Its attributes have to fit, and what is not read holds nothing that could be named instead."""
    large = "x" * ((MAX_DEAD_LETTER_BYTES + MAX_SQS_BYTES) // 2)
    bench = DeliverBench()
    bench.deliver([message(json.dumps(event("alone") | {"x": large}), "m1"), message(large, "m2")])
    alone, whole = sorted(bench.sqs.bodies(DEAD_LETTERS), key=len)
    assert json.loads(alone)["messageId"] == "alone"
    assert (len(alone) < 250_000, whole) == (True, large)


def test_only_what_cannot_be_received_again_is_out_of_tries() -> None:
    """The others of the same invocation wait, wherever they stand in it."""
    bench = DeliverBench()
    bench.endpoint.script = lambda payload: Answer(503)
    receives = {"new": 1, "last": MAX_RECEIVES - 1, "newer": 1, "also last": MAX_RECEIVES - 1}
    messages = [message(event(name), name, receives=number) for name, number in receives.items()]
    assert sorted(bench.deliver(messages)) == ["new", "newer"]
    kept = sorted(json.loads(body)["messageId"] for body in bench.sqs.bodies(DEAD_LETTERS))
    assert kept == ["also last", "last"]
