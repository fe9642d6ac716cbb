"""Metrics are written once an invocation: counts as sums, of all else every value."""

import json
import re
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from dreamdata_relay import metrics
from dreamdata_relay.adapters.telemetry import PowertoolsTelemetry

# Lambda cuts a longer line of a log in two, and neither half is metrics any more.
LONGEST_LINE = 262_144


@pytest.fixture
def telemetry(monkeypatch: pytest.MonkeyPatch) -> PowertoolsTelemetry:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "DreamdataRelay/test")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "deliver")
    telemetry = PowertoolsTelemetry()
    # Powertools keeps them for all of a process.
    telemetry._metrics.clear_metrics()
    return telemetry


@pytest.fixture(autouse=True)
def _zone_as_before() -> Iterator[None]:
    yield
    time.tzset()


def written(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if "_aws" in line]


def test_a_count_is_written_as_its_sum(telemetry: PowertoolsTelemetry, capsys: pytest.CaptureFixture[str]) -> None:
    for value in (1, 2, 3):
        telemetry.add(metrics.EVENTS_DELIVERED, value)
    telemetry.flush()

    assert written(capsys)[0]["EventsDelivered"] == [6.0]


def test_every_value_of_all_else_is_written(telemetry: PowertoolsTelemetry, capsys: pytest.CaptureFixture[str]) -> None:
    """More than the hundred that fit one line, too."""
    for value in range(250):
        telemetry.add(metrics.DREAMDATA_LATENCY, value)
    telemetry.flush()

    found = [value for line in written(capsys) for value in line["DreamdataLatency"]]
    assert found == [float(value) for value in range(250)]


def test_what_was_written_is_not_written_again(
    telemetry: PowertoolsTelemetry, capsys: pytest.CaptureFixture[str]
) -> None:
    telemetry.add(metrics.EVENTS_DELIVERED)
    telemetry.flush()
    telemetry.flush()

    assert len(written(capsys)) == 1


