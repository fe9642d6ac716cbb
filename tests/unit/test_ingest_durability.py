"""200 only when every event is durable; otherwise 503, in time, and the caller keeps them."""

import json
from typing import Any

import msgspec
import pytest

from dreamdata_relay import metrics
from dreamdata_relay.adapters.sqs import SqsQueue
from dreamdata_relay.events.batches import Batch
from dreamdata_relay.events.reading import Reading, read_events
from dreamdata_relay.ingest import parts
from dreamdata_relay.ingest.service import Response
from tests.fakes.relay import DEAD_LETTERS, QUEUE, IngestBench, http_event

GOOD = [{"type": "page", "userId": "u", "messageId": str(number), "x": "y" * 60_000} for number in range(12)]
BAD = [{"type": "none", "messageId": "bad"}]


def post(bench: IngestBench, events: list[dict[str, Any]]) -> Response:
    return bench.post({"batch": events})


@pytest.mark.parametrize("queue", [QUEUE, DEAD_LETTERS])
def test_a_queue_that_is_away_is_503_with_retry_after_and_an_answer_in_time(queue: str) -> None:
    bench = IngestBench()
    bench.sqs.down = lambda url: url == queue

    answer = post(bench, GOOD + BAD)

    assert (answer.status, answer.body["code"]) == (503, "queue_unavailable")
    assert 1 <= int(answer.headers["Retry-After"]) <= 5
    assert bench.clock.monotonic() < 7
    assert bench.telemetry.total(metrics.REQUESTS_FAILED) == 1


@pytest.mark.parametrize(("remaining_s", "until"), [(3.0, 2.5), (15.0, 6.5)])
def test_the_queue_is_tried_as_long_as_there_is_time_for_the_answer(remaining_s: float, until: float) -> None:
    bench = IngestBench()
    bench.sqs.down = lambda url: url == QUEUE
    begun = bench.clock.monotonic()

    answer = bench.intake.answer(http_event(json.dumps({"batch": GOOD})), remaining_s)

    assert answer.status == 503
    assert until - 1.0 <= bench.clock.monotonic() - begun <= until


def test_refused_events_are_kept_before_any_event_is_queued() -> None:
    bench = IngestBench()
    bench.sqs.down = lambda url: url == DEAD_LETTERS

    post(bench, GOOD + BAD)

    assert bench.sqs.bodies(QUEUE) == []
    assert bench.telemetry.total(metrics.DEAD_LETTERS_FAILED) == 1


def test_entries_that_fail_are_sent_again_and_no_others() -> None:
    bench = IngestBench()
    bench.sqs.fails_entry = lambda call, entry: call < 2 and entry["Id"] in {"3", "11"}

    answer = post(bench, GOOD)

    assert (answer.status, answer.body["accepted"]) == (200, 12)
    assert sorted(int(event["messageId"]) for event in bench.queued_events()) == list(range(12))
    assert [entries for _, entries in bench.sqs.calls] == [10, 2, 2]


def test_one_entry_that_never_succeeds_makes_it_503() -> None:
    bench = IngestBench()
    bench.sqs.fails_entry = lambda call, entry: entry["Id"] == "3"

    answer = post(bench, GOOD)

    assert (answer.status, len(bench.queued_events())) == (503, 11)
    assert bench.clock.monotonic() < 7


def test_an_outage_shorter_than_the_budget_is_not_noticed() -> None:
    bench = IngestBench()
    bench.sqs.down = lambda url: bench.clock.monotonic() < 2

    assert post(bench, GOOD + BAD).status == 200


def test_no_call_is_begun_that_could_not_end_in_time() -> None:
    bench = IngestBench()
    sends: list[float] = []

    def away(url: str) -> bool:
        sends.append(bench.clock.monotonic())
        bench.clock.advance(3.0)
        return True

    bench.sqs.down = away
    bench.intake = msgspec.structs.replace(bench.intake, queue=SqsQueue(bench.sqs, QUEUE, bench.clock, 3.0))

    assert post(bench, GOOD[:1]).status == 503
    assert max(sends) <= 3.5
    assert bench.clock.monotonic() <= 6.5


def test_with_less_time_left_than_usual_the_answer_still_comes_before_the_end() -> None:
    bench = IngestBench()
    bench.sqs.down = lambda url: True

    bench.intake.answer(http_event(json.dumps({"batch": GOOD[:1]})), 2.0)

    assert bench.clock.monotonic() < 1.5


@pytest.mark.parametrize("body", [GOOD + BAD, [GOOD[0]] * 3, [{}] * 1_500 + GOOD])
def test_a_request_with_an_event_that_has_no_end_is_never_answered_200(
    body: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of the relay loses an event in the middle of the work."""

    def forgetful(batch: Batch, *rest: Any) -> Reading:
        reading = read_events(batch, *rest)
        return Reading(reading.events[1:], reading.message_ids[1:], reading.refused, reading.repeated)

    bench = IngestBench()
    monkeypatch.setattr(parts, "read_events", forgetful)
    answer = post(bench, body)

    assert (answer.status, answer.body["code"], "Retry-After" in answer.headers) == (503, "internal", True)
    assert bench.sqs.bodies(QUEUE) == []
    assert bench.telemetry.total(metrics.UNEXPECTED_ERRORS) == 1


def test_a_part_of_a_request_that_is_never_looked_at_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = IngestBench()
    monkeypatch.setattr(Batch, "parts", lambda batch, most: iter([Batch(batch.raws[:1])]))

    assert post(bench, GOOD).status == 503


def test_what_was_taken_is_counted_under_the_name_of_the_key() -> None:
    bench = IngestBench()

    post(bench, [*GOOD, GOOD[0], *BAD])

    assert bench.telemetry.labels == [{"key": "default"}]
    assert (
        bench.telemetry.total(metrics.EVENTS_ACCEPTED),
        bench.telemetry.total(metrics.EVENTS_REPEATED),
        bench.telemetry.total(metrics.EVENTS_REFUSED),
    ) == (12, 1, 1)
