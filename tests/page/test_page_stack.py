"""The page on a real stack: whatever goes in appears, and ends in the state that it is in."""

import base64
import json
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.samples import load_samples
from local.stack import Stack
from tests.page.page_client import PageClient
from tests.patience import LONGEST_S

# What becomes a row; an answer other than 200 takes nothing.
SAMPLES = [sample for sample in load_samples() if sample.events]
WAYS = {
    "http": "http:default",
    "apigateway": "http:default",
    "sqs": "queue",
    "eventbridge": "eventbridge",
    "sns": "sns",
}


@pytest.fixture(scope="module")
def page(page_stack: Stack) -> Iterator[PageClient]:
    for url in (page_stack.queue_url, page_stack.dead_letter_queue_url):
        page_stack.aws.sqs.purge_queue(QueueUrl=url)
    page_stack.sandbox.reset()
    client = PageClient(page_stack.page_url)
    client.until(lambda overview: overview["stack"] == "ok" and not any(overview["counts"].values()), "an empty page")
    yield client
    client.mode("healthy")
    client.close()


def event(**more: Any) -> tuple[str, dict[str, Any]]:
    message_id = str(uuid.uuid4())
    return message_id, {"type": "track", "event": "Paid", "userId": "u-1", "messageId": message_id, **more}


def send(page: PageClient, *events: dict[str, Any], way: str = "http") -> dict[str, Any]:
    return page.post("/api/send", {"text": json.dumps({"batch": events}), "way": way})


@pytest.fixture(scope="module")
def rows_of_samples(page: PageClient) -> list[dict[str, Any]]:
    """The rows of all samples, as they were in the end."""
    count = sum(sample.events for sample in SAMPLES)
    # An event may pass the queue between two looks, and then nobody sees its way in: held in an outage, none does.
    page.mode("outage")
    for sample in SAMPLES:
        page.post("/api/send", {"sample": sample.name})
    page.wait(lambda row: row["state"] in ("held", "dead"), "the samples' arrival", count)
    page.mode("healthy")
    return page.wait(lambda row: row["state"] in ("delivered", "dead"), "the samples' ends", count)


def test_every_sample_is_a_row_for_each_event_in_its_end_state(rows_of_samples: list[dict[str, Any]]) -> None:
    dead = Counter(row["reason"] for row in rows_of_samples if row["state"] == "dead")
    delivered = [row for row in rows_of_samples if row["state"] == "delivered"]

    assert dead == Counter(code for sample in SAMPLES for code in sample.dead)
    assert len(delivered) == sum(sample.delivered for sample in SAMPLES)
    assert all(row["payload"] and row["deliveredAt"] and row["tries"] for row in delivered)


def test_every_way_in_is_told(rows_of_samples: list[dict[str, Any]]) -> None:
    assert {row["way"] for row in rows_of_samples} >= {"http:default", "queue", "sns", "eventbridge"}


def test_the_overview_adds_up(page: PageClient, rows_of_samples: list[dict[str, Any]]) -> None:
    states = Counter(row["state"] for row in rows_of_samples)
    page.until(lambda overview: overview["lag"] and overview["fill"], "the charts' points")

    assert {state: count for state, count in page.overview["counts"].items() if count} == states
    assert page.overview["queue"] == {"visible": 0, "inFlight": 0, "dead": states["dead"]}
    taken = [point for point in page.overview["fill"] if point["status"] == 200]
    assert sum(point["events"] for point in taken) == states["delivered"]
    assert page.versions == sorted(page.versions)


def test_an_event_from_here_is_told_as_it_came_and_with_what_was_completed(page: PageClient) -> None:
    user = f"user-{uuid.uuid4()}"
    sent = {"type": "identify", "userId": user, "context": {"traits": {"plan": "pro"}}}
    assert send(page, sent)["sent"] == 1

    [row] = page.wait(lambda row: row["user"] == user and row["state"] == "delivered", "the event's delivery")
    detail = page.detail(row)

    assert json.loads(detail["came"]) == sent
    assert detail["cameFrom"].startswith("As sent from this page")
    assert {change["path"] for change in detail["changes"]} == {"messageId", "timestamp", "traits"}
    assert not any("No rule" in change["rule"] for change in detail["changes"])
    assert json.loads(detail["left"])["messageId"] == row["messageId"]


