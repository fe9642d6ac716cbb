"""How many keys are looked for in dead letters, and in what a request's events share."""

import json

import pytest

from tests.fakes.aws import FakeSecrets
from tests.fakes.relay import DEAD_LETTERS, RELAY_KEY, DeliverBench, IngestBench, message


def test_deliver_masks_the_key_and_the_two_before_it() -> None:
    keys = [f"dreamdata-key-number-{number}" for number in range(3)]
    bench = DeliverBench()
    for key in keys:
        bench.secrets.text = json.dumps({"api_key": key})
        bench.clock.advance(300)
        bench.deliver([message({"type": "none"})])

    bench.deliver([message({"type": "none", "properties": keys})])

    letter = bench.sqs.bodies(DEAD_LETTERS)[-1]
    assert json.loads(letter)["properties"] == ["***"] * 3


def test_ingest_masks_the_key_shown_and_32_others() -> None:
    others = [f"relay-key-of-number-{number:02}" for number in range(32)]
    named = {key[-2:]: key for key in others}
    bench = IngestBench(secrets=FakeSecrets(json.dumps({"default": RELAY_KEY, **named})))

    bench.post({"batch": [{"type": "none", "properties": [RELAY_KEY, *others]}]})

    (letter,) = bench.sqs.bodies(DEAD_LETTERS)
    assert json.loads(letter)["properties"] == ["***"] * 33


def test_of_more_keys_no_more_are_looked_for() -> None:
    """Each one costs a look at every dead letter: who has hundreds must not make them too dear to write."""
    others = [f"relay-key-of-number-{number:03}" for number in range(100)]
    bench = IngestBench(secrets=FakeSecrets(json.dumps({"default": RELAY_KEY} | {key[-3:]: key for key in others})))

    bench.post({"batch": [{"type": "none", "properties": others}]})

    (letter,) = bench.sqs.bodies(DEAD_LETTERS)
    assert json.loads(letter)["properties"].count("***") == 32


@pytest.mark.parametrize("member", ["context", "integrations"])
@pytest.mark.parametrize("times", [1, 1_200])
def test_ingest_masks_what_the_events_share(member: str, times: int) -> None:
    bench = IngestBench()

    bench.post({"batch": [{"type": "none"}] * times, member: {"a": RELAY_KEY, "writeKey": "SECRETOTHER"}})

    letters = bench.sqs.bodies(DEAD_LETTERS)
    assert letters
    assert all(json.loads(letter)[member] == {"a": "***", "writeKey": "***"} for letter in letters)
