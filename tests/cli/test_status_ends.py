"""`relay status` stops telling a cause as soon as what it reads shows that the cause has ended."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from relay_cli.readings import DEPTHS
from tests.cli.conftest import DREAMDATA, QUEUE, Bench

# Reasons that messages are held for, with the answer that the function logs.
REASONS = {
    "unavailable": 503, "ambiguous": 0, "key:401": 401, "key:403": 403, "key:secret_placeholder": None,
    "key:secret_malformed": None, "key:secret_unavailable": None, "key:secret_withdrawn": None, "configuration": 404,
    "refused": 400, "refused_all": 400, "busy": None, "time": None, "dead_letter": None, "error": None,
}  # fmt: skip
OF_ALL = ("unavailable", "ambiguous", "configuration", "refused_all", *(name for name in REASONS if "key:" in name))
OF_KEYS = ("key:401", "key:403", "key:secret_placeholder", "key:secret_malformed")
MINUTE = 60.0


def held(bench: Bench, reason: str, ago_s: float, *, refused: int = 2) -> None:
    """One message with two events is held."""
    status = REASONS[reason]
    bench.count("HeldAge", ago_s, 5)
    if status:
        bench.count(f"Answers{status // 100}xx", ago_s)
        bench.log(ago_s, "WARNING", "payload posted", status=status)
    elif status == 0:
        bench.count("NoAnswers", ago_s)
        bench.log(ago_s, "WARNING", "payload posted, no answer")
    more: dict[str, Any] = {"refused": refused} if reason == "refused" else {}
    bench.log(ago_s, "WARNING", "messages held", reasons=[reason], messages=1, events=2, **more)


def empty(bench: Bench, ago_s: float) -> None:
    """CloudWatch tells that the queue was empty in two minutes in a row."""
    begun = datetime.now(UTC) - timedelta(seconds=ago_s)
    for metric in DEPTHS:
        bench.counts["queue", metric] = [(begun, 0.0), (begun + timedelta(seconds=MINUTE), 0.0)]


def told(bench: Bench, reason: str) -> bool:
    """Whether any sentence tells that messages are held for ``reason``, as what has not ended."""
    shown = bench.json("status")
    sentences = [shown["headline"], *shown["wants"]]
    return any(f"{reason}, last at" in one and f"{reason}, which has ended" not in one for one in sentences)


@pytest.fixture
def quiet(bench: Bench) -> Bench:
    """Events were delivered before, and a message is on the queue."""
    bench.sqs.put(QUEUE, "{}")
    bench.count("EventsDelivered", 3000)
    bench.secrets.put_at[DREAMDATA] = datetime.now(UTC) - timedelta(days=1)
    return bench


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_is_told_while_nothing_shows_its_end(quiet: Bench, reason: str) -> None:
    """So that its end is one."""
    held(quiet, reason, 400 if reason == "unavailable" else 100)
    shown = quiet.json("status")
    assert list(shown["held_for"]) == [reason]
    assert any(reason in want for want in shown["wants"])


@pytest.mark.parametrize("reason", REASONS)
def test_an_empty_queue_ends_every_reason(quiet: Bench, reason: str) -> None:
    """Nothing is there any more; CloudWatch's counts of the queue tell it afterwards, when others have come."""
    held(quiet, reason, 400)
    empty(quiet, 240)
    shown = quiet.json("status")
    assert (shown["held_for"], shown["oldest_seconds"], shown["tried_again_by"]) == ({}, None, None)
    assert not any("held (" in want for want in shown["wants"])
    assert "Messages were held" not in shown["headline"]


@pytest.mark.parametrize("reason", REASONS)
def test_a_purge_ends_every_reason(quiet: Bench, reason: str) -> None:
    """Also while the queue is still empty."""
    held(quiet, reason, 100)
    quiet.sqs.queues[QUEUE].clear()
    shown = quiet.json("status")
    assert shown["held_for"] == {}
    assert not any("held (" in want for want in shown["wants"])
    assert "held" not in shown["headline"]


@pytest.mark.parametrize("reason", REASONS)
def test_time_ends_every_reason(quiet: Bench, reason: str) -> None:
    """Whatever was held then is tried again by then, and would be told anew."""
    held(quiet, reason, 1500)
    shown = quiet.json("status", "--minutes", "60")
    assert shown["held_for"] == {}
    assert "Messages were held" not in shown["headline"]
    has_failed = "Dreamdata has answered" in shown["headline"]
    # Of a key nothing but a delivery or another key tells more.
    assert has_failed is (reason in ("key:401", "key:403"))


@pytest.mark.parametrize("reason", OF_ALL)
def test_a_delivery_ends_what_is_wrong_with_all(quiet: Bench, reason: str) -> None:
    """What was held for it waits for its next try, which is told as that."""
    held(quiet, reason, 100)
    quiet.log(30, "INFO", "payload posted", status=200)
    shown = quiet.json("status")
    assert shown["answers_since"] is None
    assert shown["headline"].startswith("Dreamdata takes events again; what was held until ")
    assert all("which has ended" in want for want in shown["wants"] if "held (" in want)


