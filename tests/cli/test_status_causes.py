"""`relay status` tells each cause as what it is: no refusal that nobody gave, no outage of one event."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cli.conftest import DREAMDATA, QUEUE, Bench


def minute_ago(minutes: int, second: float = 0.0) -> float:
    """Seconds since a second of the minute that began so many whole minutes before this one."""
    now = datetime.now(UTC)
    return (now - (now.replace(second=0, microsecond=0) - timedelta(minutes=minutes, seconds=-second))).total_seconds()


def test_an_outage_that_began_in_a_minute_of_deliveries_is_told_as_one(bench: Bench) -> None:
    """As every outage of a busy relay does: CloudWatch tells the last delivery by the minute only."""
    bench.sqs.put(QUEUE, "{}")
    bench.count("EventsDelivered", minute_ago(12, 10), 40)
    bench.log(minute_ago(12, 40), "WARNING", "payload posted", status=503)
    for minutes in range(11, 1, -1):
        bench.count("HeldAge", minute_ago(minutes), 60 * (12 - minutes))
        bench.count("Answers5xx", minute_ago(minutes))
        bench.log(minute_ago(minutes), "WARNING", "payload posted", status=503)
        bench.log(minute_ago(minutes), "WARNING", "messages held", reasons=["unavailable"])
    begun = datetime.now(UTC) - timedelta(seconds=minute_ago(12, 40))
    headline = bench.json("status")["headline"].replace(f"{begun:%b %d} ", "")
    assert headline.startswith(f"Dreamdata has answered 503 since {begun:%H:%M}, last at ")


@pytest.mark.parametrize("reason", ["key:secret_unavailable", "key:secret_withdrawn", "key:secret_placeholder"])
def test_a_secret_that_cannot_be_read_is_no_refusal_of_dreamdatas(bench: Bench, reason: str) -> None:
    """It was not asked: the metric counts both."""
    bench.sqs.put(QUEUE, "{}")
    for ago in (4000, 3000, 300, 120):
        bench.count("KeyRefused", ago)
        bench.count("HeldAge", ago, 60)
        bench.log(ago, "ERROR", "nothing is delivered", reasons=[reason])
    key = bench.json("status")["dreamdata_key"]
    assert (key["state"], "401" in key["told"]) == ("unasked", False)


def test_a_key_put_after_there_was_none_follows_no_refusal(bench: Bench) -> None:
    """Nobody has answered before."""
    bench.secrets.put_at[DREAMDATA] = datetime.now(UTC) - timedelta(seconds=5)
    bench.count("KeyRefused", 60)
    bench.log(60, "ERROR", "nothing is delivered", reasons=["key:secret_placeholder"])
    key = bench.json("status")["dreamdata_key"]
    assert (key["state"], "the key before" in key["told"]) == ("new", False)


def test_one_event_that_is_refused_is_no_outage(bench: Bench) -> None:
    """Others were taken a moment before; it is shown again, and the last answer was of it."""
    bench.sqs.put(QUEUE, "{}")
    bench.count("EventsDelivered", 200, 9)
    bench.count("HeldAge", 60)
    bench.count("Answers4xx", 60)
    bench.log(60, "WARNING", "payload posted", status=400)
    bench.log(60, "WARNING", "messages held", reasons=["refused"])
    shown = bench.json("status")
    assert shown["answers_since"] is None
    assert shown["headline"].startswith("Messages were held (refused, last at ")


def test_an_event_that_was_refused_hours_ago_says_nothing_of_a_new_one(bench: Bench) -> None:
    """It is a dead letter by now."""
    bench.count("EventsDelivered", 9100)
    bench.count("Answers4xx", 9000)
    bench.count("HeldAge", 9000)
    bench.count("EventsAccepted", 70, service="ingest")
    bench.sqs.put(QUEUE, "{}")
    assert bench.json("status")["headline"].startswith("1 message on the queue; last delivery ")


@pytest.mark.parametrize("delivered_ago", [None, 10_000], ids=["fresh", "quiet"])
def test_a_first_message_of_which_nothing_is_counted_yet_is_no_silence(bench: Bench, delivered_ago: int | None) -> None:
    """CloudWatch tells minutes later that one came, and a fresh stack has told of nothing for no 13 hours."""
    bench.sqs.put(QUEUE, "{}")
    if delivered_ago:
        bench.count("EventsDelivered", delivered_ago)
    done = bench.run("status")
    assert (done.exit_code, "has said nothing" in done.stdout) == (0, False)


def test_a_message_that_waits_untold_for_a_day_is_silence(bench: Bench) -> None:
    """It came before all that is counted: the queue's own age tells of it."""
    bench.sqs.put(QUEUE, "{}")
    for ago in (600, 540, 480):
        bench.count("ApproximateAgeOfOldestMessage", ago, 86_400 - ago, service="queue")
    done = bench.run("status")
    assert (done.exit_code, "The deliver function has said nothing since" in done.stdout) == (1, True)


