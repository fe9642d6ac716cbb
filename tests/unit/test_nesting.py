"""An event that nests too deep is refused alone, at one depth of the relay's own, over HTTP and from the queue."""

import json

import pytest

from tests.fakes.relay import DEAD_LETTERS, DeliverBench, IngestBench, message

# 6,000 levels as SECURITY.md and the page on the HTTP API say; its own object is a level, too.
AT_THE_LIMIT = 5_999
TOO_DEEP = [AT_THE_LIMIT + 1, 9_000, 10_000, 12_000, 100_000]
SHAPES = {"lists": ("[", "]"), "objects": ('{"a":', "}"), "both": ('[{"b]":', "}]"), "spaced": ('{ "a" : [\n', "] }")}


def nested(depth: int, shape: str = "lists") -> str:
    start, end = SHAPES[shape]
    each = 2 if shape in ("both", "spaced") else 1
    inner = "1" if shape != "lists" else ""
    return (
        start * (depth // each)
        + ("[" if depth % each else "")
        + inner
        + ("]" if depth % each else "")
        + (end * (depth // each))
    )


def event(message_id: str, value: str = "1") -> str:
    return (
        f'{{"type":"page","userId":"u","messageId":"{message_id}","timestamp":"2026-11-23T12:00:00.000Z","p":{value}}}'
    )


def batch(*events: str) -> str:
    return '{"batch":[' + ",".join(events) + "]}"


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("depth", TOO_DEEP)
def test_over_http_it_is_dead_lettered_as_it_came_and_the_others_go_on(depth: int, shape: str) -> None:
    deep = event("deep", nested(depth, shape))
    bench = IngestBench()

    answer = bench.post(batch(event("a"), deep, event("b", r'"\ud800"')))

    assert answer.body["rejected"] == [
        {
            "index": 1,
            "messageId": "deep",
            "code": "event_nested_too_deep",
            "detail": "it nests more than 6,000 levels deep",
        }
    ] or (len(deep) > 499_000 and answer.body["rejected"][0]["code"] == "event_too_large")  # type: ignore[index]
    assert [one["messageId"] for one in bench.queued_events()] == ["a", "b"]
    assert bench.sqs.bodies(DEAD_LETTERS) == [deep] or len(deep) > 1_000_000


@pytest.mark.parametrize("shape", SHAPES)
def test_at_the_limit_it_travels_unchanged_through_both_functions(shape: str) -> None:
    deep = event("deep", nested(AT_THE_LIMIT, shape))
    ingest, deliver = IngestBench(), DeliverBench()

    ingest.post(batch(event("a"), deep))
    failed = deliver.deliver(
        [message(body, f"m{n}") for n, body in enumerate(ingest.sqs.bodies("https://sqs.test/queue"))]
    )

    assert (failed, ingest.sqs.bodies(DEAD_LETTERS), deliver.sqs.bodies(DEAD_LETTERS)) == ([], [], [])
    assert any(deep.encode() in body for body, _ in deliver.endpoint.requests)


@pytest.mark.parametrize("depth", TOO_DEEP)
def test_by_itself_it_is_refused_too(depth: int) -> None:
    bench = IngestBench()

    answer = bench.post(event("deep", nested(depth)), "/v1/page")

    assert [one["code"] for one in answer.body["rejected"]] == ["event_nested_too_deep"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("depth", TOO_DEEP)
def test_an_envelope_makes_no_event_too_deep(depth: int) -> None:
    bench = IngestBench()

    answer = bench.post('{"context":{"a":' + nested(depth) + '},"batch":[' + event("a") + "]}")

    assert [one["code"] for one in answer.body["rejected"]] == ["event_nested_too_deep"]  # type: ignore[attr-defined]


def test_in_a_body_of_megabytes_it_is_refused_alone_too() -> None:
    others = [event(f"m{number}", '"' + "x" * 900 + '"') for number in range(3_000)]
    bench = IngestBench()

    answer = bench.post(batch(*others[:1_000], event("deep", nested(12_000)), *others[1_000:]))

    assert (answer.body["accepted"], [one["index"] for one in answer.body["rejected"]]) == (3_000, [1_000])  # type: ignore[attr-defined]


@pytest.mark.parametrize("rest", [",nonsense", ",{]", ',"', ",[1,]"])
def test_beside_it_what_is_not_json_is_still_told(rest: str) -> None:
    assert IngestBench().post(batch(event("deep", nested(12_000)) + rest)).body["code"] == "not_json"


@pytest.mark.parametrize("depth", [10_001, 12_000, 100_000])
def test_on_the_queue_it_is_dead_lettered_with_its_reason_and_the_others_are_delivered(depth: int) -> None:
    deep = event("deep", nested(depth))
    wrapped = json.dumps({"Type": "Notification", "TopicArn": "arn", "MessageId": "i", "Message": deep})
    bench = DeliverBench()

    failed = bench.deliver(
        [
            message(batch(event("a"), deep), "chunk"),
            message("[" + deep + "," + event("b") + "]", "array"),
            message(deep, "alone"),
            message(wrapped, "sns"),
            message(event("c"), "good"),
        ]
    )

    assert failed == []
    assert {a["error_code"] for a in bench.sqs.attributes(DEAD_LETTERS)} == {"event_nested_too_deep"}
    assert len(bench.sqs.bodies(DEAD_LETTERS)) == 4
    assert sorted(bench.endpoint.delivered_ids()) == ["a", "b", "c"]
