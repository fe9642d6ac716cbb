"""Sizes: what real clients send and what nobody should, all in bounded memory and calls.

Time is for the benchmarks; what took time by the square of these sizes would not end before the suite's time-out.
"""

import gzip
import json
import tracemalloc

import pytest

from dreamdata_relay.events import json_editing
from dreamdata_relay.limits import MAX_EVENT_BYTES
from tests.fakes.relay import DEAD_LETTERS, QUEUE, IngestBench

MAX_CHUNK = 62_400
SIX_MB = 6 * 1024 * 1024


def events(count: int, size: int) -> str:
    """A batch of ``count`` complete events of ``size`` bytes each."""
    start = '{"type":"track","event":"E","userId":"u","timestamp":"2026-11-23T12:00:00.000Z","messageId":"%06d","p":"'
    filler = "x" * (size - len(start % 0) - 2)
    return '{"batch":[' + ",".join(start % number + filler + '"}' for number in range(count)) + "]}"


@pytest.mark.parametrize("size", [300, 826, 3_000, 20_000])
def test_500_kb_of_ordinary_events_is_one_call(size: int) -> None:
    bench = IngestBench()
    bench.post(events(500_000 // (size + 1), size))

    assert len(bench.sqs.calls) == 1
    assert max(len(body.encode()) for body in bench.sqs.bodies(QUEUE)) <= MAX_CHUNK


@pytest.mark.parametrize(
    ("count", "size", "calls"), [(3_000, 800, 4), (1_375, 800, 2), (20, 55_000, 2), (2, 480_000, 1), (3, 480_000, 2)]
)
def test_as_few_calls_as_ten_entries_and_a_megabyte_allow(count: int, size: int, calls: int) -> None:
    bench = IngestBench()

    answer = bench.post(events(count, size))

    assert (answer.body["accepted"], len(bench.sqs.calls)) == (count, calls)
    assert sorted(event["messageId"] for event in bench.queued_events()) == [f"{number:06}" for number in range(count)]


def test_the_largest_event_is_queued_alone_and_one_byte_more_is_kept_as_too_large() -> None:
    bench = IngestBench()

    fits, over = bench.post(events(1, MAX_EVENT_BYTES)), bench.post(events(1, MAX_EVENT_BYTES + 1))

    assert (fits.body["accepted"], over.body["accepted"]) == (1, 0)
    assert over.body["rejected"][0]["code"] == "event_too_large"  # type: ignore[index]
    assert len(bench.sqs.bodies(DEAD_LETTERS)[0]) == MAX_EVENT_BYTES + 1


def test_an_event_is_measured_after_it_was_completed() -> None:
    body = events(1, MAX_EVENT_BYTES).replace('"messageId":"000000",', "")

    assert IngestBench().post(body).body["accepted"] == 0


def test_an_event_of_600_kb_among_others_costs_only_itself() -> None:
    bench = IngestBench()
    body = events(20, 20_000)[:-2] + "," + events(1, 600_000)[10:]

    answer = bench.post(body.replace("000000", "large", 1))

    assert (answer.body["accepted"], len(bench.sqs.bodies(DEAD_LETTERS))) == (20, 1)
    assert json.loads(bench.sqs.bodies(DEAD_LETTERS)[0])["messageId"] == "000000"


@pytest.mark.parametrize("depth", [500, 5_000, 5_998])
def test_nesting_travels_on_beside_its_neighbours(depth: int) -> None:
    deep = '{"type":"page","userId":"u","x":' + '{"a":[' * (depth // 2) + "]}" * (depth // 2) + "}"
    bench = IngestBench()

    answer = bench.post('{"batch":[' + deep + ',{"type":"page","userId":"v"},{}]}')

    assert (answer.body["accepted"], len(bench.sqs.bodies(DEAD_LETTERS))) == (2, 1)
    assert deep[1:] in "".join(bench.sqs.bodies(QUEUE))


def flood(event: str) -> str:
    return '{"batch":[' + ",".join([event] * ((SIX_MB - 20) // (len(event) + 1))) + "]}"


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ("{}", "type_unknown"),
        ("1", "event_not_object"),
        ('{"type":"page"}', "identity_missing"),
        ('{"type":"track","userId":"1"}', "event_name_missing"),
        ('{"type":"page","userId":"1","timestamp":"x"}', "timestamp_invalid"),
    ],
)
def test_a_flood_of_refused_events_is_kept_in_few_calls(event: str, code: str) -> None:
    bench = IngestBench()
    body = gzip.compress(flood(event).encode(), 1)
    count = (SIX_MB - 20) // (len(event) + 1)

    answer = bench.post(body)

    assert (answer.status, answer.body["accepted"], answer.body["rejectedCount"]) == (200, 0, count)
    assert [r["index"] for r in answer.body["rejected"]] == list(range(5_000))  # type: ignore[attr-defined]
    assert {a["error_code"] for a in bench.sqs.attributes(DEAD_LETTERS)} == {code}
    assert sum(len(json.loads(letter)["batch"]) for letter in bench.sqs.bodies(DEAD_LETTERS)) == count
    assert max(map(len, bench.sqs.bodies(DEAD_LETTERS))) <= MAX_CHUNK
    assert len(bench.sqs.calls) < 200


def test_a_flood_of_tiny_valid_events_is_taken_whole() -> None:
    bench = IngestBench()

    answer = bench.post(flood('{"type":"page","userId":"1"}'))

    count = len(bench.queued_events())
    assert (answer.status, answer.body["accepted"], count > 200_000) == (200, count, True)


def test_in_a_mixed_flood_every_event_keeps_its_place_and_reason() -> None:
    bench = IngestBench()
    good = '{"type":"page","userId":"u","messageId":"%d"}'
    texts = [[good % number, "{}", "[]", f'{{"type":"page","n":{number}}}'][number % 4] for number in range(45_000)]

    answer = bench.post('{"batch":[' + ",".join(texts) + "]}")

    listed = answer.body["rejected"]
    assert isinstance(listed, list)
    assert (answer.body["accepted"], answer.body["rejectedCount"], len(listed)) == (11_250, 33_750, 5_000)
    codes = {1: "type_unknown", 2: "event_not_object", 3: "identity_missing"}
    assert all(one["code"] == codes[one["index"] % 4] for one in listed)
    assert {event["messageId"] for event in bench.queued_events()} == {str(n) for n in range(0, 45_000, 4)}
    for body, attributes in zip(bench.sqs.bodies(DEAD_LETTERS), bench.sqs.attributes(DEAD_LETTERS), strict=True):
        for event in json.loads(body)["batch"]:
            assert attributes["error_code"] == (codes[2] if event == [] else codes[3] if "type" in event else codes[1])


def test_a_repeat_far_behind_in_a_large_batch_is_still_a_repeat() -> None:
    bench = IngestBench()
    good = '{"type":"page","userId":"u","messageId":"%d"}'

    answer = bench.post('{"batch":[' + ",".join(good % (number % 30_000) for number in range(50_000)) + "]}")

    assert (answer.body["accepted"], answer.body["repeated"]) == (30_000, 20_000)


def test_different_events_with_one_id_far_apart_in_a_large_batch_are_all_queued() -> None:
    """The third of an id is a repeat of the second, not of the first."""
    bench = IngestBench()
    one = '{"type":"page","userId":"u","messageId":"%d","name":"%d"}'
    texts = [one % (number, which) for which in (1, 2, 2) for number in range(15_000)]

    answer = bench.post('{"batch":[' + ",".join(texts) + "]}")

    assert (answer.body["accepted"], answer.body["repeated"]) == (30_000, 15_000)
    assert sorted(event["name"] for event in bench.queued_events()) == ["1"] * 15_000 + ["2"] * 15_000


def test_the_id_of_an_event_in_a_refused_flood_keeps_no_good_one_back() -> None:
    bench = IngestBench()
    texts = [json.dumps({"messageId": str(number)}) for number in range(2_000)]
    texts += [json.dumps({"type": "page", "userId": "u", "messageId": str(number)}) for number in range(2_000)]

    answer = bench.post('{"batch":[' + ",".join(texts) + "]}")

    assert (answer.body["accepted"], "repeated" in answer.body) == (2_000, False)


def test_a_thousand_refused_events_are_dead_letters_of_their_own() -> None:
    bench = IngestBench()

    bench.post({"batch": [{"messageId": str(number)} for number in range(1_000)]})

    assert sorted(int(json.loads(body)["messageId"]) for body in bench.sqs.bodies(DEAD_LETTERS)) == list(range(1_000))


def test_the_longest_answer_stays_below_what_lambda_takes() -> None:
    bench = IngestBench()

    events_ = [{"messageId": f"{number}" + "ø" * 300} for number in range(6_000)]
    answer = bench.post(json.dumps({"batch": events_}, ensure_ascii=False))

    assert len(json.dumps(json.dumps(answer.body))) < SIX_MB
    assert len(answer.body["rejected"][0]["messageId"]) == 100  # type: ignore[index]


def test_an_envelope_to_be_copied_into_too_many_events_is_refused_before_it_is() -> None:
    bench = IngestBench()
    body = '{"context":{"a":"' + "x" * 400_000 + '"},' + flood('{"type":"page","userId":"1"}')[1 : SIX_MB - 400_100]
    body = body[: body.rindex("},{") + 1] + "]}"

    assert (bench.post(body).body["code"], bench.sqs.calls) == ("wrong_shape", [])


def test_a_large_envelope_merged_into_many_events_is_held_a_part_at_a_time() -> None:
    bench = IngestBench()
    bench.sqs.fails_entry = lambda call, entry: False
    body = (
        '{"context":{"a":"' + "x" * 100_000 + '"},"batch":[' + ",".join(['{"type":"page","userId":"1"}'] * 300) + "]}"
    )
    sizes: list[int] = []
    bench.sqs.queues = _Forgetting()  # what was sent is no longer the function's
    tracemalloc.start()
    answer = bench.post(body)
    sizes.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()

    assert answer.body["accepted"] == 300
    assert sizes[0] < 40_000_000  # 300 events of 100 kB are 30 MB, held as bytes and as text


def test_an_envelope_of_very_many_members_is_taken_apart_once(monkeypatch: pytest.MonkeyPatch) -> None:
    taken_apart: list[int] = []

    def split(text: bytes) -> list[json_editing.Member]:
        taken_apart.append(len(text))
        return json_editing.split_object(text)

    monkeypatch.setattr("dreamdata_relay.events.normalization.split_object", split)
    context = ",".join(f'"k{number}":1' for number in range(10_000))
    event = '{"type":"page","userId":"u","context":{"own":1}}'
    body = '{"context":{' + context + '},"batch":[' + ",".join([event] * 400) + "]}"
    bench = IngestBench()

    answer = bench.post(body)

    assert answer.body["accepted"] == 400
    assert len([size for size in taken_apart if size > 50_000]) == 1
    assert all(len(event["context"]) == 10_001 for event in bench.queued_events())


class _Forgetting(dict[str, list[dict[str, object]]]):
    def setdefault(self, key: str, default: object = None) -> list[dict[str, object]]:
        return []


@pytest.mark.parametrize(
    "body",
    ["[" * SIX_MB, '{"batch":' + "[" * (SIX_MB - 10), '{"batch":[NaN,"' + '\\"' * (3 * 1024 * 1024)],
    ids=["brackets", "batch-brackets", "unclosed"],
)
@pytest.mark.parametrize("key", ["relay-key-for-tests", None])
def test_megabytes_of_nonsense_are_answered(body: str, key: str | None) -> None:
    bench = IngestBench()

    answer = bench.post(body, key=key)

    assert (answer.status, bench.sqs.calls) == (400 if key else 401, [])