def test_an_outage_holds_events_with_its_reason_and_they_go_out_when_it_is_over(page: PageClient) -> None:
    page.mode("outage")
    (first, one), (second, other) = event(), event()
    send(page, one)
    send(page, other, way="queue")
    for message_id in (first, second):
        [row] = page.wait(
            lambda row, id_=message_id: row["messageId"] == id_ and row["reason"] and row["nextTryAt"],  # type: ignore[misc]
            "the hold's reason",
        )
        assert (row["state"], row["reason"]) == ("held", "unavailable")
        assert "away" in page.detail(row)["reasonText"]
    page.until(lambda overview: overview["counts"]["held"] == 2 and overview["queue"]["inFlight"] == 2, "both held")
    assert page.overview["mode"] == "outage"

    page.mode("healthy")
    rows = [page.one(message_id, "delivered") for message_id in (first, second)]

    assert all(row["tries"] > 1 and row["lagSeconds"] > 5 and not row["reason"] for row in rows)


def test_an_event_that_dreamdata_refuses_is_dead_with_what_to_do(page: PageClient, page_stack: Stack) -> None:
    bad, one = event()
    good, other = event()
    assert page.post("/api/sandbox", {"refuse": bad})["refused"] == [bad]
    send(page, one, other)

    row = page.one(bad, "dead")
    detail = page.detail(row)

    assert row["reason"] == "refused_by_dreamdata"
    assert "Dreamdata" in detail["fix"]
    assert detail["attributes"]["status"] == "400"
    page.one(good, "delivered")

    # Mended and moved back it is the same row, on its way again.
    assert page.post("/api/sandbox", {"accept": bad})["refused"] == []
    [letter] = [letter for letter in page_stack.dead_letters() if bad in letter.body]
    page_stack.aws.sqs.send_message(QueueUrl=page_stack.queue_url, MessageBody=letter.body)
    assert page.one(bad, "delivered")["key"] == row["key"]


def test_an_event_of_another_sender_is_told_behind_ingest(page: PageClient, page_stack: Stack) -> None:
    """Only its sender knows how it came; that the id was made by the relay can be proven all the same."""
    user = f"user-{uuid.uuid4()}"
    sent = {"type": "identify", "userId": user, "timestamp": "2026-01-01T08:15:00.123Z"}
    key = base64.b64encode(f"{page_stack.ingest_key}:".encode()).decode()
    answer = httpx.post(
        f"{page_stack.api_url}/v1/batch",
        json={"batch": [sent]},
        headers={"Authorization": f"Basic {key}"},
        timeout=LONGEST_S,
    )
    assert answer.status_code == 200

    [row] = page.wait(lambda row: row["user"] == user and row["state"] == "delivered", "the event's delivery")
    detail = page.detail(row)

    assert detail["behindIngest"]
    assert [(change["path"], change["kind"]) for change in detail["changes"]] == [("messageId", "added")]
    assert json.loads(detail["came"]) == json.loads(detail["left"]) == {**sent, "messageId": row["messageId"]}


def test_a_wrong_key_holds_and_the_right_one_is_back_with_healthy(page: PageClient, page_stack: Stack) -> None:
    page.mode("wrong_key")
    message_id, one = event()
    send(page, one)

    [row] = page.wait(
        lambda row: row["messageId"] == message_id and row["reason"].startswith("key:"), "the refused key"
    )
    assert row["state"] == "held"

    page.mode("healthy")
    assert page_stack.sandbox.script_now()["usual_key"]


def test_no_answer_tells_a_key(page: PageClient, page_stack: Stack) -> None:
    message_id, one = event(timestamp="yesterday", note=page_stack.ingest_key)
    send(page, one)

    detail = page.detail(page.one(message_id, "dead"))

    told = json.dumps(detail) + json.dumps(page.overview) + json.dumps(list(page.rows.values()))
    assert page_stack.ingest_key not in told
    assert page_stack.sandbox_key not in told


def test_after_the_sandbox_is_reset_all_begins_anew(page: PageClient, page_stack: Stack) -> None:
    assert any(row["state"] == "delivered" for row in page.rows.values())
    page_stack.sandbox.reset()

    page.until(lambda overview: not overview["counts"]["delivered"], "the page's beginning anew")
    assert not any(row["state"] == "delivered" for row in page.rows.values())
    assert any(row["state"] == "dead" for row in page.rows.values())
