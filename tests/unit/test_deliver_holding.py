"""Holding: what waits comes back in time, and nothing else is touched; test_deliver_outages.py has days of it."""

import json
from collections.abc import Sequence

import msgspec
import pytest

from dreamdata_relay import metrics
from dreamdata_relay.adapters.sqs import SqsQueue
from dreamdata_relay.deliver.message_parsing import unwrap_slowly
from dreamdata_relay.deliver.progress import MessageProgress
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.responses import Answer, Hold, NoAnswer
from dreamdata_relay.deliver.unwrapped import Unwrapped
from dreamdata_relay.secrets.keys import PLACEHOLDER
from tests.fakes.events import event
from tests.fakes.relay import DEAD_LETTERS, QUEUE, DeliverBench, message

THREE_DAYS_S = 3 * 86_400.0
UNAVAILABLE = [408, 425, 429, 500, 502, 503, 504, 599]


def answering(answer: Answer | NoAnswer) -> DeliverBench:
    bench = DeliverBench()
    bench.endpoint.script = lambda payload: answer
    return bench


@pytest.mark.parametrize("status", UNAVAILABLE)
def test_an_unavailable_dreamdata_is_tried_three_times_in_place_and_then_left(status: int) -> None:
    """With waits between, of the same events under the same ids; then the queue waits, which costs nothing."""
    bench = answering(Answer(status))
    assert bench.deliver([message({"batch": [event()]})]) == ["m1"]
    assert len(bench.endpoint.requests) == 3
    assert len({json.loads(body)["messageId"] for body, _ in bench.endpoint.requests}) == 1
    assert len(bench.clock.slept) == 2
    assert bench.sqs.visibility == [("receipt-m1", 22)]


@pytest.mark.parametrize("answer", [NoAnswer(sent=True, reason="timeout"), Answer(301), Answer(404), Answer(410)])
def test_what_may_have_arrived_or_is_misconfigured_is_not_tried_again_in_place(answer: Answer | NoAnswer) -> None:
    """One post, then the queue."""
    bench = answering(answer)
    assert bench.deliver([message({"batch": [event()]})]) == ["m1"]
    assert len(bench.endpoint.requests) == 1


@pytest.mark.parametrize(("receives", "seconds"), [(1, 22), (2, 45), (3, 90), (6, 720), (7, 1350), (395, 1350)])
def test_the_hold_doubles_up_to_half_an_hour(receives: int, seconds: int) -> None:
    """Per message, by its own receives; the bench's jitter is a half."""
    bench = answering(Answer(503))
    bench.deliver([message({"batch": [event()]}, receives=receives)])
    assert bench.sqs.visibility == [("receipt-m1", seconds)]


def test_a_retry_after_that_is_too_long_to_wait_for_in_place_is_the_hold() -> None:
    """One post; the message is hidden for as long as Dreamdata said."""
    bench = answering(Answer(429, retry_after="600"))
    bench.deliver([message({"batch": [event()]})])
    ((_, seconds),) = bench.sqs.visibility
    assert (len(bench.endpoint.requests), 600 <= seconds <= 631) == (1, True)


def test_a_short_retry_after_is_waited_for_in_place() -> None:
    """Two seconds are worth it."""
    answers = iter([Answer(429, retry_after="2"), Answer(200)])
    bench = DeliverBench()
    bench.endpoint.script = lambda payload: next(answers)
    assert bench.deliver([message({"batch": [event()]})]) == []
    assert bench.clock.slept == [2.0]


def test_after_the_first_hold_the_other_payloads_are_not_tried() -> None:
    """They wait for the same reason, but cannot have arrived."""
    bench = answering(NoAnswer(sent=True, reason="timeout"))
    bodies = [{"batch": [event(f"e{n}", x="y" * 300_000)]} for n in range(4)]
    assert len(bench.deliver([message(body, f"m{n}") for n, body in enumerate(bodies)])) == 4
    assert len(bench.endpoint.requests) == 1
    assert bench.telemetry.total(metrics.EVENTS_AMBIGUOUS) == 1
    assert bench.telemetry.total(metrics.EVENTS_HELD) == 4