@pytest.mark.parametrize(
    ("reasons", "section"),
    [
        (["unavailable"], "Events are waiting"),
        (["key:401"], "The key is refused"),
        (["key:secret_placeholder"], "The key is refused"),
        (["key:secret_withdrawn"], "A secret cannot be read"),
        (["configuration"], "The endpoint is wrong"),
        (["refused_all"], "Everything is refused"),
        (["error"], "Unexpected errors"),
        (["configuration", "unavailable"], "The endpoint is wrong"),
        (["key:401", "unavailable"], "The key is refused"),
        (["busy", "unavailable"], "Events are waiting"),
        (["key:403", "error", "time"], "The key is refused, and Unexpected errors"),
    ],
)
def test_what_is_held_names_the_section_of_its_reason(bench: Bench, reasons: list[str], section: str) -> None:
    """The one that says what to do about it; where another reason only wants to be waited for, too."""
    bench.sqs.put(QUEUE, "{}")
    bench.count("HeldAge", 60)
    bench.log(60, "WARNING", "messages held", reasons=reasons)
    (want,) = (want for want in bench.json("status")["wants"] if "on the queue" in want)
    assert want.endswith(f"see docs/operations.md, {section}")


def test_silence_and_a_disabled_mapping_name_their_section(bench: Bench) -> None:
    """The one on a queue that is not read."""
    bench.sqs.put(QUEUE, "{}")
    bench.count("EventsAccepted", 1000, service="ingest")
    (want,) = bench.json("status")["wants"]
    assert want.endswith("see docs/operations.md, The queue is not read")
    bench.mappings[:] = [("Disabled", "deliverfunctionname:live")]
    (want,) = bench.json("status")["wants"]
    assert want.endswith("see docs/operations.md, The queue is not read")


def test_a_queue_without_a_mapping_is_not_read(bench: Bench) -> None:
    """It is no question of rights: the list is there, and empty."""
    bench.mappings.clear()
    done = bench.run("status")
    assert (done.exit_code, "The queue is not read" in done.stdout) == (1, True)


def test_a_secret_that_was_spoilt_a_moment_ago_does_not_stop_what_remembers_the_key(bench: Bench) -> None:
    """Functions go on with the key that they have read, for minutes."""
    bench.count("EventsDelivered", 5)
    bench.secrets.put(DREAMDATA, '{"key": "x"}')
    bench.secrets.put_at[DREAMDATA] = datetime.now(UTC) - timedelta(seconds=30)
    done = bench.run("status")
    assert (done.exit_code, "Nothing can be delivered" in done.stdout) == (1, False)
    bench.secrets.put_at[DREAMDATA] = datetime.now(UTC) - timedelta(seconds=400)
    assert "Nothing can be delivered" in bench.run("status").stdout


def test_holds_are_counted_and_not_minutes(bench: Bench) -> None:
    """CloudWatch gives one value a minute, which may be of many."""
    for _ in range(5):
        bench.count("EventsHeld", minute_ago(3, 20), 7)
    assert bench.json("status")["times_held"] == 5


def shown_trouble(bench: Bench, ago_s: float) -> Any:
    bench.log(ago_s, "ERROR", "unexpected error", "ingest", error="KeyError")
    return bench.run("status", "--minutes", "1440").stdout


def test_trouble_of_yesterday_is_not_told_as_of_today(bench: Bench) -> None:
    """With its date."""
    at = datetime.now(UTC) - timedelta(hours=23, minutes=59)
    assert f"{at:%b %d %H:%M}" in shown_trouble(bench, 23 * 3600 + 59 * 60)
