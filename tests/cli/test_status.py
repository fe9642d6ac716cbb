"""`relay status`: no sentence of it is false, whatever the log happens to say last."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from relay_cli import context
from relay_cli.stack import RelayStack
from tests.cli.conftest import DEAD, DREAMDATA, OUTPUTS, QUEUE, Bench


def status(bench: Bench, wants: bool) -> Any:
    """What it tells; its exit status is checked."""
    done = bench.run("status")
    assert done.exit_code == int(wants), done.output
    assert ("all is well" in done.stdout) is not wants
    return bench.json("status")


def test_all_is_well(bench: Bench) -> None:
    """Status 0, the sums of the metrics, and no age of what is not held."""
    bench.count("EventsDelivered", 100, 2)
    bench.count("EventsDelivered", 200, 1)
    bench.count("HeldAge", 300, 14)
    shown = status(bench, wants=False)
    assert shown["events"]["deliver.EventsDelivered"] == 3
    assert shown["oldest_seconds"] is None
    assert shown["headline"].startswith("Nothing is on the queue; last delivery ")


def test_an_outage_is_seen_through_any_noise(bench: Bench) -> None:
    """Hundreds of requests with a wrong key are the last that the log says."""
    bench.sqs.put(QUEUE, "{}")
    bench.count("HeldAge", 300, 20)
    bench.log(301, "WARNING", "payload posted", status=503)
    bench.log(300, "WARNING", "messages held", reasons=["unavailable"])
    for number in range(200):
        bench.log(number / 10, "WARNING", "request refused", "ingest", status=401, code="unauthorized")
    shown = status(bench, wants=True)
    assert shown["headline"].startswith("Dreamdata has answered 503 since ")
    assert "unavailable" in shown["wants"][0]


def test_an_outage_is_seen_when_nothing_was_said_within_the_window(bench: Bench) -> None:
    """A message hidden for half an hour says nothing meanwhile."""
    bench.sqs.put(QUEUE, "{}")
    bench.count("HeldAge", 1700, 3600)
    bench.log(1700, "WARNING", "payload posted", status=503)
    bench.log(1700, "WARNING", "messages held", reasons=["unavailable"])
    shown = status(bench, wants=True)
    assert shown["trouble"] == []
    assert shown["headline"].startswith("Dreamdata has answered 503 since ")


def test_a_retry_after_of_hours_is_an_outage_too(bench: Bench) -> None:
    """Also while other messages are delivered."""
    bench.sqs.put(QUEUE, "{}")
    bench.count("HeldAge", 7200, 5)
    bench.log(7200, "WARNING", "messages held", reasons=["unavailable"], retry_after=10_000)
    bench.log(100, "WARNING", "messages held", reasons=["refused"])
    bench.count("EventsDelivered", 60)
    assert status(bench, wants=True)["oldest_seconds"] > 7200


def test_a_function_that_says_nothing_wants_attention(bench: Bench) -> None:
    """Messages are there, and nobody has told anything of them for longer than an invocation takes."""
    bench.sqs.put(QUEUE, "{}")
    bench.count("EventsDelivered", 2000)
    bench.count("EventsAccepted", 1000, service="ingest")
    assert "has said nothing since" in status(bench, wants=True)["headline"]


@pytest.mark.parametrize("service", [("EventsAccepted", "ingest"), ("NumberOfMessagesSent", "queue")])
def test_a_message_that_has_just_come_is_no_outage(bench: Bench, service: tuple[str, str]) -> None:
    """However long nothing came before."""
    bench.sqs.put(QUEUE, "{}")
    bench.count("EventsDelivered", 40_000)
    bench.count(service[0], 70, service=service[1])
    assert status(bench, wants=False)["headline"].startswith("1 message on the queue; last delivery ")


def test_the_age_of_what_is_held_is_the_largest_and_grows(bench: Bench) -> None:
    """One event held for minutes: an invocation that held a younger one after it changes nothing."""
    bench.sqs.put(QUEUE, "{}")
    for ago, age in ((100, 74), (60, 29), (20, 0)):
        bench.count("HeldAge", ago, age)
    assert 174 <= status(bench, wants=True)["oldest_seconds"] <= 174 + 61


def test_what_was_held_before_a_delivery_is_not_held_for_ever(bench: Bench) -> None:
    """Its next try is over; had it failed, it would have been told."""
    bench.sqs.put(QUEUE, "{}")
    bench.count("HeldAge", 900, 30)
    bench.log(900, "WARNING", "messages held", reasons=["unavailable"])
    bench.count("EventsDelivered", 30)
    shown = status(bench, wants=False)
    assert (shown["oldest_seconds"], shown["held_for"]) == (None, {})


def test_a_cause_that_has_ended_is_told_as_ended(bench: Bench) -> None:
    """Hundreds are delivered while the last ones wait for their next try."""
    bench.sqs.put(QUEUE, "{}")
    bench.count("HeldAge", 130, 60)
    bench.log(130, "ERROR", "nothing is delivered", reasons=["key:401"])
    bench.count("EventsDelivered", 10, 300)
    shown = status(bench, wants=True)
    assert shown["headline"].startswith("Dreamdata takes events again; what was held until ")
    assert "which has ended); tried again by" in shown["wants"][0]
    assert shown["dreamdata_key"]["state"] == "taken"


def test_a_key_that_dreamdata_refuses_is_told_so_with_what_to_type(bench: Bench) -> None:
    """Since when, and in place of any "ok"."""
    bench.sqs.put(QUEUE, "{}")
    bench.count("EventsDelivered", 1000)
    for ago in (300, 120, 40):
        bench.count("HeldAge", ago, 5)
        bench.log(ago, "WARNING", "payload posted", status=401)
        bench.log(ago, "ERROR", "nothing is delivered", reasons=["key:401"])
    shown = status(bench, wants=True)
    assert shown["dreamdata_key"]["state"] == "refused"
    assert "401 since" in shown["wants"][0]
    assert shown["wants"][0].endswith("type relay --stack shop key set")


@pytest.mark.parametrize(("put_ago", "state"), [(200, "refused"), (60, "new"), (10, "new")])
def test_a_key_just_put_is_not_told_to_be_refused(bench: Bench, put_ago: int, state: str) -> None:
    """For a minute and a half the refusals may still be of the one before, which functions remember."""
    bench.secrets.put_at[DREAMDATA] = datetime.now(UTC) - timedelta(seconds=put_ago)
    bench.log(30, "ERROR", "nothing is delivered", reasons=["key:401"])
    shown = bench.json("status")["dreamdata_key"]
    assert shown["state"] == state
    assert ("to the key before" in shown["told"]) is (state == "new")


@pytest.mark.parametrize(("put_ago", "taken_ago", "state"), [(200, 100, "new"), (500, 50, "taken"), (100, 200, "new")])
def test_a_delivery_soon_after_a_key_was_put_may_be_with_the_key_before(
    bench: Bench, put_ago: int, taken_ago: int, state: str
) -> None:
    """Functions that nobody refuses remember it for minutes: a rotation is not told as done before it is."""
    bench.secrets.put_at[DREAMDATA] = datetime.now(UTC) - timedelta(seconds=put_ago)
    bench.count("EventsDelivered", 1000)
    bench.count("EventsDelivered", taken_ago)
    shown = bench.json("status")["dreamdata_key"]
    assert shown["state"] == state
    assert ("may have been with the key before" in shown["told"]) is (taken_ago < put_ago and state == "new")


def test_a_delivery_after_the_key_before_was_refused_is_with_the_new_one(bench: Bench) -> None:
    """The function has asked for the secret again."""
    bench.secrets.put_at[DREAMDATA] = datetime.now(UTC) - timedelta(seconds=240)
    bench.count("EventsDelivered", 1000)
    bench.log(300, "WARNING", "payload posted", status=401)
    bench.count("EventsDelivered", 100)
    assert bench.json("status")["dreamdata_key"]["state"] == "taken"


def test_an_old_refusal_makes_no_delivery_the_new_keys(bench: Bench) -> None:
    """Since then the key before was taken: another one, put in between."""
    bench.secrets.put_at[DREAMDATA] = datetime.now(UTC) - timedelta(seconds=240)
    bench.log(600, "WARNING", "payload posted", status=401)
    for ago in (599, 400, 100):
        bench.count("EventsDelivered", ago)
    assert bench.json("status")["dreamdata_key"]["state"] == "new"


def test_on_the_local_stack_lines_of_one_invocation_have_one_time(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal and the delivery with the key that was read then; a key put after both is not known to be taken."""
    local = RelayStack("shop", OUTPUTS, "", bench, "http://127.0.0.1:1")
    monkeypatch.setattr(context, "find_stack", lambda *_: local)
    at = datetime.now(UTC) - timedelta(seconds=60)
    for line in (
        {"level": "WARNING", "message": "payload posted", "status": 401},
        {"level": "INFO", "message": "payload posted", "status": 200},
        {"_aws": {"CloudWatchMetrics": [{"Metrics": [{"Name": "EventsDelivered"}]}]}, "EventsDelivered": 1},
    ):
        bench.logs.lines.append((OUTPUTS["DeliverLogGroupName"], int(at.timestamp() * 1000), json.dumps(line)))
    bench.secrets.put_at[DREAMDATA] = at - timedelta(seconds=5)
    assert bench.json("status")["dreamdata_key"]["state"] == "taken"
    bench.secrets.put_at[DREAMDATA] = at + timedelta(seconds=30)
    group, first, text = bench.logs.lines[1]
    bench.logs.lines.append((group, first + 31_000, text))
    assert bench.json("status")["dreamdata_key"]["state"] == "new"


