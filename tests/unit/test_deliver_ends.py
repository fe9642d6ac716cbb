"""What goes in is counted out: repeats, different events with one id, the last receive, and a relay that miscounts."""

import json
from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamdata_relay import metrics
from dreamdata_relay.deliver.payloads import Piece
from dreamdata_relay.deliver.progress import MessageProgress
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.responses import Answer, NoAnswer
from dreamdata_relay.deliver.unwrapped import Unwrapped
from dreamdata_relay.limits import MAX_RECEIVES
from tests.fakes.events import event, eventbridge, events, sns
from tests.fakes.queue_world import QueueWorld
from tests.fakes.relay import DEAD_LETTERS, QUEUE, DeliverBench, message

BARE = {"type": "track", "userId": "u-1", "event": "Paid"}


def delivered(bench: DeliverBench) -> list[dict[str, Any]]:
    return [one for payload in bench.endpoint.accepted for one in payload["batch"]]


def no_payload_has_an_id_twice(bench: DeliverBench) -> bool:
    return all(
        len({one["messageId"] for one in payload["batch"]}) == len(payload["batch"])
        for payload in bench.endpoint.accepted
    )


# -- repeats, and different events with one id


def test_different_events_with_one_id_are_both_delivered_in_different_payloads() -> None:
    """Senders that take an order's number as the id of all its events are common."""
    bench = DeliverBench()
    paid, shipped = event("order-1", event="Paid"), event("order-1", event="Shipped", userId="v")
    messages = [message(paid, "m1", source="http:shop"), message(shipped, "m2", source="http:stock")]
    messages.append(message({"batch": [event("other"), paid, shipped]}, "m3", source="http:shop"))
    assert bench.deliver(messages) == []
    assert sorted(one["event"] for one in delivered(bench)) == ["Paid", "Paid", "Shipped", "Shipped"]
    assert no_payload_has_an_id_twice(bench)


def test_the_same_event_of_one_source_is_a_repeat_and_of_two_is_none() -> None:
    """The same bytes from two senders are two events."""
    bench = DeliverBench()
    sources = ["http:shop", "http:shop", "http:stock", "http:stock"]
    assert bench.deliver([message(event("a"), f"m{n}", source=s) for n, s in enumerate(sources)]) == []
    assert len(delivered(bench)) == 2
    assert bench.telemetry.total(metrics.EVENTS_REPEATED) == 2


def test_a_refused_events_id_does_not_suppress_a_good_one() -> None:
    """Neither one that breaks a rule nor one that Dreamdata refuses."""
    bench = DeliverBench()
    bench.endpoint.script = lambda payload: Answer(400 if any("bad" in e for e in payload["batch"]) else 200)
    world = QueueWorld(bench)
    world.send([event("a", timestamp="soon"), event("b", bad=True), event("c")])
    world.send([event("a"), event("b")])
    world.run(until=lambda: False)
    assert sorted(one["messageId"] for one in delivered(bench)) == ["a", "b", "c"]
    assert len(bench.sqs.bodies(DEAD_LETTERS)) == 2


variants = st.lists(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2)), min_size=1, max_size=6), min_size=1, max_size=6
)


@given(variants, st.lists(st.sampled_from(["http:shop", "http:stock"]), min_size=6, max_size=6))
def test_each_event_of_each_source_arrives_once(listed: list[list[tuple[str, int]]], sources: list[str]) -> None:
    """Whatever the ids are, and however they are spread over messages."""
    bench = DeliverBench()
    messages = [
        message({"batch": [event(id_, n=n) for id_, n in one]}, f"m{number}", source=source)
        for number, (one, source) in enumerate(zip(listed, sources, strict=False))
    ]
    assert bench.deliver(messages) == []
    expected = Counter(
        pair for pair, _ in {(pair, source) for one, source in zip(listed, sources, strict=False) for pair in one}
    )
    assert Counter((one["messageId"], one["n"]) for one in delivered(bench)) == expected
    assert no_payload_has_an_id_twice(bench)


def test_thousands_of_events_with_one_id_leave_room_for_others() -> None:
    """Each needs a payload of its own; those of other senders go first."""
    bench = DeliverBench()
    bench.endpoint.clock, bench.endpoint.takes_s = bench.clock, 0.5
    messages = [message(event("test", n=n), f"m{n}") for n in range(3_000)]
    messages += [message(event(f"good-{n}"), f"good-{n}") for n in range(100)]
    failed = bench.deliver(messages)
    assert not [message_id for message_id in failed if message_id.startswith("good")]
    assert 2_900 < len(failed) < 3_000


# -- the last receive


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(503), "unavailable"),
        (NoAnswer(True, "timeout"), "ambiguous"),
        (Answer(401), "key:401"),
        (Answer(404), "configuration"),
    ],
)
@pytest.mark.parametrize("wrap", [lambda e: e, lambda e: {"batch": [e, event("own")]}, sns, eventbridge])
def test_before_its_last_receive_a_message_is_dead_lettered_with_its_reason(
    answer: Answer | NoAnswer, reason: str, wrap: Any
) -> None:
    """Complete with id and time, so that a redrive days later gives the same event."""
    bench = DeliverBench()
    bench.endpoint.script = lambda payload: answer
    world = QueueWorld(bench)
    world.send(wrap(BARE))
    world.run(until=lambda: False)
    assert world.redriven == []
    first = json.loads(bench.endpoint.requests[0][0])["batch"]
    (letter,) = bench.sqs.bodies(DEAD_LETTERS)
    (attributes,) = bench.sqs.attributes(DEAD_LETTERS)
    assert attributes["error_code"] == "out_of_tries"
    assert f"held for: {reason}" in attributes["error_detail"]

    again = DeliverBench()
    assert again.deliver([message(letter, "another-id")]) == []
    assert sorted(delivered(again), key=str) == sorted(first, key=str)


