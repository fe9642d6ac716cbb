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
