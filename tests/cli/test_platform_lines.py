"""What Lambda itself logs, in the shapes of its documents and of public logs: read, shown, asked for by the filters."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from relay_cli.log_lines import read_line
from relay_cli.telling import TROUBLE
from tests.cli.conftest import OUTPUTS, Bench


def json_line(kind: str, **record: Any) -> str:
    line = {"time": "2026-03-02T08:00:00.000Z", "type": f"platform.{kind}", "record": record}
    return json.dumps(line, separators=(",", ":"))


REQUEST = "6f7f0961-f83c-4118-8ca6-7d3c6b1b8b4c"
USED = {"durationMs": 60000.0, "billedDurationMs": 60000, "memorySizeMB": 512, "maxMemoryUsedMB": 301}
FULL = {**USED, "durationMs": 812.5, "maxMemoryUsedMB": 512}
BAD = {
    "time-out": (json_line("report", requestId=REQUEST, metrics=USED, status="timeout"), "invocation timed out"),
    "out of memory": (
        json_line("report", requestId=REQUEST, metrics=FULL, status="error", errorType="Runtime.OutOfMemory"),
        "invocation ran out of memory",
    ),
    "killed with all memory in use": (
        json_line("report", requestId=REQUEST, metrics=FULL, status="error", errorType="Runtime.ExitError"),
        "invocation ran out of memory",
    ),
    "exit": (
        json_line("report", requestId=REQUEST, metrics=USED, status="error", errorType="Runtime.ExitError"),
        "invocation failed: Runtime.ExitError",
    ),
    "raised": (json_line("report", requestId=REQUEST, metrics=USED, status="failure"), "invocation failed: failure"),
    "start-up failed": (
        json_line("initReport", initializationType="on-demand", phase="init", status="error",
                  errorType="Runtime.ImportModuleError", metrics={"durationMs": 125.33}),
        "start-up failed: Runtime.ImportModuleError",
    ),
    "start-up timed out": (
        json_line("initReport", initializationType="on-demand", phase="init", status="timeout",
                  metrics={"durationMs": 9999.8}),
        "start-up timed out",
    ),
    "lines dropped": (
        json_line("logsDropped", reason="slow", droppedRecords=12, droppedBytes=3000), "log lines were dropped: slow",
    ),
    "the runtime's own line": (
        json.dumps({"timestamp": "2026-03-02T08:00:00Z", "log_level": "ERROR", "errorMessage": "Unable to import",
                    "errorType": "Runtime.ImportModuleError", "requestId": "", "stackTrace": []}),
        "Unable to import",
    ),
    "text: time-out": (
        f"2026-03-02T08:00:00.000Z {REQUEST} Task timed out after 60.06 seconds",
        f"2026-03-02T08:00:00.000Z {REQUEST} Task timed out after 60.06 seconds",
    ),
    "text: killed": (
        f"RequestId: {REQUEST} Error: Runtime exited with error: signal: killed\nRuntime.ExitError",
        f"RequestId: {REQUEST} Error: Runtime exited with error: signal: killed Runtime.ExitError",
    ),
    "text: report of a time-out": (
        f"REPORT RequestId: {REQUEST}\tDuration: 60000.00 ms\tBilled Duration: 60000 ms\tMemory Size: 512 MB"
        "\tMax Memory Used: 301 MB\tStatus: timeout",
        "invocation timed out",
    ),
    "text: report of a kill": (
        f"REPORT RequestId: {REQUEST}\tDuration: 812.50 ms\tBilled Duration: 813 ms\tMemory Size: 512 MB"
        "\tMax Memory Used: 512 MB\tStatus: error\tError Type: Runtime.ExitError",
        "invocation ran out of memory",
    ),
    "text: start-up": (
        "INIT_REPORT Init Duration: 10008.02 ms\tPhase: init\tStatus: timeout", "start-up timed out",
    ),
}  # fmt: skip
GOOD = (
    json_line("start", requestId=REQUEST, version="7"),
    json_line("initStart", initializationType="on-demand", phase="init", runtimeVersion="python:3.13.v60"),
    json_line(
        "initReport", initializationType="on-demand", phase="init", status="success", metrics={"durationMs": 549.0}
    ),
    json_line("runtimeDone", requestId=REQUEST, status="success", metrics={"durationMs": 13.7, "producedBytes": 2}),
    json_line("report", requestId=REQUEST, metrics=USED, status="success"),
    f"START RequestId: {REQUEST} Version: 7",
    f"END RequestId: {REQUEST}",
    f"REPORT RequestId: {REQUEST}\tDuration: 2.02 ms\tBilled Duration: 3 ms\tMemory Size: 512 MB",
    "INIT_START Runtime Version: python:3.13.v60\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:1",
)
OTHERS = (json_line("report", status=3), '{"type":"platform.report"}', '{"type":"platform.report","record":"x"}', "[]")


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD)
def test_a_bad_end_is_trouble_and_said_in_words(text: str, said: str) -> None:
    line = read_line("deliver", 0, text)
    assert line is not None
    assert line.is_trouble
    assert line.text == said


@pytest.mark.parametrize("text", GOOD)
def test_what_lambda_says_of_every_invocation_is_left_out(text: str) -> None:
    assert read_line("deliver", 0, text) is None


@pytest.mark.parametrize("text", OTHERS)
def test_a_shape_that_nobody_knows_ends_no_command(text: str) -> None:
    read_line("deliver", 0, text)


_METRICS = {"CloudWatchMetrics": [{"Metrics": [{"Name": "Held", "Unit": "Count"}, {"Name": 1}, 2]}, {"Metrics": 3}, 4]}


def odd_lines() -> Iterator[Any]:
    odd: Any
    for odd in (None, 1, [], {}, {"CloudWatchMetrics": 1}, {"CloudWatchMetrics": [{}, 1]}):
        yield {"_aws": odd}
    for odd in (None, "1", [], ["1", None, {}], {}):
        yield {"_aws": _METRICS, "Held": odd}
    for odd in (None, 1, [], {"status": 1}, {"status": "error"}):
        yield {"type": "platform.report", "record": odd}
    for odd in ("1.2.3", None, [1], {}):
        metrics = {"durationMs": odd, "memorySizeMB": odd}
        yield {"type": "platform.report", "record": {"status": "error", "metrics": metrics}}
    yield {"message": ["not", "text"], "level": 7}


@pytest.mark.parametrize("line", list(odd_lines()))
def test_an_odd_line_of_somebody_elses_ends_no_command(line: Any) -> None:
    """An extension or a library may log as it likes."""
    read_line("deliver", 0, json.dumps(line))


def test_an_odd_report_in_text_ends_no_command() -> None:
    assert (
        read_line("deliver", 0, "REPORT RequestId: 1\tDuration: 1.2.3 ms\tMemory Size: 1 MB\tStatus: error") is not None
    )
    read_line("deliver", 0, "[" * 100_000)


def test_a_time_out_tells_its_figures_and_its_request() -> None:
    """What the runbook asks for: how long, how much memory there was and how much was used."""
    line = read_line("deliver", 0, BAD["time-out"][0])
    assert line is not None
    assert line.fields == {
        "kind": "platform.report", "milliseconds": 60000.0, "memory_mb": 512, "used_mb": 301, "request_id": REQUEST,
    }  # fmt: skip
    text = read_line("deliver", 0, BAD["text: report of a kill"][0])
    assert text is not None
    assert text.fields == {"kind": "REPORT", "milliseconds": 812.5, "memory_mb": 512.0, "used_mb": 512.0}


@pytest.mark.parametrize(("text", "_said"), BAD.values(), ids=BAD)
def test_the_filters_ask_for_every_bad_end(text: str, _said: str) -> None:
    """Else CloudWatch would not hand it out."""
    assert fits_json(TROUBLE[0], text) or fits_text(TROUBLE[1], text)


@pytest.mark.parametrize("level", ["WARNING", "WARN", "ERROR", "CRITICAL"])
def test_the_filters_ask_for_our_own_lines(level: str) -> None:
    assert fits_json(TROUBLE[0], json.dumps({"level": level}))


@pytest.mark.parametrize("text", GOOD)
def test_the_filters_leave_good_ends_out(text: str) -> None:
    assert not fits_json(TROUBLE[0], text)
    assert not fits_text(TROUBLE[1], text)


def test_a_filter_is_not_longer_than_cloudwatch_takes() -> None:
    assert all(len(pattern) <= 1024 for pattern in TROUBLE)


def test_a_time_out_is_told_once_in_the_status(bench: Bench) -> None:
    """Though two lines tell it."""
    now = int(datetime.now(UTC).timestamp() * 1000)
    group = OUTPUTS["DeliverLogGroupName"]
    forerunner = json_line("runtimeDone", requestId=REQUEST, status="timeout", metrics={"durationMs": 60000.0})
    bench.logs.lines += [(group, now, forerunner), (group, now, BAD["time-out"][0])]
    (trouble,) = bench.json("status")["trouble"]
    assert (trouble["message"], trouble["used_mb"]) == ("invocation timed out", 301)


def fits_json(pattern: str, text: str) -> bool:
    """As CloudWatch: one of the comparisons is true of a JSON line."""
    try:
        line = json.loads(text)
    except ValueError:
        return False
    for path, wanted in re.findall(r'\$\.([a-z_.]+) = "([^"]+)"', pattern):
        value: Any = line
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if value == wanted:
            return True
    return False


def fits_text(pattern: str, text: str) -> bool:
    """As CloudWatch: one of the optional terms is in the line."""
    return any(
        quoted in text if quoted else plain in text for quoted, plain in re.findall(r'\?(?:"([^"]+)"|(\S+))', pattern)
    )
