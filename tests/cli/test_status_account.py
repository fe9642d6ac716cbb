"""`relay status` balances: what came is delivered, dead-lettered, dropped, suppressed, or waits."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from relay_cli import context
from relay_cli.log_lines import FunctionLogs
from relay_cli.readings import logged
from relay_cli.stack import RelayStack
from tests.cli.conftest import OUTPUTS, Bench

_ENDS = ("delivered", "dead_lettered", "dropped", "suppressed", "repeated", "waiting_or_other")


def count(bench: Bench, **counts: int) -> None:
    """`ingest_EventsAccepted=3` and so on, a minute ago."""
    for name, value in counts.items():
        service, metric = name.split("_")
        bench.count(metric, 60, value, service)


def account(bench: Bench) -> Any:
    """The account, which balances."""
    found = bench.json("status")["account"]
    assert found["came"] == sum(found[name] for name in _ENDS)
    return found


def test_every_event_has_one_end_in_the_account(bench: Bench) -> None:
    count(bench, ingest_EventsAccepted=100, ingest_EventsRefused=3, ingest_EventsDropped=12, ingest_EventsSuppressed=5)
    count(
        bench, deliver_EventsDelivered=80, deliver_EventsRefused=2, deliver_EventsDropped=4, deliver_EventsSuppressed=1
    )
    count(bench, deliver_EventsRepeated=6)
    assert account(bench) == {
        "came": 120,
        "delivered": 80,
        "dead_lettered": 5,
        "dropped": 16,
        "suppressed": 6,
        "repeated": 6,
        "waiting_or_other": 7,
        "dropped_by": {},
        "rules_unavailable": 0,
    }
    told = bench.run("status").stdout
    assert (
        "120 over HTTP = 80 delivered + 5 dead-lettered + 16 dropped by rules + 6 suppressed + 6 repeats + 7 waiting\n"
        in told
    )


def test_the_rules_are_named_with_what_each_has_dropped(bench: Bench) -> None:
    """Whichever function did it, the one that drops most first."""
    count(bench, ingest_EventsDropped=5, deliver_EventsDropped=2)
    for service, rule, value in (("ingest", "tests", 1), ("ingest", "consent", 4), ("deliver", "tests", 2)):
        bench.count("EventsDropped", 60, value, f"{service}?{rule}")
    assert account(bench)["dropped_by"] == {"consent": 4, "tests": 3}
    assert "consent 4, tests 3" in bench.run("status").stdout


def test_what_came_another_way_is_told(bench: Bench) -> None:
    """Messages of direct senders are not counted when they come."""
    count(bench, ingest_EventsAccepted=1, deliver_EventsDelivered=5, deliver_EventsDropped=2)
    assert account(bench)["waiting_or_other"] == -6
    told = bench.run("status").stdout
    assert "1 over HTTP = 5 delivered + 2 dropped by rules - 6 from before, moved back or sent another way\n" in told


def test_nothing_is_said_of_rules_where_there_are_none(bench: Bench) -> None:
    count(bench, ingest_EventsAccepted=3, deliver_EventsDelivered=3)
    told = bench.run("status").stdout
    assert "3 over HTTP = 3 delivered\n" in told
    assert "rule" not in told


def test_rules_that_cannot_run_want_attention(bench: Bench) -> None:
    bench.count("RulesUnavailable", 30, 7, "ingest")
    found = bench.json("status")
    assert found["account"]["rules_unavailable"] == 7
    assert any("the privacy rules cannot run" in want for want in found["wants"])
    assert "The privacy rules cannot run" in bench.run("status").stdout


def test_rules_that_run_again_want_none(bench: Bench) -> None:
    """CloudWatch tells it four minutes late."""
    bench.count("RulesUnavailable", 700, 7)
    found = bench.json("status")
    assert found["account"]["rules_unavailable"] == 7
    assert found["wants"] == []


def test_of_the_local_stack_the_log_tells_the_same(bench: Bench, monkeypatch: Any) -> None:
    """A rule's line repeats what the line of all has counted."""
    stack = RelayStack("shop", OUTPUTS, "https://api.example.com", bench, "http://127.0.0.1:1")
    monkeypatch.setattr(context, "find_stack", lambda *_: stack)
    at = int((datetime.now(UTC) - timedelta(seconds=60)).timestamp() * 1000)
    for values in (
        {"EventsDropped": [3.0]},
        {"EventsDropped": [2.0], "rule": "a"},
        {"EventsDropped": [1.0], "rule": "b"},
    ):
        described = {"CloudWatchMetrics": [{"Metrics": [{"Name": "EventsDropped", "Unit": "Count"}]}]}
        line = json.dumps({"_aws": described, "service": "ingest", **values})
        bench.logs.lines.append((OUTPUTS["IngestLogGroupName"], at, line))
    found = account(bench)
    assert (found["came"], found["dropped"], found["dropped_by"]) == (3, 3, {"a": 2, "b": 1})
    lines = FunctionLogs.of(stack).since(datetime.now(UTC) - timedelta(minutes=5))
    assert logged(lines).total("EventsDropped", "ingest", datetime.now(UTC) - timedelta(minutes=5)) == 3