def test_a_wrong_key_in_a_wrong_ones_place_is_not_refused_since_before_it_was_put(bench: Bench) -> None:
    """Which refusal was its first, nothing tells."""
    bench.secrets.put_at[DREAMDATA] = datetime.now(UTC) - timedelta(seconds=400)
    for ago in (1000, 600, 300, 30):
        bench.log(ago, "ERROR", "nothing is delivered", reasons=["key:401"])
    shown = bench.json("status")["dreamdata_key"]
    assert (shown["state"], "since" in shown["told"]) == ("refused", False)
    assert re.match(r"put at [\w :]+, refused by Dreamdata: 401, last at ", shown["told"])


def test_a_key_is_refused_since_its_first_refusal_though_the_lines_read_begin_later(bench: Bench) -> None:
    """The counts tell since when, by the minute."""
    begun = datetime.now(UTC) - timedelta(hours=3)
    bench.count("EventsDelivered", 4 * 3600)
    for ago in range(3 * 3600, 0, -1200):
        bench.count("KeyRefused", ago)
        bench.count("Answers4xx", ago)
    bench.log(60, "ERROR", "nothing is delivered", reasons=["key:403"])
    shown = bench.json("status")["dreamdata_key"]
    since = re.search(r"403 since (?:\w+ \d+ )?(\d\d:\d\d), last at", shown["told"])
    assert shown["state"] == "refused"
    assert since
    # The minute may have passed meanwhile.
    assert since[1] in {f"{begun:%H:%M}", f"{begun + timedelta(minutes=1):%H:%M}"}