def test_nothing_added_by_any_thread_is_lost(
    telemetry: PowertoolsTelemetry, capsys: pytest.CaptureFixture[str]
) -> None:
    threads = [threading.Thread(target=_add, args=(telemetry, 500)) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        telemetry.flush()
    telemetry.flush()

    assert sum(line["Answers2xx"][0] for line in written(capsys)) == 2_000


def _add(telemetry: PowertoolsTelemetry, times: int) -> None:
    for _ in range(times):
        telemetry.add(metrics.ANSWERS_2XX)


def dimensions(line: dict[str, Any]) -> list[list[str]]:
    """The dimension sets that a line's metrics are counted under."""
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    found: list[list[str]] = directive["Dimensions"]
    return found


def test_a_label_is_of_one_request_alone(telemetry: PowertoolsTelemetry, capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.label(key="alice")
    telemetry.add(metrics.EVENTS_ACCEPTED)
    telemetry.flush()
    telemetry.add(metrics.REQUESTS_REFUSED)
    telemetry.flush()

    of_alice, of_nobody = written(capsys)
    assert (dimensions(of_alice), of_alice["key"]) == ([["service"], ["service", "key"]], "alice")
    assert (dimensions(of_nobody), "key" in of_nobody) == ([["service"]], False)


def test_a_label_of_a_request_that_counted_nothing_is_forgotten(
    telemetry: PowertoolsTelemetry, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty batch, fifteen thousand times, then a request without a key."""
    for _ in range(15_000):
        telemetry.label(key="alice")
        telemetry.flush()
    telemetry.add(metrics.REQUESTS_UNAUTHORIZED)
    telemetry.flush()

    (line,) = written(capsys)
    assert (dimensions(line), "alice" in str(line)) == ([["service"]], False)


def test_of_two_labels_of_a_request_the_last_one_counts(
    telemetry: PowertoolsTelemetry, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("alice", "bob"):
        telemetry.label(key=name)
    telemetry.add(metrics.EVENTS_ACCEPTED)
    telemetry.flush()

    (line,) = written(capsys)
    assert (dimensions(line), line["key"]) == ([["service"], ["service", "key"]], "bob")


class _Broken:
    """An output that cannot be written to."""

    def write(self, text: str) -> int:
        raise OSError("no room")

    def flush(self) -> None: ...


def test_what_could_not_be_written_is_not_told_of_the_next_request(
    telemetry: PowertoolsTelemetry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout", _Broken())
        telemetry.label(key="alice")
        telemetry.add(metrics.EVENTS_ACCEPTED, 7)
        with pytest.raises(OSError, match="no room"):
            telemetry.flush()
    telemetry.add(metrics.REQUESTS_UNAUTHORIZED)
    telemetry.flush()

    (line,) = written(capsys)
    assert (dimensions(line), "EventsAccepted" in line) == ([["service"]], False)


def test_metrics_that_are_switched_off_do_not_pile_up(
    telemetry: PowertoolsTelemetry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
        for _ in range(10):
            telemetry.label(key="alice")
            telemetry.add(metrics.EVENTS_ACCEPTED)
            telemetry.flush()
    telemetry.add(metrics.EVENTS_ACCEPTED)
    telemetry.flush()

    (line,) = written(capsys)
    assert (dimensions(line), line["EventsAccepted"]) == ([["service"]], [1.0])


def test_no_line_comes_near_what_lambda_takes(
    telemetry: PowertoolsTelemetry, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every metric there is, each with values by the hundred, under the longest label."""
    telemetry.label(key="k" * 100_000)
    for number in range(150):
        for metric in metrics.INGEST_METRICS + metrics.DELIVER_METRICS:
            telemetry.add(metric, number / 7e-9)
    telemetry.flush()

    assert max(map(len, capsys.readouterr().out.splitlines())) < 64_000 < LONGEST_LINE


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/St_Johns"])
def test_a_log_line_has_a_level_and_a_time_that_lambda_keeps(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], zone: str
) -> None:
    """A time that is not RFC 3339 makes Lambda take a line for INFO, whatever its level, and stamp it anew."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", f"at-{zone}")
    before = datetime.now(UTC).replace(microsecond=0)
    PowertoolsTelemetry().log("warning", "said")
    after = datetime.now(UTC)

    line = json.loads(capsys.readouterr().out)
    assert line["level"] == "WARNING"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["timestamp"])
    assert before <= datetime.fromisoformat(line["timestamp"]) <= after


def test_a_log_line_holds_what_was_said_and_little_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every byte of it is charged."""
    # Powertools keeps a logger for each service, with the output that it found first.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "of-this-test")
    PowertoolsTelemetry().log("warning", "said", reason="slow")

    line = json.loads(capsys.readouterr().out)
    assert line.pop("timestamp")
    assert line == {"level": "WARNING", "message": "said", "service": "of-this-test", "reason": "slow"}


def test_what_rules_dropped_is_written_by_rule_too(
    telemetry: PowertoolsTelemetry, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside the sum, and under no other dimension."""
    telemetry.label(key="shop")
    telemetry.add(metrics.EVENTS_DROPPED, 2, rule="no-bots")
    telemetry.add(metrics.EVENTS_DROPPED, 3, rule="no-ips")
    telemetry.add(metrics.EVENTS_DROPPED, 4, rule="no-bots")
    telemetry.flush()
    telemetry.flush()

    whole, *by_rule = written(capsys)
    assert (whole["EventsDropped"], whole["key"]) == ([9.0], "shop")
    assert [(line["rule"], line["EventsDropped"]) for line in by_rule] == [("no-bots", [6.0]), ("no-ips", [3.0])]
    assert all("key" not in line for line in by_rule)


def test_rules_beyond_the_first_fifty_are_counted_together(
    telemetry: PowertoolsTelemetry, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(120):
        telemetry.add(metrics.EVENTS_DROPPED, 1, rule=f"rule-{number % 60}")
    telemetry.flush()

    found = {line["rule"]: line["EventsDropped"] for line in written(capsys) if "rule" in line}
    assert len(found) == 51
    assert found["others"] == [20.0]