def test_delivered_messages_are_never_reported_as_failed() -> None:
    """Only those of the payload that failed, and those after it."""
    answers = iter([Answer(200), Answer(404)])
    bench = DeliverBench()
    bench.endpoint.script = lambda payload: next(answers)
    bodies = [{"batch": [event(f"e{n}", x="y" * (300_000 - n))]} for n in range(3)]
    assert bench.deliver([message(body, f"m{n}") for n, body in enumerate(bodies)]) == ["m1", "m2"]


def test_visibility_that_cannot_be_set_changes_nothing_else() -> None:
    """Those messages return after the queue's own time-out."""
    bench = answering(Answer(503))
    bench.sqs.down = lambda url: True
    assert bench.deliver([message({"batch": [event()]}), message({"batch": [event("e2")]}, "m2")]) == ["m1", "m2"]
    assert bench.telemetry.total(metrics.HOLDS_FAILED) == 2


def test_thousands_of_messages_are_held_within_the_time_kept_back() -> None:
    """Ten a call, several calls at a time."""
    bench = answering(Answer(503))
    messages = [message({"batch": [event(f"e{n}")]}, f"m{n}") for n in range(10_000)]
    assert len(bench.deliver(messages)) == 10_000
    assert len({handle for handle, _ in bench.sqs.visibility}) == 10_000


# -- the deadline


@pytest.mark.parametrize("remaining_s", [0.0, 5.0, 27.0])
def test_nothing_is_posted_that_could_not_end_in_time(remaining_s: float) -> None:
    """The longest post, and then the settling, must fit what remains."""
    bench = DeliverBench()
    assert bench.deliver([message({"batch": [event()]})], remaining_s) == ["m1"]
    assert bench.endpoint.requests == []
    assert bench.telemetry.lines[-1][2]["reasons"] == ["time"]


@pytest.mark.parametrize("remaining_s", [5.0, 30.0])
def test_all_that_is_said_to_the_queue_is_said_half_a_second_before_the_end(remaining_s: float) -> None:
    """The rest is for the answer and the log line."""
    bench = answering(Answer(503))
    deadlines: list[float] = []

    class Recorded(SqsQueue):
        def hold(self, receipts: Sequence[tuple[str, int]], deadline: float) -> int:
            deadlines.append(deadline - started)
            return super().hold(receipts, deadline)

    bench.deliverer = msgspec.structs.replace(bench.deliverer, held=Recorded(bench.sqs, QUEUE, bench.clock))
    started = bench.clock.monotonic()

    bench.deliver([message({"batch": [event()]})], remaining_s)

    assert deadlines == [pytest.approx(remaining_s - 0.5)]


def test_slow_answers_leave_the_remainder_on_the_queue() -> None:
    """17 s each: two fit a minute, the others are held, the two are done."""
    bench = DeliverBench()
    bench.endpoint.clock, bench.endpoint.takes_s = bench.clock, 17.0
    bodies = [{"batch": [event(f"e{n}", x="y" * (300_000 - n))]} for n in range(6)]
    started = bench.clock.monotonic()
    assert bench.deliver([message(body, f"m{n}") for n, body in enumerate(bodies)]) == ["m2", "m3", "m4", "m5"]
    assert bench.clock.monotonic() - started <= 50
    assert bench.endpoint.delivered_ids() == ["e0", "e1"]


def test_a_retry_that_could_not_end_in_time_is_not_begun() -> None:
    """The wait counts, too."""
    bench = answering(Answer(503))
    bench.endpoint.clock, bench.endpoint.takes_s = bench.clock, 17.0
    bench.deliver([message({"batch": [event()]})])
    assert len(bench.endpoint.requests) == 2


