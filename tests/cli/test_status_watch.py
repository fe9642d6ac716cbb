"""`relay status --watch`: each look is of its own second, and one that fails is told as such."""

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from relay_cli import context, watching
from relay_cli.printing import folded
from relay_cli.stack import RelayStack
from tests.cli.conftest import DEAD, OUTPUTS, QUEUE, Bench
from tests.fakes.aws import client_error

WATCH = ("status", "--watch", "--every", "1")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relay_cli.status_command.time.sleep", lambda _: None)


def growing(bench: Bench, monkeypatch: pytest.MonkeyPatch, counts: list[int]) -> None:
    """The queue holds so many messages, one number a look."""
    asked, left = bench.sqs.get_queue_attributes, iter(counts)

    def counted(**what: Any) -> Any:
        if what["QueueUrl"] == QUEUE:
            bench.sqs.queues[QUEUE] = []
            for _ in range(next(left)):
                bench.sqs.put(QUEUE, "{}")
        return asked(**what)

    monkeypatch.setattr(bench.sqs, "get_queue_attributes", counted)


def test_a_backlog_that_grows_and_shrinks_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the look before; the exit status is that of the last."""
    bench.count("EventsDelivered", 5, 900)
    growing(bench, monkeypatch, [2, 7, 7, 0])
    done = bench.run(*WATCH, "--looks", "4")
    told = [line for line in done.stdout.splitlines() if line.startswith("backlog")]
    assert [line.partition(" than")[0] for line in told] == [
        "backlog  2", "backlog  7, growing, 5 more", "backlog  7, as many", "backlog  0, shrinking, 7 fewer",
    ]  # fmt: skip
    assert done.exit_code == 0
    assert "900 (1/s)" in done.stdout


@pytest.mark.parametrize(
    ("events", "told"),
    [(1, "1 (4/h)"), (8, "8 (32/h)"), (9, "9 (0.01/s)"), (450, "450 (0.5/s)"), (9_000, "9000 (10/s)"), (0, "0 (0/s)")],
)
def test_rates_are_told_in_a_unit_in_which_they_can_be_read(bench: Bench, events: int, told: str) -> None:
    """Of 15 minutes."""
    bench.count("EventsDelivered", 90, events)
    assert f" {told}\n" in bench.run(*WATCH, "--looks", "1").stdout


def test_what_wants_attention_is_on_a_small_screen(bench: Bench) -> None:
    """Of 24 rows of 80 characters, whatever the log says."""
    bench.sqs.put(DEAD, "{}", error_code="type_unknown")
    bench.alarms = ["shop-DeadLettersAlarm-1"]
    for second in range(5):
        bench.log(90 + second, "ERROR", "unexpected error", error="E" * 200)
    done = bench.run(*WATCH, "--looks", "1")
    shown = "\n".join(folded(line, 80) for line in done.stdout.splitlines()).splitlines()[:23]
    assert "- 1 dead letter: relay --stack shop dead list" in shown
    assert any("- alarm shop-DeadLettersAlarm-1: see docs/operations.md" in row for row in shown)


def test_the_look_before_is_as_long_ago_as_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking takes its time, too."""
    plain, seconds = watching.look, iter([0, 7, 19])

    def looked(*asked: Any) -> Any:
        found = plain(*asked)
        return replace(found, at=found.at.replace(minute=0, second=next(seconds), microsecond=0))

    monkeypatch.setattr(watching, "look", looked)
    told = [line for line in bench.run(*WATCH, "--looks", "3").stdout.splitlines() if line.startswith("backlog")]
    assert [line.rpartition("than ")[2] for line in told[1:]] == ["7 s ago", "12 s ago"]


def test_each_look_is_a_line_of_json(bench: Bench) -> None:
    """With the same sentence."""
    done = bench.run(*WATCH, "--looks", "2", "--json")
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert first["headline"] == second["headline"]
    assert first["time"] <= second["time"]


def test_a_look_that_fails_ends_no_watch_and_is_not_hidden(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the look before told is not told as of now."""
    asked, left = bench.sqs.get_queue_attributes, iter([True, False])

    def away_at_first(**what: Any) -> Any:
        if what["QueueUrl"] == QUEUE and next(left):
            raise client_error("ServiceUnavailable", "GetQueueAttributes")
        return asked(**what)

    monkeypatch.setattr(bench.sqs, "get_queue_attributes", away_at_first)
    done = bench.run(*WATCH, "--looks", "2")
    first, _, second = done.stdout.partition("\n\n")
    assert "What is on the queue is not known; " in first
    assert "backlog  not known" in first
    assert "- what is on the queue: GetQueueAttributes: ServiceUnavailable" in first
    assert ("all is well" in first, "all is well" in second, "backlog  0\n" in second) == (False, True, True)
    assert done.exit_code == 0


def test_a_watch_whose_last_look_failed_does_not_end_well(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends as that look alone would."""
    bench.sqs.raises_on = "GetQueueAttributes"
    assert bench.run(*WATCH, "--looks", "1").exit_code == 5

    class Away:
        def __getattr__(self, _: str) -> Any:
            raise EndpointConnectionError(endpoint_url="https://aws.test")

    stack = RelayStack("shop", OUTPUTS, "", bench)
    monkeypatch.setattr(context, "find_stack", lambda *_: stack)
    monkeypatch.setattr(bench, "client", lambda *_, **__: Away())
    done = bench.run(*WATCH, "--looks", "2")
    assert (done.exit_code, done.stdout.count("Nothing is known: AWS was not reached")) == (4, 2)
