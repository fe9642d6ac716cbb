"""What passes between two looks is seen all the same, and nothing that is shown holds a key."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from local.emulator import witness
from local.front.record import NAME
from local.line_file import LineFile
from local.page.arrivals import Arrivals
from local.page.details import detail_of
from local.page.observer import Observer
from local.page.requests import request_of
from local.page.rows import RefusedRequest
from tests.page.fake_stack import KEY, FakeStack, queued
from tests.page.requests import record


def test_an_event_that_passed_between_two_looks_is_shown_as_it_came(
    stack: FakeStack, observer: Observer, tmp_path: Path
) -> None:
    """It is on no queue any more when the page looks, and Dreamdata has it completed."""
    sent = {"type": "identify", "userId": 7, "timestamp": "2026-01-01T09:00:00.123+01:00"}
    completed = {
        "type": "identify", "userId": "7", "timestamp": "2026-01-01T08:00:00.123Z", "messageId": "made-by-ingest",
    }  # fmt: skip
    observer.look()
    requests, received = LineFile(tmp_path / witness.REQUESTS), LineFile(tmp_path / witness.RECEIVED)
    requests.add(record("/v1/batch", json.dumps({"batch": [sent]}).encode()))
    # What ingest derives of the text, whatever it is.
    [made] = Arrivals().take(request_of(record("/v1/batch", json.dumps({"batch": [sent]}).encode())))  # type: ignore[arg-type]
    completed["messageId"] = made.events[0].message_id
    for number, queue in enumerate(("another", stack.queue_url)):
        message = {
            "id": f"sqs-{number}",
            "body": json.dumps({"batch": [completed]}),
            "sent_at": 999_999.0,
            "visible_at": 1_000_420.0,
            "receive_count": 1,
            "message_attributes": {"source": {"DataType": "String", "StringValue": "http:shop"}},
            "sys": {"SentTimestamp": "999999000"},
        }
        at = {"at": "1970-01-12T13:46:40.000Z", "QueueUrl": queue}
        received.add(json.dumps({**at, **witness.as_message(message)}).encode() + b"\n")
    stack.deliver_events(completed)
    observer.look()

    [row] = observer.changes(-1, 0)[2]
    assert (row.state, row.way, row.taken_at) == ("delivered", "http:shop", "1970-01-12T13:46:39.000Z")
    detail = detail_of(observer, row.key)
    assert detail
    assert json.loads(detail["came"]) == sent
    assert "sdk/1: POST /v1/batch, one event" in detail["cameFrom"]
    assert {change["path"] for change in detail["changes"]} == {"messageId", "userId", "timestamp"}
    assert not [change for change in detail["changes"] if "No rule" in change["rule"]]


def test_nothing_that_is_shown_holds_a_key_of_before_or_after_a_rotation(stack: FakeStack, observer: Observer) -> None:
    old, new = stack.sandbox_key, "a-new-dreamdata-key"
    observer.look()
    stack.secrets["dreamdata"] = json.dumps({"api_key": new})
    observer.stack_keys().dreamdata()
    body = json.dumps({"type": "page", "messageId": "m", "note": [old, new, stack.ingest_key]})
    stack.messages["dead"] = [dataclasses.replace(queued("m"), body=body, attributes={"error_detail": new})]
    observer.look()

    [row] = observer.changes(-1, 0)[2]
    told = json.dumps(detail_of(observer, row.key))
    assert "***" in told
    assert not [key for key in (old, new, stack.ingest_key) if key in told]


def test_a_request_that_brought_nothing_is_counted_and_the_last_is_told(
    stack: FakeStack, observer: Observer, tmp_path: Path
) -> None:
    observer.look()
    requests = LineFile(tmp_path / NAME)
    answer: dict[str, Any] = {"code": "unauthorized", "message": "unknown relay key"}
    for status in (200, 503, 401):
        requests.add(record("/v1/batch?writeKey=the-key-of-another-stack", b"{}", answer, status))
    requests.add(record("/v1/batch", b"{}", status=502))
    observer.look()

    overview = observer.overview()
    assert overview.refusals == 3
    assert overview.refusal == RefusedRequest("2026-02-02T02:02:02.000Z", 502, "", "", "/v1/batch", "sdk/1")
    assert observer.changes(-1, 0)[2] == []
    stack.sandbox.reset()
    observer.look()
    assert observer.overview().refusals == 0


def test_a_refused_requests_key_is_not_told(observer: Observer, tmp_path: Path) -> None:
    observer.look()
    LineFile(tmp_path / NAME).add(record("/v1/batch?writeKey=relay-key", b"{}", status=401, agent=KEY))
    observer.look()

    refusal = observer.overview().refusal
    assert refusal
    assert (refusal.path, refusal.agent) == ("/v1/batch?writeKey=***", "***")