# -- faults of our own


def test_a_fault_while_posting_holds_its_own_payload_only() -> None:
    """The others are delivered, and stay so."""
    bench = DeliverBench(faulty=True)

    def script(payload: dict[str, object]) -> Answer:
        if "bad" in json.dumps(payload):
            raise RuntimeError("secret content")
        return Answer(200)

    bench.endpoint.script = script
    bodies = [{"batch": [event(name, x="y" * size)]} for name, size in (("bad", 300_000), ("good", 299_999))]
    assert bench.deliver([message(body, f"m{n}") for n, body in enumerate(bodies)]) == ["m0"]
    assert bench.telemetry.total(metrics.UNEXPECTED_ERRORS) == 1
    [fault] = [(text, fields) for level, text, fields in bench.telemetry.lines if level == "error"]
    assert fault == (
        "posting failed",
        {"error": "RuntimeError", "place": f"{__name__}:{script.__code__.co_firstlineno + 2}"},
    )
    # They may have gone out before the fault.
    assert bench.telemetry.total(metrics.EVENTS_AMBIGUOUS) == 1
    assert "secret content" not in repr(bench.telemetry.lines)


def test_a_fault_while_reading_holds_its_own_message_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a message does to the reader."""

    def failing(one: QueuedMessage, most_merged: int) -> Unwrapped:
        if one.message_id == "m0":
            raise ZeroDivisionError("secret content")
        return unwrap_slowly(one, most_merged)

    monkeypatch.setattr("dreamdata_relay.deliver.collection.unwrap_slowly", failing)
    bench = DeliverBench(faulty=True)
    assert bench.deliver([message({"batch": [event(f"e{n}")]}, f"m{n}") for n in range(2)]) == ["m0"]
    assert bench.endpoint.delivered_ids() == ["e1"]
    (fault,) = [(text, fields["error"]) for level, text, fields in bench.telemetry.lines if level == "error"]
    assert fault == ("a message could not be read", "ZeroDivisionError")
    (held,) = [fields for _, text, fields in bench.telemetry.lines if text == "messages held"]
    assert held["reasons"] == ["error"]
    assert "secret content" not in repr(bench.telemetry.lines)


# -- a key that is withdrawn


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "DecryptionFailure"])
def test_a_key_that_is_withdrawn_is_used_no_more_and_the_events_wait(code: str) -> None:
    bench = DeliverBench()
    bench.deliver([message({"type": "page", "userId": "u", "messageId": "first"})])
    bench.secrets.down, bench.secrets.code = True, code
    bench.clock.advance(299)

    held = bench.deliver([message({"type": "page", "userId": "u", "messageId": "second"}, "m2")])

    assert (held, bench.endpoint.delivered_ids()) == (["m2"], ["first"])
    assert bench.sqs.bodies(DEAD_LETTERS) == []
    bench.secrets.down = False
    bench.clock.advance(60)
    assert bench.deliver([message({"type": "page", "userId": "u", "messageId": "second"}, "m2")]) == []


@pytest.mark.parametrize("afters", [(5.0, 50.0, None), (50.0, 5.0), (None, 50.0, 5.0)])
def test_the_longest_retry_after_of_all_that_was_answered_holds_a_message(afters: tuple[float | None, ...]) -> None:
    progress = MessageProgress(message(event()))
    for after in afters:
        progress.held_for(Hold("unavailable", after=after))
    assert progress.hold == Hold("unavailable", after=50.0)


def test_a_secret_that_holds_no_key_is_asked_for_every_five_seconds_at_most() -> None:
    """However many messages wait for it."""
    bench = DeliverBench()
    bench.secrets.text = PLACEHOLDER
    for _ in range(11):
        assert bench.deliver([message({"type": "page", "userId": "u"})]) == ["m1"]
        bench.clock.advance(1)

    # At the start, doubted at once, and once six seconds later.
    assert bench.secrets.fetches == 3
