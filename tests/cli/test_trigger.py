"""`relay trigger`: samples are listed, sent by their way in as new events, and judged by what their file says."""

import base64
import gzip
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from dreamdata_relay.deliver.message_parsing import unwrap
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from relay_cli import context
from relay_cli.fresh_samples import fresh
from relay_cli.samples import Message, Request, Sample, content_of, ids_in, load_samples
from relay_cli.stack import RelayStack
from relay_cli.triggering import Traced, Triggered
from tests.cli.conftest import DEAD, OUTPUTS, QUEUE, Bench
from tests.fakes.server import HttpServer, Reaction

SAMPLES = {sample.name: sample for sample in load_samples()}
TO_QUEUE = [name for name, sample in SAMPLES.items() if sample.way_in not in ("http", "apigateway")]
BY_HTTP = [name for name in SAMPLES if name not in TO_QUEUE]
NOW = datetime(2031, 2, 3, 4, 5, 6, 789_000, UTC)
TRACED = re.compile("relay-trace-[0-9a-f]{32}")


def texts(sample: Sample) -> list[str]:
    """What is sent of a new copy, text by text."""
    items = fresh(sample, renewal=Traced(NOW), to_queue=True).items
    bodies = [item.body for item in items if isinstance(item, Message | Request)]
    assert len(bodies) == len(items)
    return [body if isinstance(body, str) else unpacked(body).decode() for body in bodies]


def unpacked(body: bytes) -> bytes:
    """Without gzip, where it is packed."""
    return gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body


def test_without_a_name_the_samples_are_listed_and_no_stack_is_asked_for(bench: Bench) -> None:
    assert [one["name"] for one in bench.json("trigger")] == list(SAMPLES)
    rows = bench.run("trigger").stdout.splitlines()[1:]
    assert [row.split()[0] for row in rows] == list(SAMPLES)
    assert bench.sqs.calls == []


@pytest.mark.parametrize(("name", "meant"), [("trak", "did you mean track?"), ("whatever-else", "no sample")])
def test_a_sample_that_is_none_is_refused(bench: Bench, name: str, meant: str) -> None:
    done = bench.run("trigger", name)

    assert (done.exit_code, meant in done.stderr, bench.sqs.calls) == (2, True, [])


@pytest.mark.parametrize("name", SAMPLES)
def test_a_copy_is_new_in_its_ids(name: str) -> None:
    """Each of them everywhere it stands, and none of one copy in another."""
    sample = SAMPLES[name]
    first, second = (fresh(sample, renewal=Traced(NOW), to_queue=True) for _ in range(2))

    assert first.ids
    assert first.ids.isdisjoint(second.ids)
    assert not ids_in(content_of(sample).decode("utf-8", "replace")) & ids_in(" ".join(texts(sample)))


@pytest.mark.parametrize(
    "name", [name for name, sample in SAMPLES.items() if sample.delivered and name != "sqs-bare-event"]
)
def test_the_log_will_tell_of_each_of_its_events(name: str) -> None:
    """But of one that has no id of its own."""
    ids = [found for text in texts(SAMPLES[name]) for found in unwrap(QueuedMessage("m", "", text)).message_ids]

    assert len(set(ids)) == SAMPLES[name].delivered
    assert all(TRACED.fullmatch(found) for found in ids)


@pytest.mark.parametrize("name", SAMPLES)
def test_its_times_are_now_in_the_form_that_they_had(name: str) -> None:
    """A time that there is not stays, for that is what its sample is about."""
    text = " ".join(texts(SAMPLES[name]))
    times = re.findall(r"\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d)", text)

    assert [time for time in times if not time.startswith(("2031-02-03T", "2026-02-30T"))] == []
    if name == "apigw-v2-batch":
        assert times == [
            "2031-02-03T05:05:06.789+01:00",
            "2031-02-03T05:05:06+01:00",
            "2031-02-03T04:05:06.789000+00:00",
        ]


