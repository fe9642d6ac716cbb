"""The Dreamdata key planted in all that deliver dead-letters: by a sender, and by Dreamdata's own answer."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.responses import Answer
from tests.fakes.aws import FakeSecrets
from tests.fakes.relay import DEAD_LETTERS, DeliverBench, ScriptedEndpoint, message
from tests.properties.test_masking import KEYS, SPELLINGS, STRANGE, planted, shows

GOOD = {"type": "page", "userId": "u", "messageId": "good", "timestamp": "2026-11-23T12:00:00.000Z"}
# What the adapter keeps of an answer.
KEPT_BYTES = 1_000

WAYS_IN: dict[str, Callable[[Any], Any]] = {
    "an event": lambda value: {"type": "none", "properties": value},
    "a batch": lambda value: {"batch": [{"type": "none"}, value, {"type": "none", "properties": value}]},
    "a batch with a context": lambda value: {"batch": [{"type": "none"}], "context": {"a": value}},
    "SNS": lambda value: {"Type": "Notification", "TopicArn": "a", "Message": json.dumps({"type": "none", "a": value})},
    "EventBridge": lambda value: {"detail-type": "a", "detail": {"type": "none", "a": value}},
    "no event": lambda value: [value, 1],
    "no JSON": lambda value: f"x {json.dumps(value)}",
}


def bench_with(key: str, script: Callable[[dict[str, Any]], Answer] = lambda payload: Answer(200)) -> DeliverBench:
    secrets = FakeSecrets(json.dumps({"api_key": key}))
    return DeliverBench(secrets=secrets, endpoint=ScriptedEndpoint(script))


def letters(bench: DeliverBench) -> list[str]:
    attributes = [value for one in bench.sqs.attributes(DEAD_LETTERS) for value in one.values()]
    return bench.sqs.bodies(DEAD_LETTERS) + attributes


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(KEYS[:3]).flatmap(lambda key: st.tuples(st.just(key), planted(key))),
    st.sampled_from(list(WAYS_IN)),
    st.booleans(),
    st.sampled_from([1, 396, 399, 400]),
)
def test_no_dead_letter_shows_the_key_whichever_way_it_came_to_a_function_cold_or_warm(
    given_: tuple[str, Any], way: str, warm: bool, receives: int
) -> None:
    key, value = given_
    bench = bench_with(key)
    if warm:
        bench.deliver([message(GOOD)])

    bench.deliver([message(WAYS_IN[way](value), receives=receives)])

    for text in letters(bench):
        assert not shows(text, key)


@pytest.mark.parametrize("way", WAYS_IN)
def test_a_cold_function_dead_letters_what_holds_the_key_without_it(way: str) -> None:
    bench = bench_with(KEYS[0])

    bench.deliver([message(WAYS_IN[way]([f"k {KEYS[0]}"]))])

    assert letters(bench)
    assert not any(KEYS[0] in text for text in letters(bench))


def test_a_key_that_was_renewed_while_nothing_was_posted_is_masked() -> None:
    bench = bench_with(KEYS[0])
    bench.deliver([message({"type": "none"})])
    bench.secrets.text = json.dumps({"api_key": KEYS[1]})
    bench.clock.advance(300)

    bench.deliver([message({"type": "none", "properties": {"old": KEYS[0], "new": KEYS[1]}})])

    assert not any(key in text for text in letters(bench) for key in KEYS[:2])


def test_a_secret_that_cannot_be_read_keeps_no_dead_letter_back() -> None:
    bench = bench_with(KEYS[0])
    bench.secrets.down = True

    assert bench.deliver([message({"type": "none", "writeKey": [[STRANGE]]})]) == []

    assert bench.sqs.bodies(DEAD_LETTERS) == ['{"type": "none", "writeKey": []}']


def refused_with(answer: str, key: str) -> list[str]:
    """What is dead-lettered of an event that Dreamdata refuses with ``answer``."""
    start = answer.encode()[:KEPT_BYTES]

    def script(payload: dict[str, Any]) -> Answer:
        return Answer(400, None, start) if any(e["messageId"] == "bad" for e in payload["batch"]) else Answer(200)

    bench = bench_with(key, script)
    bad: QueuedMessage = as_own(message(GOOD | {"messageId": "bad"}, "mb", 3, refused="beside"))
    bench.deliver([message(GOOD, "mg"), bad])
    found = letters(bench)
    assert found
    return found


def as_own(one: QueuedMessage) -> QueuedMessage:
    """As the relay's own message: it may say that its event was refused before."""
    return QueuedMessage(one.message_id, one.receipt_handle, one.body, one.receives, one.sent_at, one.attributes, True)


@pytest.mark.parametrize("name", SPELLINGS)
def test_an_answer_that_echoes_the_key_shows_none_of_it_wherever_it_was_cut(name: str) -> None:
    key = KEYS[2]
    spelled = json.dumps(SPELLINGS[name](key))
    for kept in range(1, len(spelled.encode()) + 8, 3):
        for text in refused_with("x" * (KEPT_BYTES - kept) + spelled, key):
            assert not shows(text, key[:5])
