"""The deliver handler as Lambda calls it: records, connections, deadlines, keys, logs and metrics."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

import deliver_handler
from dreamdata_relay import metrics
from tests.fakes.events import event, events, sns
from tests.fakes.relay import DEAD_LETTERS, DREAMDATA_KEY, QUEUE
from tests.fakes.server import Reaction
from tests.handlers.deliver import Deliver, record, running_deliver
from tests.patience import LONGEST_S

GOOD = {"batch": [event("good")]}


@pytest.fixture
def deliver() -> Iterator[Deliver]:
    with running_deliver() as running:
        yield running


def emitted(printed: str) -> dict[str, list[Any]]:
    """The metrics in what was printed, by name."""
    found: dict[str, list[Any]] = {}
    for line in printed.splitlines():
        value = json.loads(line)
        for group in value.get("_aws", {}).get("CloudWatchMetrics", []):
            for metric in group["Metrics"]:
                found.setdefault(metric["Name"], []).extend(value[metric["Name"]])
    return found


def test_events_arrive_and_nothing_comes_back(deliver: Deliver) -> None:
    assert deliver.call(record(GOOD), record({"batch": events(3)}, "m2")) == []
    assert deliver.delivered() == ["e0", "e1", "e2", "good"] or deliver.delivered() == ["good", "e0", "e1", "e2"]


def test_the_setting_makes_gzip_of_payloads_until_it_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Across invocations: what one has found out, the next one of the environment knows."""
    with running_deliver(Reaction(), Reaction(415), PAYLOAD_COMPRESSION="gzip") as deliver:
        for name in ("m1", "m2", "m3"):
            assert deliver.call(record({"batch": [event(name)]}, name)) == []
        seen = [(request.headers.get("content-encoding"), request.body[:1]) for request in deliver.server.requests]
    assert seen == [("gzip", b"\x1f"), ("gzip", b"\x1f"), (None, b"{"), (None, b"{")]
    assert emitted(capsys.readouterr().out)[metrics.COMPRESSION_GIVEN_UP.name] == [1, 1]


def test_the_connection_outlives_the_invocation(deliver: Deliver) -> None:
    for number in range(3):
        assert deliver.call(record({"batch": [event(f"e{number}")]})) == []
    assert (len(deliver.server.requests), deliver.server.connections) == (3, 1)


@pytest.mark.parametrize("empty", [{}, {"Records": []}, {"Records": None}])
def test_an_event_without_records_is_answered_with_a_list(deliver: Deliver, empty: Any) -> None:
    assert deliver_handler.handler(empty, None) == {"batchItemFailures": []}


BROKEN = [
    {"messageId": "bad"},
    {"messageId": "bad", "receiptHandle": "r"},
    {"messageId": "bad", "receiptHandle": "r", "body": None},
    {"messageId": "bad", "receiptHandle": "r", "body": {"batch": []}},
    {**record(GOOD, "bad"), "attributes": {"ApproximateReceiveCount": "many"}},
    {**record(GOOD, "bad"), "attributes": {"SentTimestamp": "yesterday"}},
    {**record(GOOD, "bad"), "attributes": [1]},
    {**record(GOOD, "bad"), "messageAttributes": {"source": "text"}},
]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_record_that_cannot_be_read_fails_only_itself(deliver: Deliver, broken: Any) -> None:
    assert deliver.call(record(GOOD, "m1"), broken) == ["bad"]
    assert deliver.delivered() == ["good"]


@pytest.mark.parametrize("nameless", [None, "text", 7, {}, {"messageId": ""}, {"messageId": 7}])
def test_a_record_without_an_id_does_not_bring_back_its_neighbours(deliver: Deliver, nameless: Any) -> None:
    assert deliver.call(nameless, record(GOOD)) == []
    assert deliver.delivered() == ["good"]


def test_a_record_without_attributes_is_a_first_receive(deliver: Deliver) -> None:
    assert deliver.call({"messageId": "m1", "receiptHandle": "r1", "body": json.dumps(GOOD)}) == []


def test_attributes_that_are_no_text_are_left_out(deliver: Deliver) -> None:
    binary = {**record("not json"), "messageAttributes": {"source": {"binaryValue": "AA==", "dataType": "Binary"}}}
    assert deliver.call(binary) == []
    assert deliver.sqs.attributes(DEAD_LETTERS)[0]["source"] == "queue"


