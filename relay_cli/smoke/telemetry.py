"""Checks whether a log line keeps its level and time, and whether metrics arrive."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from relay_cli.log_lines import FunctionLogs
from relay_cli.paging import pages
from relay_cli.smoke.results import FAILED, OK, SKIPPED, Result
from relay_cli.smoke.run import Run

GROUP = "telemetry"
_SAID = "events dead-lettered"
_METRIC = "EventsRefused"
_LOG_S = 60
_LOOK_BACK = timedelta(hours=24)
# The log's clock against this machine's.
_SLACK = timedelta(seconds=60)
# From a line's own time to the time that CloudWatch keeps beside it.
_APART_S = 30.0


def checks(run: Run, refused: bool) -> Iterator[Result]:
    """Check this run's own probes; ``refused``: whether deliver has refused any."""
    if refused:
        line = run.wait_for(lambda: _line(run, run.begun - _SLACK), _LOG_S)
        yield _judged(line, FAILED, f"no line {_SAID!r} of the deliver function came")
    else:
        yield Result(GROUP, "log line", SKIPPED, "deliver refused no probe, so that it had nothing to say")
    yield _metrics(run)


def looks(run: Run) -> Iterator[Result]:
    """Check what the current deployment logged within a day."""
    newest = run.stack.functions.get_function_configuration(FunctionName=run.stack.output("DeliverFunctionName"))
    changed = str(newest.get("LastModified", ""))
    since = run.begun - _LOOK_BACK
    with suppress(ValueError):
        since = max(since, datetime.fromisoformat(changed))
    yield _judged(_line(run, since), SKIPPED, f"no line {_SAID!r} within a day and since the last deploy")


def _line(run: Run, since: datetime) -> Mapping[str, Any] | None:
    """Return the newest log event in which the deliver function reports refused events."""
    asked: dict[str, Any] = {
        "logGroupName": run.stack.output("DeliverLogGroupName"),
        "startTime": int(since.timestamp() * 1000),
        "filterPattern": f'{{ $.message = "{_SAID}" }}',
    }
    found: Mapping[str, Any] | None = None
    for page in pages(run.stack.logs.filter_log_events, "nextToken", **asked):
        for event in page.get("events", ()):
            # Filtered once more: an emulator may filter in its own way.
            if _read(event).get("message") == _SAID:
                found = event
    return found


def _read(event: Mapping[str, Any]) -> dict[str, Any]:
    try:
        read = json.loads(event["message"])
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _judged(event: Mapping[str, Any] | None, none: str, told: str) -> Result:
    if event is None:
        return Result(GROUP, "log line", none, told)
    line = _read(event)
    level, stamp = str(line.get("level")), str(line.get("timestamp"))
    try:
        at = datetime.fromisoformat(stamp)
    except ValueError:
        return Result(GROUP, "log line", FAILED, f"its timestamp is not RFC 3339: {stamp}")
    if level not in ("WARNING", "WARN"):
        return Result(GROUP, "log line", FAILED, f"it was logged as WARNING and is kept as {level}")
    kept = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    if at.tzinfo is None or abs((kept - at).total_seconds()) > _APART_S:
        return Result(GROUP, "log line", FAILED, f"its time is {stamp}, and {kept.isoformat()} is kept beside it")
    return Result(GROUP, "log line", OK, f"level {level}, time {stamp}")


def _metrics(run: Run) -> Result:
    if run.stack.is_local:
        lines = FunctionLogs.of(run.stack).since(run.begun - _SLACK)
        logged = sorted({line.function for line in lines if _METRIC in line.counts})
        why = f"the emulator makes no metrics of log lines; {_METRIC} is in the log of: {', '.join(logged) or 'none'}"
        return Result(GROUP, "metrics", SKIPPED, why)
    found = run.wait_for(lambda: _counted(run), run.seconds)
    if found is None:
        return Result(
            GROUP, "metrics", FAILED, f"no {_METRIC} of ingest came in {run.stack.output('MetricsNamespace')}"
        )
    return Result(GROUP, "metrics", OK, f"{_METRIC} of ingest: {found:g}")


def _counted(run: Run) -> float | None:
    metric = {
        "Namespace": run.stack.output("MetricsNamespace"),
        "MetricName": _METRIC,
        "Dimensions": [{"Name": "service", "Value": "ingest"}],
    }
    query = {"Id": "refused", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
    # CloudWatch keeps whole minutes.
    start = run.begun.replace(second=0, microsecond=0)
    total = 0.0
    asked: dict[str, Any] = {"MetricDataQueries": [query], "StartTime": start, "EndTime": datetime.now(UTC) + _SLACK}
    for page in pages(run.stack.metrics.get_metric_data, **asked):
        total += sum(sum(result["Values"]) for result in page["MetricDataResults"])
    return total or None
