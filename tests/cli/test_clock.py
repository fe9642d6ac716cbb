"""A machine whose clock is wrong: times are AWS's, and that they are is said."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from relay_cli.aws_session import AwsSession
from tests.cli.conftest import DEAD, QUEUE, Bench
from tests.fakes.server import HttpServer, Reaction


def session_told(aws_is: timedelta) -> AwsSession:
    """A session after one answer of an AWS whose clock differs from this machine's."""
    date = format_datetime(datetime.now(UTC) + aws_is, usegmt=True)
    with HttpServer(Reaction(headers={"Date": date}, body=b"{}")) as server:
        session = AwsSession("eu-west-1", key_pair=("a", "b"))
        client = session.client("sqs", endpoint_url=server.url.removesuffix("/v1/batch"))
        client.list_queues()
    return session


@pytest.mark.parametrize("aws_is", [timedelta(minutes=-4), timedelta(minutes=4), timedelta(0)])
def test_the_time_is_that_of_awss_answers(aws_is: timedelta) -> None:
    """To a second or two; within those this machine's own clock is right."""
    session = session_told(aws_is)
    assert abs(session.behind_aws - aws_is) < timedelta(seconds=5)
    assert aws_is or session.behind_aws == timedelta(0)


@pytest.fixture(params=[-240, 240])
def skewed(bench: Bench, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Bench:
    """This machine is four minutes ahead, or behind: all that the bench's AWS has counted is of AWS's time."""
    bench.behind_aws = timedelta(seconds=request.param)
    by = request.param
    count, log = bench.count, bench.log
    monkeypatch.setattr(bench, "count", lambda metric, ago, *rest, **more: count(metric, ago - by, *rest, **more))
    monkeypatch.setattr(bench, "log", lambda ago, *rest, **more: log(ago - by, *rest, **more))
    return bench


def test_status_is_of_awss_second(skewed: Bench) -> None:
    """No silence of minutes that have not passed, no delivery that is to come; and the clock is told to be wrong."""
    skewed.sqs.put(QUEUE, "{}")
    skewed.count("EventsDelivered", 1000)
    skewed.count("EventsAccepted", 250, service="ingest")
    done = skewed.run("status")
    assert (done.exit_code, "has said nothing" in done.stdout) == (0, False), done.stdout
    assert "note: this machine's clock is 4 minutes " in done.stdout
    shown = skewed.json("status")
    behind = skewed.behind_aws
    assert abs(datetime.fromisoformat(shown["time"]) - datetime.now(UTC) - behind) < timedelta(seconds=5)


def test_a_tail_begins_now(skewed: Bench) -> None:
    """Not minutes ago, and not in minutes."""
    skewed.log(100, "INFO", "of before")
    skewed.log(-1, "INFO", "of now")
    shown = skewed.run("tail", "--seconds", "0.1").stdout
    assert ("of now" in shown, "of before" in shown) == (True, False)


def test_a_key_that_is_put_is_followed_from_now_on(skewed: Bench) -> None:
    """A machine that is ahead would wait for minutes that are to come."""
    skewed.log(60, "WARNING", "payload posted", status=401)
    skewed.log(-1, "INFO", "payload posted", status=200, events=7)
    done = skewed.run("key", "set", "--follow", "0.1", typed="the-right-key\n")
    assert (done.exit_code, "Dreamdata took 7 events" in done.stderr) == (0, True), done.stderr


@pytest.mark.parametrize("command", [("dead", "list"), ("dead", "redrive", "--dry-run")])
@pytest.mark.parametrize(("option", "expected"), [("--since", ["new"]), ("--until", ["old"])])
def test_letters_are_chosen_by_awss_clock(
    skewed: Bench, command: tuple[str, ...], option: str, expected: list[str]
) -> None:
    """As a machine whose clock is wrong by minutes does: they have been written by AWS's."""
    aws_is = (datetime.now(UTC) + skewed.behind_aws).timestamp()
    for reason, ago in (("old", 7 * 60), ("new", 3 * 60)):
        skewed.sqs.now = aws_is - ago
        skewed.sqs.put(DEAD, "{}", error_code=reason)
    skewed.sqs.now = aws_is
    shown = skewed.json(*command, option, "5m")
    assert shown.get("chosen", 1) == 1
    assert list(shown.get("reasons", expected)) == expected
    assert [letter["reason"] for letter in skewed.json("dead", "list", option, "5m")["letters"]] == expected


def test_a_relay_key_is_there_since_awss_second(skewed: Bench) -> None:
    """And not for minutes that have not passed, or since a time that is to come."""
    assert skewed.run("keys", "add", "shop").exit_code == 0
    (shop,) = (key for key in skewed.json("keys", "list") if key["name"] == "shop")
    aws_is = datetime.now(UTC) + skewed.behind_aws
    assert abs(datetime.fromisoformat(shop["since"]) - aws_is) < timedelta(seconds=5)


def test_nothing_that_status_tells_is_later_than_its_own_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading takes seconds, in which the functions go on."""
    bench.sqs.put(QUEUE, "{}")
    read = bench.logs.filter_log_events

    def slow(**asked: Any) -> Any:
        # As if it had taken ten seconds.
        if bench.behind_aws == timedelta(0):
            bench.behind_aws = timedelta(seconds=10)
            bench.log(-8, "WARNING", "payload posted", status=503)
            bench.log(-8, "WARNING", "messages held", reasons=["unavailable"], messages=1, events=1)
        return read(**asked)

    monkeypatch.setattr(bench.logs, "filter_log_events", slow)
    shown = bench.json("status")
    assert shown["answers_since"]["last"] <= shown["time"]
    assert max(shown["held_for"].values()) <= shown["time"]
