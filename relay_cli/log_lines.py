"""Reads the functions' log lines from CloudWatch Logs: messages and metrics."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from relay_cli import platform_lines
from relay_cli.paging import pages

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

    from relay_cli.stack import RelayStack

FUNCTIONS = ("ingest", "deliver")
_GROUPS = {"ingest": "IngestLogGroupName", "deliver": "DeliverLogGroupName"}
_KNOWN = frozenset({"level", "log_level", "message", "errorMessage", "timestamp", "location", "service"})
_NO_SUMS = ("Seconds", "Milliseconds", "Percent")
_ORDINARY = (
    "START ",
    "END ",
    "REPORT ",
    "INIT_START ",
    "INIT_REPORT ",
    "RESTORE_",
    "EXTENSION\t",
    "XRAY ",
    "TELEMETRY\t",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a function; ``level`` as logged.

    ``counts`` are the metrics in it (sums; the largest of durations), otherwise empty.
    """

    at: datetime
    function: str
    level: str
    text: str
    fields: Mapping[str, Any]
    counts: Mapping[str, float]

    @property
    def is_forerunner(self) -> bool:
        """Whether the platform's next line tells the same and more."""
        return self.fields.get("kind") in platform_lines.FORERUNNERS

    @property
    def is_trouble(self) -> bool:
        """Whether somebody should read it."""
        return self.level in ("WARNING", "ERROR", "CRITICAL", "FATAL")

    def shown(self) -> dict[str, object]:
        """Return its JSON."""
        said: dict[str, object] = {"time": self.at.isoformat(timespec="milliseconds"), "function": self.function}
        if self.counts:
            return {**said, "counts": dict(self.counts)}
        return {**said, "level": self.level, "message": self.text, **self.fields}


class FunctionLogs:
    """The log groups of a stack's functions; ``client`` is a boto3 CloudWatch Logs client."""

    def __init__(self, client: "CloudWatchLogsClient", groups: Mapping[str, str]) -> None:
        self._client = client
        self._groups = groups

    @classmethod
    def of(cls, stack: "RelayStack") -> "FunctionLogs":
        """Return the log groups of a :class:`relay_cli.stack.RelayStack`."""
        return cls(stack.logs, {function: stack.output(name) for function, name in _GROUPS.items()})

    def since(
        self, start: datetime, patterns: Sequence[str | None] = (None,), functions: Sequence[str] = FUNCTIONS
    ) -> list[Line]:
        """Return the lines of ``functions`` since ``start``, in order, each once, that match any of ``patterns``.

        CloudWatch reads a pattern for JSON lines or one for text, never one for both.
        """
        lines = {
            (function, line_id): line
            for function in functions
            for pattern in patterns
            for line_id, line in self._of(function, start, pattern)
        }
        return sorted(lines.values(), key=lambda line: line.at)

    def _of(self, function: str, start: datetime, pattern: str | None) -> Iterator[tuple[str, Line]]:
        asked: dict[str, Any] = {
            "logGroupName": self._groups[function],
            "startTime": int(start.timestamp() * 1000),
        }
        if pattern:
            asked["filterPattern"] = pattern
        number = 0
        for page in pages(self._client.filter_log_events, "nextToken", **asked):
            for event in page.get("events", ()):
                if (line := read_line(function, event["timestamp"], event["message"])) is not None:
                    # Without ids, as in the emulator, no two lines can be told to be one.
                    number += 1
                    yield str(event.get("eventId") or (pattern, number)), line


def read_line(function: str, timestamp_ms: int, message: str) -> Line | None:
    """Read a line of the function or of the platform; None for what the platform writes about every invocation."""
    at = datetime.fromtimestamp(timestamp_ms / 1000, UTC)
    text = message.strip()
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        if bad := platform_lines.text_ended_badly(text):
            return Line(at, function, "ERROR", *bad, {})
        ordinary = text.startswith(_ORDINARY) or not text
        return None if ordinary else Line(at, function, "ERROR" if "rror" in text else "INFO", text[:500], {}, {})
    if "_aws" in read:
        values = {name: _total(read.get(name, 0), unit) for name, unit in sorted(_units(read["_aws"]).items())}
        if isinstance(read.get("rule"), str):
            # Of one privacy rule: the line before has the count of all.
            values = {f"{name}/{read['rule']}": value for name, value in values.items()}
        # The relay key's name, where a request showed one: the counts are of that request.
        of_key = {"key": read["key"]} if isinstance(read.get("key"), str) else {}
        return Line(at, function, "INFO", "", of_key, values)
    if str(read.get("type", "")).startswith("platform."):
        record = read.get("record")
        bad = platform_lines.ended_badly(str(read["type"]), record if isinstance(record, dict) else {})
        return Line(at, function, "ERROR", *bad, {}) if bad else None
    fields = {name: value for name, value in read.items() if name not in _KNOWN and not name.startswith("xray")}
    said = str(read.get("message") or read.get("errorMessage") or "")
    # The runtime's own lines, of an exception that nobody caught or a module that cannot be imported, name it so.
    level = str(read.get("level") or read.get("log_level") or "INFO").upper()
    return Line(at, function, "WARNING" if level == "WARN" else level, said, fields, {})


def _units(metadata: object) -> dict[str, object]:
    """Return the units of the metrics that a line in embedded metric format declares; anybody may write such lines."""
    groups = metadata.get("CloudWatchMetrics") if isinstance(metadata, dict) else None
    listed = [group.get("Metrics") for group in groups if isinstance(group, dict)] if isinstance(groups, list) else []
    metrics = [one for of_group in listed if isinstance(of_group, list) for one in of_group if isinstance(one, dict)]
    return {one["Name"]: one.get("Unit") for one in metrics if isinstance(one.get("Name"), str)}


def _total(value: object, unit: object) -> float:
    """Return the sum of counts and sizes, or the largest of durations and shares."""
    numbers = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, int | float)]
    return float(max(numbers, default=0.0) if unit in _NO_SUMS else sum(numbers))