@pytest.mark.parametrize("name", TO_QUEUE)
def test_what_is_for_the_queue_goes_there_in_the_form_that_aws_gives_it(bench: Bench, name: str) -> None:
    """A bus's event and a topic's notification with what they are wrapped in."""
    done = bench.json("trigger", name, "--seconds", "0")

    bodies = bench.sqs.bodies(QUEUE)
    assert len(bodies) == (5 if name == "sqs-mixed" else 1)
    assert (done["end"], len(done["message_ids"])) == ("accepted", SAMPLES[name].delivered)
    if name == "eventbridge":
        assert json.loads(bodies[0])["detail-type"] == "Order Paid"
    if name == "sns":
        assert json.loads(bodies[0])["Type"] == "Notification"


def test_as_it_is_nothing_is_new(bench: Bench) -> None:
    bench.run("trigger", "eventbridge", "--as-is", "--seconds", "0")

    assert bench.sqs.bodies(QUEUE) == [content_of(SAMPLES["eventbridge"]).decode()]


def by_http(bench: Bench, monkeypatch: pytest.MonkeyPatch, reaction: Reaction, *arguments: str) -> tuple[Any, Any]:
    """What the command ends with where the relay answers so, and the request that it was sent."""
    with HttpServer(reaction) as server:
        stack = RelayStack("shop", OUTPUTS, server.url.removesuffix("/v1/batch"), bench)
        monkeypatch.setattr(context, "find_stack", lambda *_: stack)
        done = bench.run("trigger", *arguments)
        (request,) = server.requests
    return done, request


@pytest.mark.parametrize("name", BY_HTTP)
def test_what_is_for_the_api_is_posted_to_its_route_with_a_relay_key(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    done, request = by_http(bench, monkeypatch, Reaction(503), name)

    key = SAMPLES[name].key or "key-of-old"
    assert request.line.startswith(f"POST {SAMPLES[name].path or '/v1/batch'} ")
    assert request.headers["authorization"] == f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"
    assert (done.exit_code, "the relay answered 503" in done.stdout) == (1, True)


def test_an_answer_that_is_as_the_sample_says_is_well(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it is a refusal."""
    answer = Reaction(400, body=b'{"code": "not_json", "message": "the body is not JSON"}')
    done, _ = by_http(bench, monkeypatch, answer, "http-not-json")

    assert (done.exit_code, done.stdout) == (0, "the relay answered 400: not_json: the body is not JSON\n")


def test_where_no_answer_comes_it_may_have_been_taken(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    done, _ = by_http(bench, monkeypatch, Reaction(drop="after"), "track")

    assert (done.exit_code, "may have been taken all the same" in done.stderr) == (5, True)


def test_events_that_the_relay_refuses_are_told_with_their_reasons(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    rejected = [{"index": 0, "code": "type_unknown", "detail": "type is none of these"}]
    answer = json.dumps({"success": True, "accepted": 0, "rejected": rejected}).encode()
    done, _ = by_http(bench, monkeypatch, Reaction(body=answer), "type-unknown")

    assert (done.exit_code, done.stdout) == (0, "refused: event 0: type_unknown: type is none of these\n")


@pytest.mark.parametrize("code", ["message_not_json", "message_not_event"])
def test_a_dead_letter_of_it_is_found_and_told_and_no_other(bench: Bench, code: str) -> None:
    """Status 0 where its reason is the sample's."""
    bench.sqs.put(DEAD, "Nightly export finished", error_code="message_not_json")
    plain, bench.sqs.now = bench.sqs.send_message, datetime.now(UTC).timestamp()

    def refused(**asked: Any) -> Any:
        bench.sqs.put(DEAD, asked["MessageBody"], error_code=code, error_detail="why")
        return plain(**asked)

    bench.sqs.send_message = refused  # type: ignore[method-assign]
    done = bench.run("trigger", "queue-plain-text")

    assert re.fullmatch(rf"dead letter m1: {code}: why\n", done.stdout)
    assert done.exit_code == (0 if code == "message_not_json" else 1)
    assert (code == "message_not_json") or "dead letters are to be: message_not_json" in done.stderr
    assert len(bench.sqs.visible(DEAD)) == 2


def test_what_is_not_as_the_sample_says_is_told() -> None:
    """Each of it."""
    done = Triggered(fresh(SAMPLES["one-among-good"]), status=200, answer={"rejected": [{"code": "type_unknown"}]})

    assert done.problems() == ["2 events are to be delivered", "dead letters are to be: timestamp_invalid"]