def test_a_delivery_of_what_was_refused_ends_the_refusal(quiet: Bench) -> None:
    """Dreamdata took it on a later receive: it is no dead letter, and nothing waits."""
    held(quiet, "refused", 100)
    quiet.log(60, "INFO", "payload posted", status=200)
    assert told(quiet, "refused")
    quiet.log(59, "INFO", "refused events delivered", count=1)
    assert told(quiet, "refused")
    quiet.log(50, "WARNING", "events dead-lettered", codes=["refused_by_dreamdata", "type_unknown"], each=[1, 4])
    shown = quiet.json("status")
    assert (shown["held_for"], shown["oldest_seconds"]) == ({}, None)
    assert shown["headline"].startswith("1 message on the queue; last delivery ")


def test_what_was_refused_and_waits_on_is_counted_once(quiet: Bench) -> None:
    """Held again for its refusal, it is the same event."""
    held(quiet, "refused", 140)
    held(quiet, "refused", 100, refused=0)
    quiet.log(60, "WARNING", "events dead-lettered", codes=["refused_by_dreamdata"], each=[2], count=2)
    assert quiet.json("status")["held_for"] == {}


@pytest.mark.parametrize("reason", ["refused", "dead_letter"])
def test_dead_letters_of_others_end_nothing(quiet: Bench, reason: str) -> None:
    """They broke a rule of the relay."""
    held(quiet, reason, 100)
    quiet.log(50, "WARNING", "events dead-lettered", codes=["type_unknown"], each=[9], count=9)
    assert told(quiet, reason)


@pytest.mark.parametrize("reason", OF_KEYS)
def test_another_key_ends_what_the_key_before_was_told_to_be(quiet: Bench, reason: str) -> None:
    """Nobody knows yet what Dreamdata says of it; what was said is told to be of before."""
    held(quiet, reason, 200)
    put_at = datetime.now(UTC) - timedelta(seconds=20)
    quiet.secrets.put_at[DREAMDATA] = put_at
    shown = quiet.json("status")
    assert "has answered" not in shown["headline"]
    assert "Nothing can be delivered" not in shown["headline"]
    assert f"before the key was put at {put_at:%H:%M:%S}" in shown["headline"].replace(f"{put_at:%b %d} ", "")
    (want,) = (want for want in shown["wants"] if "held (" in want)
    assert f"{reason}, last at " in want
    assert f", before the key was put at {put_at:%H:%M:%S}" in want.replace(f"{put_at:%b %d} ", "")


def test_an_endpoint_that_answers_again_ends_its_fault_by_a_delivery(quiet: Bench) -> None:
    """Another answer alone does not: what answers may not be Dreamdata; but the fault is told as of before."""
    held(quiet, "configuration", 200)
    held(quiet, "unavailable", 100)
    headline = quiet.json("status")["headline"]
    assert headline.startswith("Dreamdata has answered 503 since ")
    assert "; it answered 404 from " in headline
    quiet.log(50, "INFO", "payload posted", status=200)
    assert "404" not in quiet.json("status")["headline"]


def test_an_outage_of_hours_ago_is_not_one_of_now(quiet: Bench) -> None:
    """All of it was purged; a message that has just come is no sign of it."""
    for ago in (11_000, 10_000, 9_000):
        quiet.count("HeldAge", ago, 60)
        quiet.count("Answers5xx", ago)
    quiet.counts["deliver", "EventsDelivered"].clear()
    headline = quiet.json("status")["headline"]
    assert headline.startswith("1 message on the queue; Dreamdata's last answer was 5xx at ")


def test_silence_ends_with_an_empty_queue(quiet: Bench) -> None:
    """What had come is gone, and what is there now came after."""
    quiet.count("EventsAccepted", 1000, service="ingest")
    assert "has said nothing" in quiet.json("status")["headline"]
    empty(quiet, 500)
    assert quiet.json("status")["headline"].startswith("1 message on the queue; last delivery ")


def test_an_invocation_that_ended_badly_ends_with_an_empty_queue(quiet: Bench) -> None:
    """Its messages come back no more."""
    quiet.log(400, "ERROR", "invocation timed out", kind="timeout")
    assert any("invocation timed out" in want for want in quiet.json("status")["wants"])
    empty(quiet, 300)
    assert not any("invocation timed out" in want for want in quiet.json("status")["wants"])


@pytest.mark.parametrize(("gone", "ago_s"), [(DEPTHS[0], 240), (DEPTHS[1], 240), (DEPTHS[2], 240), ("", 430)])
def test_a_queue_that_may_not_have_been_empty_ends_nothing(quiet: Bench, gone: str, ago_s: float) -> None:
    """Hidden and delayed messages are messages, and what was counted before the hold tells nothing of it."""
    held(quiet, "busy", 400)
    empty(quiet, ago_s)
    if gone:
        quiet.counts["queue", gone][0] = (quiet.counts["queue", gone][0][0], 1.0)
    assert "busy" in quiet.json("status")["held_for"]


def test_one_minute_of_nothing_is_no_empty_queue(quiet: Bench) -> None:
    """SQS counts approximately."""
    held(quiet, "busy", 400)
    for metric in DEPTHS:
        quiet.count(metric, 240, 0, service="queue")
    assert "busy" in quiet.json("status")["held_for"]