def test_a_setting_that_is_missing_brings_all_messages_back_with_one_clear_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with running_deliver(QUEUE_URL="") as deliver:
        assert deliver.call(record(GOOD, "m1"), record(GOOD, "m2")) == ["m1", "m2"]
    lines = [line for line in capsys.readouterr().out.splitlines() if "unexpected error" in line]
    assert [json.loads(line)["detail"] for line in lines] == ["QUEUE_URL is not set"]


def test_a_fault_of_the_telemetry_does_not_bring_back_what_was_delivered(
    deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(self: object) -> None:
        raise OSError("no standard output")

    monkeypatch.setattr("dreamdata_relay.adapters.telemetry.PowertoolsTelemetry.flush", failing)
    assert deliver.call(record(GOOD)) == []


# -- deadlines; test_deliver_slow_answers.py has those that wait for one


def test_nothing_is_posted_near_the_end_of_the_function_s_time(deliver: Deliver) -> None:
    assert deliver.call(record(GOOD), remaining_s=20) == ["m1"]
    assert deliver.server.connections == 0


# -- the key


@pytest.mark.parametrize("secret", [DREAMDATA_KEY, f" {DREAMDATA_KEY}\n", json.dumps({"api_key": DREAMDATA_KEY})])
def test_the_key_is_the_secret_itself_or_its_api_key(deliver: Deliver, secret: str) -> None:
    deliver.secrets.text = secret
    assert deliver.call(record(GOOD)) == []
    assert deliver.server.requests[0].headers["authorization"] == "Basic ZHJlYW1kYXRhLWtleS1mb3ItdGVzdHM6"


PLACEHOLDER = '{"api_key": "PUT-YOUR-DREAMDATA-API-KEY-HERE"}'
UNUSABLE = [PLACEHOLDER, "", "{}", "{", "[1]", '{"api_key": 7}', "two words", "a:b", "kéy", '{"api_key": "a\\nb"}']


@pytest.mark.parametrize("secret", UNUSABLE)
def test_without_a_usable_key_everything_waits_with_one_clear_line_and_a_metric(
    deliver: Deliver, capsys: pytest.CaptureFixture[str], secret: str
) -> None:
    deliver.secrets.text = secret
    assert deliver.call(record(GOOD), record({"batch": events(3)}, "m2")) == ["m1", "m2"]
    assert deliver.server.connections == 0
    printed = capsys.readouterr().out
    errors = [json.loads(line) for line in printed.splitlines() if json.loads(line).get("level") == "ERROR"]
    assert len(errors) == 1
    assert errors[0]["message"].startswith("nothing is delivered: ")
    assert emitted(printed)["KeyRefused"] == [1.0]


def test_the_first_delivery_after_the_key_is_right_needs_nothing_else(
    deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same process, some seconds later."""
    deliver.secrets.text = PLACEHOLDER
    assert deliver.call(record(GOOD)) == ["m1"]
    deliver.secrets.text = json.dumps({"api_key": DREAMDATA_KEY})
    later = time.time() + 6
    monkeypatch.setattr(time, "time", lambda: later)
    assert deliver.call(record(GOOD, receives=2)) == []


def test_a_rotated_key_is_fetched_and_the_payload_posted_again() -> None:
    """401 consumes nothing: one more fetch, one more post, in several threads at once."""
    both = threading.Event()
    reactions = [Reaction(401, wait_for=both), Reaction(401, wait_for=both)]
    with running_deliver(*reactions) as deliver:
        threading.Thread(target=_set_when_two_are_there, args=(deliver, both), daemon=True).start()
        bodies = [{"batch": [event(f"e{n}", x="y" * 300_000)]} for n in range(2)]
        deliver.secrets.text = "old"
        deliver.secrets.then = "new"
        assert deliver.call(*[record(body, f"m{n}") for n, body in enumerate(bodies)]) == []
        assert deliver.secrets.fetches == 2
        keys = [request.headers["authorization"] for request in deliver.server.requests]
        assert keys == ["Basic b2xkOg=="] * 2 + ["Basic bmV3Og=="] * 2


def _set_when_two_are_there(deliver: Deliver, both: threading.Event) -> None:
    until = time.monotonic() + LONGEST_S
    while len(deliver.server.requests) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    both.set()


def test_a_key_that_stays_refused_holds_everything_and_is_not_fetched_again_at_once() -> None:
    with running_deliver(*[Reaction(403)] * 20) as deliver:
        for _ in range(5):
            assert deliver.call(record(GOOD)) == ["m1"]
        assert deliver.secrets.fetches == 2
        assert len(deliver.server.requests) == 5


def test_the_last_good_key_outlives_an_outage_of_secrets_manager(
    deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert deliver.call(record(GOOD)) == []
    deliver.secrets.down = True
    later = time.time() + 11 * 3600
    monkeypatch.setattr(time, "time", lambda: later)
    assert deliver.call(record({"batch": [event("later")]})) == []
    assert deliver.delivered() == ["good", "later"]


# -- logs and metrics

SECRET_WORDS = "jane@example.com"


def test_no_content_and_no_key_reaches_any_log_line(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Hostile bodies, and answers that repeat what was sent."""
    echo = Reaction(400, {"Retry-After": SECRET_WORDS}, f'{{"wrong": "{SECRET_WORDS} {DREAMDATA_KEY}"}}'.encode())
    reactions = [echo, Reaction(200), echo, Reaction(503, body=echo.body), Reaction(401, body=echo.body), echo]
    bad = event("bad", userId=SECRET_WORDS, timestamp=SECRET_WORDS)
    bodies = [
        {"batch": [event("a", userId=SECRET_WORDS), event("b", event=SECRET_WORDS), bad]},
        SECRET_WORDS,
        f'{{"batch": [{SECRET_WORDS}',
        sns(SECRET_WORDS),
        {"batch": [{"type": SECRET_WORDS}]},
        {SECRET_WORDS: SECRET_WORDS},
        [SECRET_WORDS],
    ]
    with running_deliver(*reactions) as deliver:
        for receives in (1, 5):
            deliver.call(*[record(body, f"m{n}", receives) for n, body in enumerate(bodies)])
        assert SECRET_WORDS in str(deliver.sqs.queues)
    captured = capsys.readouterr()
    logged = captured.out + captured.err + caplog.text
    assert "payload posted" in logged
    assert SECRET_WORDS not in logged
    assert "jane" not in logged
    assert DREAMDATA_KEY not in logged


def test_each_post_has_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """Id, size, count, answer and attempt."""
    with running_deliver(Reaction(503), Reaction(200)) as deliver:
        assert deliver.call(record({"batch": events(3)})) == []
        size = len(deliver.server.requests[0].body)
    posted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "payload posted" in line]
    assert [(line["status"], line["try"], line["events"], line["bytes"]) for line in posted] == [
        (503, 1, 3, size),
        (200, 2, 3, size),
    ]
    assert len({line["payload_id"] for line in posted}) == 1


def test_metrics_have_their_documented_names_and_only_the_service_as_dimension(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with running_deliver(Reaction(400), Reaction(200), Reaction(400)) as deliver:
        deliver.call(record({"batch": events(2)}), record("not json", "m2"))
    printed = capsys.readouterr().out
    documented = {metric.name: metric.unit for metric in metrics.DELIVER_METRICS}
    groups = [
        group
        for line in printed.splitlines()
        for group in json.loads(line).get("_aws", {}).get("CloudWatchMetrics", [])
    ]
    assert groups
    assert {json.dumps(group["Dimensions"]) for group in groups} == {'[["service"]]'}
    assert all(documented[metric["Name"]] == metric["Unit"] for group in groups for metric in group["Metrics"])
    found = emitted(printed)
    assert (found["EventsDelivered"], found["EventsRefused"], found["Answers2xx"]) == ([1.0], [1.0], [1.0])


def test_every_metric_says_what_it_means_and_what_to_do() -> None:
    names = [metric.name for metric in metrics.DELIVER_METRICS]
    assert len(names) == len(set(names))
    assert all(metric.meaning.endswith(".") and metric.remedy for metric in metrics.DELIVER_METRICS)


def test_an_invocation_of_six_megabytes_is_delivered_whole(deliver: Deliver) -> None:
    """The most that Lambda hands over, in twelve payloads and a bit."""
    listed = events(6_600, properties={"x": "y" * 740})
    records = [record({"batch": listed[at : at + 66]}, f"m{at}") for at in range(0, len(listed), 66)]
    assert sum(len(one["body"]) for one in records) > 5_800_000
    assert deliver.call(*records) == []
    assert sorted(deliver.delivered()) == sorted(one["messageId"] for one in listed)
    assert len(deliver.server.requests) <= 13
    assert deliver.sqs.bodies(QUEUE) == []