def test_a_key_that_nothing_was_posted_with_is_not_called_good(bench: Bench) -> None:
    """That it is there is all that is known."""
    shown = bench.json("status")["dreamdata_key"]
    assert (shown["state"], "nothing was posted lately" in shown["told"]) == ("unasked", True)


def test_an_event_held_three_times_is_not_three_events(bench: Bench) -> None:
    """The metric counts holds, and is told as such."""
    for ago in (300, 200, 100):
        bench.count("EventsHeld", ago)
    shown = bench.json("status")
    assert shown["times_held"] == 3
    assert not any("EventsHeld" in name for name in shown["events"])


def test_what_senders_get_wrong_is_a_note_and_no_trouble(bench: Bench) -> None:
    """Their requests without a key stand under no "all is well"."""
    bench.count("RequestsRefused", 100, 5, "ingest")
    bench.count("RequestsUnauthorized", 100, 4, "ingest")
    bench.log(100, "WARNING", "request refused", "ingest", status=401, code="unauthorized")
    shown = status(bench, wants=False)
    assert shown["trouble"] == []
    assert shown["notes"][0].startswith("5 requests of senders were refused, 4 of them for want of a relay key")


def test_trouble_of_the_relay_is_shown_with_its_fields(bench: Bench) -> None:
    """As the last lines that somebody should read."""
    bench.log(10, "ERROR", "unexpected error", "ingest", error="KeyError")
    assert "unexpected error {'error': 'KeyError'}" in bench.run("status").stdout


def test_a_queue_that_is_not_read_is_the_first_that_is_said(bench: Bench) -> None:
    """With what waits, dead letters beside."""
    bench.mappings[:] = [("Disabled", "deliverfunctionname:live")]
    bench.sqs.put(QUEUE, "{}")
    bench.sqs.put(DEAD, "{}")
    shown = status(bench, wants=True)
    assert shown["headline"].startswith("The queue is not read: its event source mapping is disabled; 1 message on")


def test_a_refusal_between_two_deliveries_is_not_an_outage(bench: Bench) -> None:
    """Only what Dreamdata has answered since it last took events."""
    bench.log(300, "WARNING", "payload posted", status=400)
    bench.count("EventsDelivered", 60)
    bench.sqs.put(QUEUE, "{}")
    assert status(bench, wants=False)["answers_since"] is None


