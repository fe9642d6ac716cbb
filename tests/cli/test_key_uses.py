"""`relay keys list` and `revoke`: who still sends with a key, as far as CloudWatch or the local log can tell."""

import json
import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from relay_cli import context
from relay_cli.key_uses import uses
from relay_cli.stack import RelayStack
from tests.cli.conftest import KEYS, OUTPUTS, Bench
from tests.fakes.aws import client_error

DAY_S = 86400
NOW = datetime(2026, 11, 28, 9, 47, 30, tzinfo=UTC)


def listed(bench: Bench, name: str = "default") -> dict[str, Any]:
    """What the list tells of a key."""
    (found,) = (key for key in bench.json("keys", "list") if key["name"] == name)
    return dict(found)


@pytest.mark.parametrize("metric", ["EventsAccepted", "EventsRefused", "EventsRepeated", "RequestsRefused"])
def test_whatever_is_counted_by_the_name_is_a_use(bench: Bench, metric: str) -> None:
    """The newest of all counts, to the minute."""
    bench.count("EventsAccepted", 7200, service="ingest/default")
    bench.count(metric, 600, service="ingest/default")
    bench.count("EventsAccepted", 1, service="ingest/another")
    bench.count("EventsAccepted", 1, service="ingest")
    told = listed(bench)
    begun, ended = (datetime.fromisoformat(told[name]) for name in ("last_used_from", "last_used_until"))
    assert (told["use"], ended - begun) == ("used", timedelta(seconds=60))
    assert begun <= datetime.now(UTC) - timedelta(seconds=600) < ended + timedelta(seconds=2)
    assert re.search(r"between \S+ \S+ and \S+ UTC, \d+ minutes ago", bench.run("keys", "list").stdout)


def test_a_use_of_days_ago_is_told_to_the_hour(bench: Bench) -> None:
    """CloudWatch's minutes are asked for one day."""
    bench.count("EventsAccepted", 20.5 * DAY_S, service="ingest/default")
    told = listed(bench)
    begun, ended = (datetime.fromisoformat(told[name]) for name in ("last_used_from", "last_used_until"))
    assert ended - begun == timedelta(hours=1)
    assert "20 days ago" in bench.run("keys", "list").stdout


def test_what_nobody_has_counted_is_not_called_unused(bench: Bench) -> None:
    """It was not seen for as long as was looked: a use before is not denied."""
    bench.count("EventsAccepted", 100 * DAY_S, service="ingest/default")
    told = listed(bench)
    looked = datetime.now(UTC) - datetime.fromisoformat(told["not_seen_since"])
    assert (told["use"], told["last_used_from"]) == ("not_seen", None)
    assert timedelta(days=90) <= looked <= timedelta(days=90, hours=1)
    assert "not seen in the last 90 days" in bench.run("keys", "list").stdout


def test_what_cloudwatch_cannot_know_yet_is_unknown(bench: Bench) -> None:
    """A key of a minute ago may be in use."""
    bench.run("keys", "add", "shop")
    told = listed(bench, "shop")
    assert (told["use"], told["not_seen_since"]) == ("unknown", None)
    assert "unknown: CloudWatch tells a use up to 4 minutes late" in bench.run("keys", "list").stdout


def test_a_use_before_the_key_was_added_is_of_another_of_its_name(bench: Bench) -> None:
    """A name that is given anew begins anew."""
    bench.count("EventsAccepted", 600, service="ingest/shop")
    bench.run("keys", "add", "shop")
    assert listed(bench, "shop")["use"] == "unknown"
    note = json.loads(bench.secrets.current(KEYS))
    note["relay:notes"]["shop"]["added"] = (datetime.now(UTC) - timedelta(seconds=300)).isoformat()
    bench.secrets.put(KEYS, json.dumps(note))
    assert listed(bench, "shop")["use"] == "not_seen"