def test_what_cannot_be_dead_lettered_in_its_last_receives_waits_for_the_queue_to_do_it() -> None:
    """The dead-letter queue away, the message is not lost."""
    bench = DeliverBench()
    bench.endpoint.script = lambda payload: Answer(503)
    bench.sqs.down = lambda url: url == DEAD_LETTERS
    assert bench.deliver([message(event(), receives=MAX_RECEIVES)]) == ["m1"]


def test_a_message_does_not_outlive_the_queues_memory() -> None:
    """Retry-After may say half a day each time: 13 days come before 400 receives."""
    bench = DeliverBench()
    bench.endpoint.script = lambda payload: Answer(429, retry_after="86400")
    world = QueueWorld(bench)
    world.send(event("e1"))
    begun = bench.clock.now()
    world.run(until=lambda: False)
    assert bench.clock.now() - begun < 14 * 86_400
    assert bench.sqs.attributes(DEAD_LETTERS)[0]["error_code"] == "out_of_tries"


# -- the count


def test_a_message_whose_events_do_not_add_up_is_kept() -> None:
    """A fault of the relay's own must not delete what it lost sight of."""
    progress = MessageProgress(message({"batch": events(3)}), events=3, ended=1, waiting=[Piece(0, b"{}", ["e1"])])
    assert progress.miscounted == 1
    progress.ended += 1
    assert (progress.miscounted, progress.done, progress.partly) == (0, False, True)


@pytest.mark.parametrize("change", [-1, 1])
def test_a_wrong_count_is_held_alarmed_and_never_deleted(change: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever way it is wrong."""
    bench = DeliverBench(faulty=True)
    from dreamdata_relay.deliver import collection, message_parsing

    def miscounting(one: QueuedMessage) -> Unwrapped | None:
        found = message_parsing.unwrap_chunk(one)
        return found and msgspec.structs.replace(found, count=found.count + change)

    monkeypatch.setattr(collection, "unwrap_chunk", miscounting)
    assert bench.deliver([message('{"batch":[' + json.dumps(event()) + "]}")]) == ["m1"]
    assert bench.telemetry.total(metrics.EVENTS_MISCOUNTED) == bench.telemetry.total(metrics.UNEXPECTED_ERRORS) == 1
    (fault,) = [(text, fields) for level, text, fields in bench.telemetry.lines if level == "error"]
    assert fault == ("events do not add up, their message is kept", {"missing": change})
    assert bench.sqs.bodies(QUEUE) == []


# -- shared context


def test_an_event_too_large_with_its_context_keeps_it_while_the_dead_letter_queue_is_away() -> None:
    """Sent back without, it would be delivered without."""
    bench = DeliverBench()
    bench.sqs.down = lambda url: url == DEAD_LETTERS
    world = QueueWorld(bench)
    shared = {"a": "x" * 300_000}
    world.send({"context": shared, "batch": [event("ok"), event("big", properties={"p": "y" * 250_000})]})
    world.run(until=lambda: world.invocations >= 5)
    bench.sqs.down = lambda url: False
    world.run(until=lambda: False)
    assert [(one["messageId"], one["context"]) for one in delivered(bench)] == [("ok", shared)]
    (letter,) = map(json.loads, bench.sqs.bodies(DEAD_LETTERS))
    assert (letter["context"], [one["messageId"] for one in letter["batch"]]) == (shared, ["big"])


def test_four_receives_before_the_last_are_kept_back() -> None:
    """Three of them may be lost with the function or find no dead-letter queue; the very last one reads nothing."""
    ends = {}
    for receives in (MAX_RECEIVES - 5, MAX_RECEIVES - 4):
        bench = DeliverBench()
        bench.endpoint.script = lambda payload: Answer(503)
        ends[receives] = bench.deliver([message(event(), receives=receives)])
    assert ends == {MAX_RECEIVES - 5: ["m1"], MAX_RECEIVES - 4: []}


def test_a_message_given_out_twice_in_one_batch_has_one_end() -> None:
    bench = DeliverBench()
    assert bench.deliver([message("not JSON", "m1"), message("not JSON", "m1")]) == []
    assert bench.sqs.bodies(DEAD_LETTERS) == ["not JSON"]


def test_every_message_whose_rest_the_queue_did_not_take_comes_back() -> None:
    """Each has one event that is delivered and one that Dreamdata refuses; not one failure, but each, counts."""
    bench = DeliverBench()
    bench.endpoint.script = lambda payload: Answer(400 if any(one.get("bad") for one in payload["batch"]) else 200)
    bench.sqs.down = lambda url: url == QUEUE
    messages = [message({"batch": [event(f"a{n}"), event(f"b{n}", bad=True)]}, f"m{n}") for n in range(3)]
    assert sorted(bench.deliver(messages)) == ["m0", "m1", "m2"]
    assert sorted(one["messageId"] for one in delivered(bench)) == ["a0", "a1", "a2"]
