"""Reads what Lambda itself logs about how invocations and start-ups ended, as JSON or as text.

Shapes: Lambda's Telemetry API schema, which its JSON log format follows (``type`` and ``record``); in text the lines
REPORT, INIT_REPORT, "Task timed out" and "Runtime exited". None of them has a ``level``.
"""

import re
from collections.abc import Mapping
from typing import Any

_TEXT_REPORT = re.compile(r"^(INIT_REPORT|REPORT|RESTORE_REPORT)\b")
_TEXT_STATUS = re.compile(r"\bStatus:\s*(\w+)(?:\s+Error Type:\s*(\S+))?")
_TEXT_NUMBERS = {
    "milliseconds": re.compile(r"(?<!Billed )(?<!Init )Duration:\s*(\d+(?:\.\d+)?) ms"),
    "memory_mb": re.compile(r"Memory Size:\s*(\d+) MB"),
    "used_mb": re.compile(r"Max Memory Used:\s*(\d+) MB"),
}
_TEXT_TROUBLE = ("Task timed out after", "Runtime exited", "Runtime.ExitError", "Runtime.OutOfMemory", "LAMBDA_WARNING")
_OF_METRICS = {"milliseconds": "durationMs", "memory_mb": "memorySizeMB", "used_mb": "maxMemoryUsedMB"}
_START_UP = ("platform.initReport", "platform.initRuntimeDone", "INIT_REPORT")
# Each is followed by the report of the same end, which tells more.
FORERUNNERS = ("platform.runtimeDone", "platform.initRuntimeDone", "platform.restoreRuntimeDone")


def ended_badly(kind: str, record: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Describes the failure that a JSON line reports, with its figures; None for any other line."""
    if kind == "platform.logsDropped":
        return "log lines were dropped: " + str(record.get("reason", "")), {"kind": kind, **_known(record)}
    status = str(record.get("status", "success"))
    if status == "success":
        return None
    metrics = record.get("metrics")
    metrics = metrics if isinstance(metrics, Mapping) else {}
    figures = {name: metrics[of] for name, of in _OF_METRICS.items() if isinstance(metrics.get(of), int | float)}
    error_type = str(record.get("errorType") or "")
    request = {"request_id": record["requestId"]} if record.get("requestId") else {}
    return _words(kind, status, error_type, figures), {"kind": kind, **figures, **request}


def text_ended_badly(text: str) -> tuple[str, dict[str, Any]] | None:
    """The same for a line in the text format."""
    if report := _TEXT_REPORT.match(text):
        if not (status := _TEXT_STATUS.search(text)) or status[1] == "success":
            return None
        found = {name: number.search(text) for name, number in _TEXT_NUMBERS.items()}
        figures = {name: float(number[1]) for name, number in found.items() if number}
        return _words(report[1], status[1], status[2] or "", figures), {"kind": report[1], **figures}
    if any(sign in text for sign in _TEXT_TROUBLE):
        return " ".join(text.split())[:500], {"kind": "text"}
    return None


def _words(kind: str, status: str, error_type: str, figures: Mapping[str, Any]) -> str:
    what = "start-up" if kind in _START_UP else "invocation"
    size, used = figures.get("memory_mb"), figures.get("used_mb")
    # Killed with all of its memory in use; Lambda does not always name it.
    full = size is not None and used is not None and float(used) >= float(size)
    if "OutOfMemory" in error_type or (full and error_type in ("", "Runtime.ExitError") and status != "timeout"):
        return f"{what} ran out of memory"
    if status == "timeout":
        return f"{what} timed out"
    return f"{what} failed: {error_type or status}"


def _known(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: record[name] for name in ("droppedRecords", "droppedBytes") if name in record}