def test_a_name_that_metrics_write_otherwise_is_unknown(bench: Bench) -> None:
    """Put by hand: what is not printable is a question mark there, and may be another key's."""
    bench.secrets.put(KEYS, json.dumps({"läden": "key-of-old"}))
    assert "its name is another in metrics" in listed(bench, "läden")["unknown_why"]


def test_without_the_right_to_metrics_names_are_listed_and_uses_unknown(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why is said, status 5; and a key that may be in use is revoked only when told so."""
    plain = bench.client

    def refused(**_: Any) -> Any:
        raise client_error("AccessDenied", "GetMetricData")

    monkeypatch.setattr(
        bench,
        "client",
        lambda service, **more: (
            SimpleNamespace(get_metric_data=refused) if service == "cloudwatch" else plain(service, **more)
        ),
    )
    assert "GetMetricData: AccessDenied" in listed(bench)["unknown_why"]
    assert bench.run("keys", "list").exit_code == 5
    done = bench.run("keys", "revoke", "default", "--last")
    assert (done.exit_code, "last use: unknown: GetMetricData: AccessDenied" in done.stderr) == (1, True)
    assert "nothing was revoked: the key may be in use" in done.stderr
    assert "default" in json.loads(bench.secrets.current(KEYS))
    monkeypatch.setattr("relay_cli.asking.at_a_terminal", lambda: True)
    assert bench.run("keys", "revoke", "default", "--last", typed="y\n").exit_code == 0
    assert "default" not in json.loads(bench.secrets.current(KEYS))


def test_a_key_in_use_is_revoked_only_when_told_so(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal by --force; on one the question says who would be shut out."""
    bench.run("keys", "add", "new")
    bench.count("RequestsRefused", 3.5 * DAY_S, service="ingest/default")
    done = bench.run("keys", "revoke", "default", typed="y\n")
    assert (done.exit_code, "nothing was revoked: the key is in use" in done.stderr) == (1, True)
    monkeypatch.setattr("relay_cli.asking.at_a_terminal", lambda: True)
    for typed, status in (("n\n", 1), ("\n", 1), ("", 130)):
        done = bench.run("keys", "revoke", "default", typed=typed)
        assert (done.exit_code, "nothing was revoked" in done.stderr) == (status, True)
        assert "3 days ago" in done.stderr
    assert "default" in json.loads(bench.secrets.current(KEYS))
    assert bench.run("keys", "revoke", "default", typed="y\n").exit_code == 0
    assert "default" not in json.loads(bench.secrets.current(KEYS))


def test_a_key_in_use_is_revoked_at_once_by_force(bench: Bench) -> None:
    """Nothing is asked of CloudWatch first: an emergency does not wait for it."""
    bench.run("keys", "add", "new")
    bench.count("EventsAccepted", 1, service="ingest/default")
    done = bench.run("keys", "revoke", "default", "--force")
    assert (done.exit_code, "last use" in done.stderr) == (0, False)


def test_a_key_not_seen_lately_is_revoked_without_a_question(bench: Bench) -> None:
    """Its last use is said all the same."""
    bench.run("keys", "add", "new")
    bench.count("EventsAccepted", 9.5 * DAY_S, service="ingest/default")
    done = bench.run("keys", "revoke", "default")
    assert (done.exit_code, "9 days ago" in done.stderr) == (0, True)


def test_a_name_that_is_none_is_told_before_metrics_are_asked(bench: Bench) -> None:
    """As is the last key."""
    bench.count("EventsAccepted", 1, service="ingest/default")
    assert "there is no key called nobody" in bench.run("keys", "revoke", "nobody").stderr
    assert "is the last key" in bench.run("keys", "revoke", "default").stderr


def answer(number: int, *times: datetime, code: str = "Complete") -> dict[str, Any]:
    """A result as GetMetricData has it."""
    return {
        "Id": f"m{number}",
        "Label": "default EventsAccepted",
        "Timestamps": list(times),
        "Values": [1.0] * len(times),
        "StatusCode": code,
        "Messages": [],
    }


def test_metric_data_in_pages_is_read_to_its_end(bench: Bench) -> None:
    """A result may go on on the next page, and a page may have none at all."""
    older, newer = datetime(2026, 11, 28, 3, 0, tzinfo=UTC), datetime(2026, 11, 28, 9, 40, tzinfo=UTC)
    pages: dict[str | None, dict[str, Any]] = {
        None: {"MetricDataResults": [answer(0, older, code="PartialData")], "NextToken": "a"},
        "a": {"MetricDataResults": [], "NextToken": "b"},
        "b": {"MetricDataResults": [answer(0), answer(1, newer)], "Messages": []},
    }
    asked: list[dict[str, Any]] = []

    def get_metric_data(**question: Any) -> dict[str, Any]:
        asked.append(question)
        return pages[question.get("NextToken")]

    stack = RelayStack(
        "shop", OUTPUTS, "", SimpleNamespace(client=lambda *_, **__: SimpleNamespace(get_metric_data=get_metric_data))
    )
    found = uses(stack, [("default", None)], NOW)["default"]
    assert found.last is not None
    assert (found.state, found.last.at) == ("used", newer)
    assert len(asked) == 3, "found within the day, it is not looked for further back"


def test_so_many_keys_are_asked_for_in_calls_that_cloudwatch_takes(bench: Bench) -> None:
    """500 queries a call, ids of its form, times that its periods allow."""
    bench.secrets.put(KEYS, json.dumps({f"key{number}": "k" * 20 for number in range(120)}))
    bench.count("EventsAccepted", 30 * DAY_S, service="ingest/key119")
    asked: list[dict[str, Any]] = []
    client = bench.client

    def noting(service: str, **more: Any) -> Any:
        found = client(service, **more)
        if service != "cloudwatch":
            return found

        def get_metric_data(**question: Any) -> Any:
            asked.append(question)
            return found.get_metric_data(**question)

        return SimpleNamespace(get_metric_data=get_metric_data)

    bench.client = noting  # type: ignore[method-assign]
    assert listed(bench, "key119")["use"] == "used"
    for question in asked:
        ids = [query["Id"] for query in question["MetricDataQueries"]]
        assert len(ids) <= 500
        assert len(set(ids)) == len(ids)
        assert all(re.fullmatch("[a-z][a-zA-Z0-9_]*", name) for name in ids)
        (period,) = {query["MetricStat"]["Period"] for query in question["MetricDataQueries"]}
        assert question["StartTime"].timestamp() % period == 0


def test_on_the_local_stack_the_log_tells(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the second; it is as old as the stack, and nothing is said of the time before."""
    local = RelayStack("shop", OUTPUTS, "", bench, "http://127.0.0.1:1")
    monkeypatch.setattr(context, "find_stack", lambda *_: local)
    assert listed(bench)["unknown_why"] == "the ingest function has logged nothing yet"
    bench.log(500, "INFO", "started", "ingest")
    assert listed(bench)["use"] == "not_seen"
    assert "not seen in the last 8 minutes" in bench.run("keys", "list").stdout
    at = datetime.now(UTC) - timedelta(seconds=300)
    line = {
        "_aws": {
            "Timestamp": int(at.timestamp() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": "DreamdataRelay/shop",
                    "Dimensions": [["service"], ["service", "key"]],
                    "Metrics": [{"Name": "EventsAccepted", "Unit": "Count"}],
                }
            ],
        },
        "service": "ingest",
        "key": "default",
        "EventsAccepted": [2.0],
    }
    bench.logs.lines.append((OUTPUTS["IngestLogGroupName"], int(at.timestamp() * 1000), json.dumps(line)))
    told = listed(bench)
    assert (told["use"], told["last_used_from"]) == ("used", at.isoformat(timespec="seconds"))