def test_the_local_stacks_log_is_read_to_the_millisecond(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """An invocation that delivers, then meets an outage, has lines in order and one count for all of it."""
    bench.sqs.put(QUEUE, "{}")
    bench.log(30.2, "INFO", "payload posted", status=200)
    bench.log(30.1, "WARNING", "payload posted", status=503)
    bench.log(30, "WARNING", "messages held", reasons=["unavailable"])
    metrics = [{"Name": "EventsDelivered", "Unit": "Count"}, {"Name": "HeldAge", "Unit": "Seconds"}]
    values: dict[str, Any] = {"EventsDelivered": [1], "HeldAge": [40, 7]}
    values["_aws"] = {"CloudWatchMetrics": [{"Metrics": metrics}]}
    bench.log(29.9, "INFO", "", **values)
    stack = RelayStack("shop", OUTPUTS, "", bench, "http://127.0.0.1:1")
    monkeypatch.setattr(context, "find_stack", lambda *_: stack)
    monkeypatch.setattr(RelayStack, "client", lambda _, service: bench.client(service))
    shown = status(bench, wants=True)
    assert shown["headline"].startswith("Dreamdata has answered 503 since ")
    assert shown["answers_since"]["answers"] == ["503"]
    assert 69 <= shown["oldest_seconds"] <= 71


def test_metrics_that_come_late_are_no_silence(bench: Bench) -> None:
    """CloudWatch tells the last minutes of a busy relay only by and by."""
    bench.sqs.put(QUEUE, "{}")
    bench.count("EventsDelivered", 260)
    bench.count("EventsAccepted", 240, service="ingest")
    assert status(bench, wants=False)["headline"].startswith("1 message on the queue; last delivery ")


def test_an_old_hold_without_a_delivery_is_not_told_of_a_new_message(bench: Bench) -> None:
    """What was held then was dead-lettered: a message of now is no outage of ten hours."""
    bench.count("HeldAge", 36_000, 60)
    bench.log(36_000, "WARNING", "messages held", reasons=["refused_all"])
    bench.count("EventsAccepted", 70, service="ingest")
    bench.sqs.put(QUEUE, "{}")
    assert status(bench, wants=False)["oldest_seconds"] is None


def test_an_invocation_that_ended_badly_wants_attention_while_its_messages_are_hidden(bench: Bench) -> None:
    """The function itself says nothing of it, and others deliver meanwhile."""
    bench.sqs.put(QUEUE, "{}")
    bench.count("EventsDelivered", 5)
    line = {"type": "platform.report", "record": {"status": "timeout", "requestId": "r"}}
    at = int((datetime.now(UTC) - timedelta(seconds=100)).timestamp() * 1000)
    bench.logs.lines.append((OUTPUTS["DeliverLogGroupName"], at, json.dumps(line)))
    assert "the deliver function's invocation timed out at " in status(bench, wants=True)["wants"][0]


def test_an_outage_is_told_since_its_beginning_though_the_lines_read_begin_later(bench: Bench) -> None:
    """The counts of hours ago tell, by the minute, what the log lines of the last minutes cannot."""
    bench.sqs.put(QUEUE, "{}")
    bench.count("EventsDelivered", 4 * 3600)
    for ago in range(3 * 3600, 0, -600):
        bench.count("Answers5xx", ago)
        bench.count("HeldAge", ago, 3 * 3600 - ago)
    bench.log(120, "WARNING", "payload posted", status=503)
    bench.log(120, "WARNING", "messages held", reasons=["unavailable"])
    shown = status(bench, wants=True)
    since, last = (datetime.fromisoformat(shown["answers_since"][name]) for name in ("since", "last"))
    now = datetime.now(UTC)
    assert timedelta(hours=3) <= now - since <= timedelta(hours=3, minutes=2)
    assert now - last <= timedelta(minutes=11)
    assert shown["answers_since"]["answers"] == ["503"]
    assert f" since {since:%H:%M}, last at " in shown["headline"].replace(f"{since:%b %d} ", "")


def test_kinds_that_only_the_counts_tell_are_told_as_kinds(bench: Bench) -> None:
    """No line says which 4xx it was."""
    bench.sqs.put(QUEUE, "{}")
    bench.count("HeldAge", 100, 3600)
    bench.count("Answers4xx", 3600)
    bench.count("NoAnswers", 3000)
    bench.log(100, "WARNING", "payload posted", status=503)
    assert status(bench, wants=True)["answers_since"]["answers"] == ["4xx", "nothing", "503"]
