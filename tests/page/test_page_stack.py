"""The page on a real stack: whatever goes in appears, and ends in the state that it is in."""

import base64
import json
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from local.stack import Stack
from local.waiting import wait_until
from relay_cli.samples import load_samples
from tests.page.page_client import PageClient
from tests.patience import LONGEST_S

# Longer than its waits, which tell what was there when nothing more came.
pytestmark = pytest.mark.timeout(300)

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
    for sample in SAMPLES:
        page.post("/api/send", {"sample": sample.name})
    # A test before may have left the functions with a key that was refused: then the first try is held for a minute.
    return page.wait(lambda row: row["state"] in ("delivered", "dead"), "the samples' ends", count, seconds=180)


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
    left = {"visible": 0, "inFlight": 0, "dead": states["dead"]}
    page.until(lambda overview: overview["queue"] == left, "the queue's being empty")
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
    assert "POST /v1/batch, one event" in detail["cameFrom"]
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


def post(stack: Stack, *events: dict[str, Any], address: str = "") -> None:
    """Send a batch as another sender does."""
    key = base64.b64encode(f"{stack.ingest_key}:".encode()).decode()
    headers = {"Authorization": f"Basic {key}", "User-Agent": "shop/1.0"}
    answer = httpx.post(
        f"{address or stack.api_url}/v1/batch", json={"batch": events}, headers=headers, timeout=LONGEST_S
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("to", ["front", "emulator"])
def test_an_event_of_another_sender_is_told_as_it_came(page: PageClient, page_stack: Stack, to: str) -> None:
    """Its id is random: it is found by all else."""
    behind = f"{page_stack.aws_endpoint_url}/_aws/execute-api/{page_stack.outputs['HttpApiId']}/$default"
    user = f"user-{uuid.uuid4()}"
    sent = {"type": "identify", "userId": user, "traits": {"seats": 1}}
    address = behind if to == "emulator" else page_stack.api_url
    post(page_stack, {**sent, "messageId": str(uuid.uuid4())}, sent, address=address)

    rows = page.wait(lambda row: row["user"] == user and row["state"] == "delivered", "their delivery", count=2)
    details = [page.detail(row) for row in rows]

    assert all(row["way"] == "http:default" for row in rows)
    [detail] = [detail for detail in details if "messageId" not in json.loads(detail["came"])]
    assert json.loads(detail["came"]) == sent
    assert "from shop/1.0: POST /v1/batch, event 2 of 2" in detail["cameFrom"]
    changes = {change["path"]: change["rule"] for change in detail["changes"]}
    assert changes.keys() == {"messageId", "timestamp"}
    assert "random" in changes["messageId"]
    assert "RELAY_KEY" in detail["curl"]


def test_every_one_of_many_events_is_seen_with_its_way_and_as_it_came(page: PageClient, page_stack: Stack) -> None:
    """Most are on the queue for a moment only, and no look sees them there."""
    users = {f"many-{uuid.uuid4()}" for _ in range(300)}
    for user in users:
        post(page_stack, {"type": "identify", "userId": user})

    rows = page.wait(
        lambda row: row["user"] in users and row["state"] == "delivered", "their delivery", count=300, seconds=120
    )

    assert {row["way"] for row in rows} == {"http:default"}
    assert all(json.loads(page.detail(row)["came"]) == {"type": "identify", "userId": row["user"]} for row in rows)


def test_an_event_is_sent_again_and_a_dead_letter_moved_back(page: PageClient, page_stack: Stack) -> None:
    message_id, one = event()
    send(page, one)
    row = page.one(message_id, "delivered")
    before = page_stack.sandbox.health()["events"]
    again = page.post(f"/api/events/{row['key']}/resend", {})
    assert (again["status"], again["sent"]) == (200, 1)
    wait_until(lambda: page_stack.sandbox.health()["events"] > before or None, 60, "the event's second delivery")

    bad, two = event(timestamp="yesterday")
    send(page, two)
    row = page.one(bad, "dead")
    assert (row["tries"], page.post(f"/api/events/{row['key']}/redrive", {})) == (0, {"events": 1})
    # What is refused again is a dead letter again; now deliver has read it.
    page.wait(lambda row: row["messageId"] == bad and row["state"] == "dead" and row["tries"], "the letter's return")


def test_a_key_that_was_rotated_at_both_ends_is_no_trouble(page: PageClient, page_stack: Stack) -> None:
    page_stack.put_dreamdata_key("the-next-dreamdata-key")
    page.until(lambda overview: overview["mode"] == "wrong_key", "the page's seeing that Dreamdata knows another key")
    page_stack.sandbox.script({"key": "the-next-dreamdata-key"})
    page.until(lambda overview: overview["mode"] == "healthy", "the page's seeing that both have the same key")
    message_id, one = event()
    send(page, one)
    page.one(message_id, "delivered")

    page_stack.put_dreamdata_key(page_stack.sandbox_key)
    page.mode("healthy")


def test_a_wrong_key_holds_and_the_right_one_is_back_with_healthy(page: PageClient, page_stack: Stack) -> None:
    page.mode("wrong_key")
    message_id, one = event()
    send(page, one)

    [row] = page.wait(
        lambda row: row["messageId"] == message_id and row["reason"].startswith("key:"), "the refused key"
    )
    assert row["state"] == "held"

    page.mode("healthy")
    assert page_stack.sandbox.script_now(page_stack.sandbox_key)["takes_key"]


def test_a_request_with_a_wrong_key_is_told(page: PageClient, page_stack: Stack) -> None:
    answer = httpx.post(
        f"{page_stack.api_url}/v1/batch", json={"batch": []}, auth=("no-relay-key", ""), timeout=LONGEST_S
    )
    assert answer.status_code == 401

    page.until(lambda overview: overview["refusals"] > 0, "the refused request")
    assert {name: page.overview["refusal"][name] for name in ("status", "code", "path")} == {
        "status": 401,
        "code": "unauthorized",
        "path": "/v1/batch",
    }


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
