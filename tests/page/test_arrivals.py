"""Each event of a request is found again by what the relay makes of it, and never taken for another."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamdata_relay.events.batches import Batch
from dreamdata_relay.events.normalization import Completion
from dreamdata_relay.events.reading import read_events, readable_id
from dreamdata_relay.ingest.service import _message_id
from local.page.arrivals import Arrival, Arrivals
from local.page.requests import CameEvent, PassedRequest, events_of, request_of
from relay_cli.fresh_samples import fresh
from relay_cli.samples import Request, load_samples
from tests.page.requests import record

REQUESTS = [
    (sample.name, item)
    for sample in load_samples()
    for item in fresh(sample).items
    if isinstance(item, Request) and sample.status == 200
]
RECEIVED_AT = "2026-02-02T02:02:02.222Z"


def passed(path: str, body: bytes, **more: Any) -> PassedRequest:
    found = request_of(record(path, body, **more))
    assert found
    return found


def behind_ingest(event: CameEvent) -> tuple[bytes, str]:
    """The text and the id of an event as ingest queues it, or keeps it as a dead letter."""
    completion = Completion(
        received_at=RECEIVED_AT,
        message_id=_message_id,
        kind=event.kind,
        context=event.context,
        integrations=event.integrations,
    )
    reading = read_events(Batch([event.read], None, len(event.read), [event.index]), completion)
    if reading.events:
        return bytes(reading.events[0]), reading.message_ids[0]
    return event.read, readable_id(event.read) or ""


def found_again(arrivals: Arrivals, event: CameEvent) -> CameEvent | None:
    text, message_id = behind_ingest(event)
    found = arrivals.find(message_id, text)
    return found.event if found else None


@pytest.mark.parametrize(("name", "sent"), REQUESTS, ids=[name for name, _ in REQUESTS])
def test_each_event_of_a_sample_is_found_again(name: str, sent: Request) -> None:
    request, arrivals = passed(sent.path, sent.body), Arrivals()
    arrivals.take(request)
    events = list(events_of(request))

    assert events
    for event in events:
        found = found_again(arrivals, event)
        # Of two that are the same byte for byte either is right.
        assert found is not None
        assert found.text == event.text


IDS = st.sampled_from([None, "", "m-1", "m-2", 17, "\ud800"])
TIMES = st.sampled_from([None, "2026-01-01T08:15:00.123Z", "2026-01-01", "2026-01-01T02:00:00+02:00", "yesterday"])
EVENTS = st.builds(
    lambda message_id, timestamp, kind, value: {
        name: member
        for name, member in {
            "messageId": message_id,
            "timestamp": timestamp,
            "type": kind,
            "userId": "u",
            "event": "Paid",
            "properties": {"value": value},
        }.items()
        if member is not None
    },
    IDS,
    TIMES,
    st.sampled_from(["track", "identify", "sold"]),
    st.integers(0, 2) | st.sampled_from([float("nan"), "NaN", "é\ud800", '"Infinity']),
)


@given(st.lists(st.lists(EVENTS, min_size=1, max_size=5), min_size=1, max_size=3), st.booleans())
def test_any_event_is_found_with_the_text_it_came_with(batches: list[list[Any]], packed: bool) -> None:
    arrivals = Arrivals()
    requests = []
    for batch in batches:
        body = json.dumps({"batch": batch, "context": {"library": {"name": "x"}}}).encode()
        requests.append(passed("/v1/batch", gzip.compress(body) if packed else body))
        arrivals.take(requests[-1])

    for batch, request in zip(batches, requests, strict=True):
        events = list(events_of(request))
        # As they came: with their NaN, and all that a reader would make of them.
        assert [event.text.decode() for event in events] == [json.dumps(one) for one in batch]
        for event in events:
            found = found_again(arrivals, event)
            assert found is not None
            # Of those that the relay makes the same of, either.
            text, message_id = behind_ingest(event)
            assert text in (behind_ingest(found)[0], _with_id(found, message_id))


def _with_id(event: CameEvent, message_id: str) -> bytes:
    return Arrival(event, "", "", "", "", 200).made_into(message_id, RECEIVED_AT) or b""


def test_another_event_is_not_taken_for_it() -> None:
    arrivals = Arrivals()
    request = passed("/v1/track", b'{"event":"Paid","userId":"u"}')
    arrivals.take(request)
    text, message_id = behind_ingest(next(events_of(request)))

    assert arrivals.find(message_id, text)
    assert not arrivals.find(message_id, text.replace(b"Paid", b"Bought"))
    assert not arrivals.find("", b"no JSON")


def test_events_are_told_as_accepted_by_the_answer() -> None:
    """What is refused lies in the dead-letter queue, and is seen there."""
    event = {"type": "identify", "userId": "u", "timestamp": "2026-01-01T08:15:00.123Z"}
    batch = [{**event, "messageId": "m-0"}, {**event, "messageId": "m-1"}, {**event, "messageId": 7}, {"type": "x"}]
    body = json.dumps({"batch": batch}).encode()
    answer = {"accepted": 2, "rejected": [{"index": 1, "code": "later_rule"}, {"index": 3, "code": "type_unknown"}]}

    [came] = Arrivals().take(passed("/v1/batch", body, answer=answer))

    assert [(one.message_id, one.user, one.text) for one in came.events] == [("m-0", "u", b""), ("7", "u", b"")]
    assert came.at == 1_769_997_722.0


@pytest.mark.parametrize("path", ["/v1/batch?a=%20", "/v1//b%61tch/", "/v1/import"])
def test_a_path_is_read_as_the_function_gets_it(path: str) -> None:
    assert Arrivals().take(passed(path, b'{"batch":[{"type":"page","userId":"u","messageId":"m"}]}'))


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/batch", b'{"batch":[{"type":"page","userId":"u","messageId":"m"}]}', 503),
        ("/v1/batch", b"no JSON", 200),
        ("/v1/health", b"", 200),
        ("/elsewhere", b"{}", 200),
        ("/v1/batch", b"\x1f\x8b\x00", 200),
    ],
)
def test_a_request_that_brought_nothing_tells_nothing(path: str, body: bytes, status: int) -> None:
    arrivals = Arrivals()

    assert arrivals.take(passed(path, body, status=status)) == []
    assert not arrivals.find("m", b'{"type":"page","userId":"u","messageId":"m"}')


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b'{"at": 1}', b'{"at":"x","body_base64":"%"}'])
def test_a_line_that_is_none_tells_nothing(line: bytes) -> None:
    assert request_of(line) is None


def test_only_so_much_is_kept() -> None:
    arrivals = Arrivals(max_bytes=5_000)
    for number in range(100):
        body = b'{"batch":[{"type":"page","userId":"u","messageId":"m-%d"}]}' % number
        arrivals.take(passed("/v1/batch", body))

    kept = [number for number in range(100) if arrivals.find(f"m-{number}", b"")]
    assert kept == list(range(100 - len(kept), 100))
    assert 0 < len(kept) < 10


def test_what_came_with_a_key_in_mode_sandbox_is_not_expected_anywhere() -> None:
    """It goes nowhere, so it would be missing for ever."""
    body = b'{"batch": [{"type": "page", "userId": "u", "messageId": "m"}]}'
    answer = {"success": True, "accepted": 1, "rejected": []}

    assert [len(came.events) for came in Arrivals().take(passed("/v1/batch", body, answer=answer))] == [1]
    assert Arrivals().take(passed("/v1/batch", body, answer={**answer, "sandbox": True})) == []
