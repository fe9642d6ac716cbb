"""`relay status` with several causes, in turn or at once: each has its own times, and ends when it ended."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.conftest import DEAD, DREAMDATA, QUEUE, Bench


def refuse(bench: Bench, ago_s: float, events: int = 1, reasons: tuple[str, ...] = ("refused",)) -> None:
    bench.count("HeldAge", ago_s, 1)
    bench.count("Answers4xx", ago_s)
    bench.log(ago_s, "WARNING", "payload posted", status=400)
    bench.log(ago_s, "WARNING", "messages held", reasons=list(reasons), events=events)


@pytest.fixture
def flowing(bench: Bench) -> Bench:
    """Events come and are delivered; one message has just come."""
    for ago in range(600, 0, -20):
        bench.count("EventsDelivered", ago, 9)
        bench.count("EventsAccepted", ago, 9, service="ingest")
    bench.sqs.put(QUEUE, "{}")
    return bench


def test_a_refused_event_that_is_a_dead_letter_is_not_held_any_more(flowing: Bench) -> None:
    """It is told where it is, and all else is well."""
    refuse(flowing, 60)
    assert "refused" in flowing.json("status")["held_for"]
    flowing.log(40, "WARNING", "events dead-lettered", codes=["refused_by_dreamdata"], count=1)
    flowing.sqs.put(DEAD, "{}", error_code="refused_by_dreamdata")
    shown = flowing.json("status")
    assert (shown["held_for"], shown["oldest_seconds"], shown["tried_again_by"]) == ({}, None, None)
    assert shown["headline"].startswith("1 message on the queue; last delivery ")
    assert shown["wants"] == ["1 dead letter: relay --stack shop dead list"]


@pytest.mark.parametrize(
    ("held", "codes", "count", "left"),
    [
        (2, ["refused_by_dreamdata"], 1, True),
        (2, ["refused_by_dreamdata"], 2, False),
        (1, ["type_unknown"], 1, True),
        (1, ["refused_by_dreamdata", "type_unknown"], 2, False),
        (2, ["refused_by_dreamdata", "type_unknown"], 3, True),
    ],
)
def test_as_many_as_are_not_dead_letters_may_still_wait(
    flowing: Bench, held: int, codes: list[str], count: int, left: bool
) -> None:
    """Counted, and not taken for ended with the first of them."""
    refuse(flowing, 60, events=held)
    flowing.log(40, "WARNING", "events dead-lettered", codes=codes, count=count)
    assert ("refused" in flowing.json("status")["held_for"]) is left


def test_an_event_refused_after_the_dead_letter_is_another_one(flowing: Bench) -> None:
    """What ended before says nothing of it."""
    refuse(flowing, 70)
    flowing.log(50, "WARNING", "events dead-lettered", codes=["refused_by_dreamdata"], count=1)
    refuse(flowing, 30)
    assert "refused" in flowing.json("status")["held_for"]


def test_what_else_was_held_with_it_stays(flowing: Bench) -> None:
    """Of one line nobody knows how many were held for which reason."""
    refuse(flowing, 60, 3, ("refused", "unavailable"))
    flowing.log(40, "WARNING", "events dead-lettered", codes=["refused_by_dreamdata"], count=1)
    assert set(flowing.json("status")["held_for"]) == {"refused", "unavailable"}


def test_a_refusal_before_an_outage_ends_when_its_own_wait_is_over(bench: Bench) -> None:
    """However long the outage goes on; its event has met the outage since."""
    bench.sqs.put(QUEUE, "{}")
    refuse(bench, 3000)
    bench.count("EventsDelivered", 2990)
    for ago in (2900, 1500, 100):
        bench.count("HeldAge", ago, 3010 - ago)
        bench.count("Answers5xx", ago)
        bench.log(ago, "WARNING", "payload posted", status=503)
        bench.log(ago, "WARNING", "messages held", reasons=["unavailable"], events=2)
    shown = bench.json("status", "--minutes", "60")
    assert list(shown["held_for"]) == ["unavailable"]
    assert shown["answers_since"]["answers"] == ["503"]


@pytest.fixture
def two(bench: Bench) -> Bench:
    """Dreamdata refused the key for a while, and fails since."""
    bench.sqs.put(QUEUE, "{}")
    bench.count("EventsDelivered", 1000)
    for ago, status, reason in (
        (800, 401, "key:401"), (500, 401, "key:401"), (400, 503, "unavailable"), (100, 503, "unavailable"),
    ):  # fmt: skip
        bench.count("HeldAge", ago, 1000 - ago)
        bench.log(ago, "WARNING", "payload posted", status=status)
        bench.log(ago, "WARNING", "messages held", reasons=[reason], events=1)
    return bench


def test_each_answer_has_its_own_times(two: Bench) -> None:
    """In the sentence, the last one first, and in JSON."""
    shown = two.json("status")
    told = [(one["answer"], one["since"][11:19], one["last"][11:19]) for one in shown["answers_since"]["each"]]
    (newest, since, last), (before, first, until) = told
    assert (newest, before) == ("503", "401")
    dateless = shown["headline"].replace(f"{datetime.now(UTC) - timedelta(days=1):%b %d} ", "")
    assert dateless.startswith(
        f"Dreamdata has answered 503 since {since}, last at {last};"
        f" it answered 401 from {first} until {until}; 1 message on the queue; last delivery "
    )
    ages = [
        datetime.now(UTC) - datetime.fromisoformat(one[name])
        for one in shown["answers_since"]["each"]
        for name in ("since", "last")
    ]
    assert [round(age.total_seconds(), -2) for age in ages] == [400, 100, 800, 500]


def test_more_causes_than_two_are_counted(two: Bench) -> None:
    """The worst are told, and how many more there are."""
    two.log(90, "WARNING", "payload posted", status=404)
    two.mappings[:] = [("Disabled", "deliverfunctionname:live")]
    headline = two.json("status")["headline"]
    assert headline.startswith(
        "The queue is not read: its event source mapping is disabled; Dreamdata has answered 404 "
    )
    assert "; and 2 more causes; 1 message on the queue; " in headline
    two.mappings[:] = [("Enabled", "deliverfunctionname:live")]
    assert "; and 1 more cause; 1 message on the queue; " in two.json("status")["headline"]


def test_one_event_that_is_refused_is_no_part_of_an_outage(bench: Bench) -> None:
    """Nor does the outage begin with it."""
    bench.sqs.put(QUEUE, "{}")
    bench.count("EventsDelivered", 1000)
    refuse(bench, 800)
    for ago in (400, 100):
        bench.count("HeldAge", ago, 500 - ago)
        bench.log(ago, "WARNING", "payload posted", status=503)
        bench.log(ago, "WARNING", "messages held", reasons=["unavailable"], events=1)
    shown = bench.json("status")["answers_since"]
    assert shown["answers"] == ["503"]
    assert datetime.now(UTC) - datetime.fromisoformat(shown["since"]) < timedelta(seconds=460)


@pytest.mark.parametrize(("status", "reason"), [(400, "refused_all"), (403, "key:403"), (414, "configuration")])
def test_a_refusal_of_everything_is_one(bench: Bench, status: int, reason: str) -> None:
    """By what the events are held for."""
    bench.sqs.put(QUEUE, "{}")
    bench.count("HeldAge", 100, 50)
    bench.log(101, "WARNING", "payload posted", status=status)
    bench.log(100, "WARNING", "messages held", reasons=[reason], events=1)
    assert bench.json("status")["answers_since"]["answers"] == [str(status)]


def test_causes_that_have_ended_have_their_own_times(bench: Bench) -> None:
    """None is told to have lasted as long as another."""
    bench.sqs.put(QUEUE, "{}")
    for ago, reason in ((300, "unavailable"), (200, "configuration")):
        bench.count("HeldAge", ago, 400 - ago)
        bench.log(ago, "WARNING", "messages held", reasons=[reason], events=1)
    bench.count("EventsDelivered", 10)
    headline = bench.json("status")["headline"]
    times = [datetime.fromisoformat(when) for when in bench.json("status")["held_for"].values()]
    assert [round((datetime.now(UTC) - when).total_seconds(), -2) for when in times] == [200, 300]
    dateless = headline.replace(f"{datetime.now(UTC) - timedelta(days=1):%b %d} ", "")
    assert dateless.startswith(
        f"Dreamdata takes events again; what was held until {times[0]:%H:%M:%S} (configuration)"
        f" and until {times[1]:%H:%M:%S} (unavailable) may still wait for its next try; "
    )


def test_an_outage_whose_first_holds_are_not_counted_yet_is_not_well(bench: Bench) -> None:
    """CloudWatch tells them minutes later than the log does."""
    bench.sqs.put(QUEUE, "{}")
    bench.count("EventsDelivered", 200)
    bench.log(31, "WARNING", "payload posted", status=503)
    bench.log(30, "WARNING", "messages held", reasons=["unavailable"], events=1)
    done = bench.run("status")
    assert (done.exit_code, "all is well" in done.stdout) == (1, False)
    assert "Dreamdata has answered 503 since " in done.stdout
    shown = bench.json("status")
    assert (list(shown["held_for"]), shown["oldest_seconds"]) == (["unavailable"], None)
    assert any("held (unavailable, last at " in want for want in shown["wants"])


@pytest.mark.parametrize(("messages", "delivered_ago", "dead_ago", "only"), [
    (1, 200, None, True), (2, 200, None, True), (1, 50, None, False), (1, 200, 50, False), (0, 200, None, False),
])  # fmt: skip
def test_what_was_held_before_a_delivery_is_not_what_is_there_now(
    bench: Bench, messages: int, delivered_ago: float, dead_ago: float | None, only: bool
) -> None:
    """Where the last hold is of as many messages as are on the queue, and none of them has ended since."""
    bench.sqs.put(QUEUE, "{}")
    bench.count("HeldAge", 350, 100)
    bench.log(350, "WARNING", "messages held", reasons=["key:401"], messages=4, events=4)
    bench.count("EventsDelivered", delivered_ago)
    bench.count("HeldAge", 100, 5)
    bench.log(100, "WARNING", "messages held", reasons=["unavailable"], messages=messages, events=2)
    if dead_ago:
        bench.log(dead_ago, "WARNING", "events dead-lettered", codes=["type_unknown"], count=1)
    shown = bench.json("status")
    assert (list(shown["held_for"]) == ["unavailable"]) is only
    assert (shown["oldest_seconds"] < 250) is only


def test_a_key_that_was_taken_is_not_told_to_be_unknown(bench: Bench) -> None:
    """Refusals after it may be of functions that remember the key before."""
    bench.secrets.put_at[DREAMDATA] = datetime.now(UTC) - timedelta(seconds=80)
    bench.count("EventsDelivered", 1000)
    bench.log(70, "ERROR", "nothing is delivered", reasons=["key:401"])
    bench.log(70, "WARNING", "payload posted", status=401)
    bench.log(40, "INFO", "payload posted", status=200)
    bench.log(20, "ERROR", "nothing is delivered", reasons=["key:401"])
    told = bench.json("status")["dreamdata_key"]["told"]
    assert "taken by Dreamdata at " in told
    assert "; the last answer, 401 at " in told
    assert "not known" not in told


def test_every_reason_is_told_with_its_own_end(bench: Bench) -> None:
    """In what wants attention: those that last, and those that have ended."""
    bench.sqs.put(QUEUE, "{}")
    for ago, reason in ((300, "unavailable"), (200, "busy"), (100, "error")):
        bench.count("HeldAge", ago, 400 - ago)
        bench.log(ago, "WARNING", "messages held", reasons=[reason], events=1)
    bench.count("EventsDelivered", 10)
    (want,) = bench.json("status")["wants"]
    assert re.search(r"held \(error, last at [^;]+; busy, last at [^;]+; perhaps some of before: unavailable, ", want)


@pytest.mark.parametrize(("counted_age", "least_s"), [(None, 1800), (600, 1370)], ids=["nothing", "an older one"])
def test_a_hold_that_is_not_counted_yet_is_tried_again_by_the_longest_wait(
    bench: Bench, counted_age: float | None, least_s: float
) -> None:
    """Nobody knows how old its events are; none is older than the oldest of before."""
    bench.sqs.put(QUEUE, "{}")
    if counted_age:
        bench.count("HeldAge", 300, counted_age - 200)
        bench.log(300, "WARNING", "messages held", reasons=["unavailable"], messages=1, events=1)
    bench.log(100, "WARNING", "messages held", reasons=["unavailable"], messages=1, events=1)
    by = datetime.fromisoformat(bench.json("status")["tried_again_by"])
    held = datetime.now(UTC) - timedelta(seconds=100)
    assert least_s <= (by - held).total_seconds() < least_s + 200


def test_the_answer_that_was_given_last_is_told_first(bench: Bench) -> None:
    """However much later another one began."""
    bench.sqs.put(QUEUE, "{}")
    for ago, status in ((400, 503), (300, 401), (200, 401), (100, 503)):
        bench.count("HeldAge", ago, 500 - ago)
        bench.log(ago, "WARNING", "payload posted", status=status)
    assert [one["answer"] for one in bench.json("status")["answers_since"]["each"]] == ["503", "401"]


def test_refusals_held_one_after_the_other_are_summed(flowing: Bench) -> None:
    """One dead letter is of one of them."""
    refuse(flowing, 60)
    refuse(flowing, 50)
    flowing.log(40, "WARNING", "events dead-lettered", codes=["refused_by_dreamdata"], count=1)
    assert "refused" in flowing.json("status")["held_for"]
    flowing.log(30, "WARNING", "events dead-lettered", codes=["refused_by_dreamdata"], count=1)
    assert "refused" not in flowing.json("status")["held_for"]


def test_dead_letters_of_before_are_of_none_that_was_held_after(flowing: Bench) -> None:
    """They had their own."""
    flowing.log(65, "WARNING", "events dead-lettered", codes=["refused_by_dreamdata"], count=1)
    refuse(flowing, 60)
    assert "refused" in flowing.json("status")["held_for"]
