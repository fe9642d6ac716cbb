"""Finds when each relay key was last used, from what the ingest function counts by the key's name."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from dreamdata_relay.metrics import INGEST_METRICS, REQUESTS_UNAUTHORIZED, SECRET_UNREADABLE
from relay_cli.key_notes import Since
from relay_cli.log_lines import FunctionLogs, Line
from relay_cli.paging import pages
from relay_cli.readings import LATE_S, Reading
from relay_cli.stack import RelayStack, told

USED, NOT_SEEN, UNKNOWN = "used", "not_seen", "unknown"
LOOK_BACK = timedelta(days=90)
# CloudWatch keeps values of an hour for longer than LOOK_BACK, those of a minute for 15 days.
_BY_MINUTE = timedelta(days=1)
_MINUTE_S, _HOUR_S = 60, 3600
_QUERIES_A_CALL = 500
# These are never of a key's name.
_OF_NO_KEY = (REQUESTS_UNAUTHORIZED, SECRET_UNREADABLE)
_METRICS = tuple(metric.name for metric in INGEST_METRICS if metric not in _OF_NO_KEY)
_KEYS_A_CALL = _QUERIES_A_CALL // len(_METRICS)
# Other names are written otherwise in metrics.
_AS_COUNTED = re.compile("[!-~](?:[ -~]{0,98}[!-~])?")


@dataclass(frozen=True, slots=True)
class Use:
    """``last`` use, None unless ``state`` is USED; ``since``: NOT_SEEN since then; ``why`` it is UNKNOWN.

    ``failed``: AWS did not answer; ``new``: the key is too new to have been counted.
    """

    state: str
    last: Reading | None = None
    since: datetime | None = None
    why: str = ""
    failed: bool = False
    new: bool = False


def uses(stack: RelayStack, keys: Sequence[tuple[str, Since | None]], now: datetime) -> dict[str, Use]:
    """Return the last use of each of ``keys`` as known at ``now``, or why it is unknown."""
    names = [name for name, _ in keys if _AS_COUNTED.fullmatch(name)]
    try:
        found, start, late_s = _logged(stack, now) if stack.is_local else _counted(stack, names, now)
    except (ClientError, BotoCoreError) as error:
        return {name: Use(UNKNOWN, why=told(error), failed=True) for name, _ in keys}
    return {name: _use(name, since, found.get(name), start, late_s, now) for name, since in keys}


def _use(
    name: str, since: Since | None, last: Reading | None, start: datetime | None, late_s: int, now: datetime
) -> Use:
    if not _AS_COUNTED.fullmatch(name):
        return Use(UNKNOWN, why="its name is another in metrics")
    if start is None:
        return Use(UNKNOWN, why="the ingest function has logged nothing yet", new=True)
    added = since.at if since and since.exact else None
    if last and (added is None or last.end > added):
        return Use(USED, last)
    if added and (now - added).total_seconds() < late_s:
        return Use(UNKNOWN, why=f"CloudWatch tells a use up to {late_s // 60} minutes late", new=True)
    return Use(NOT_SEEN, since=max(start, added) if added else start)


def _logged(stack: RelayStack, now: datetime) -> tuple[dict[str, Reading], datetime | None, int]:
    """Read the local stack's log, which is as old as the stack."""
    lines = FunctionLogs.of(stack).since(now - LOOK_BACK, functions=("ingest",))
    return last_in(lines), lines[0].at if lines else None, 0


def last_in(lines: Iterable[Line]) -> dict[str, Reading]:
    """Return the last count of each key in log ``lines``."""
    return {str(line.fields["key"]): Reading(line.at, 1.0) for line in lines if line.counts and "key" in line.fields}


def _counted(stack: RelayStack, names: Sequence[str], now: datetime) -> tuple[dict[str, Reading], datetime | None, int]:
    """Ask CloudWatch: to the minute within a day, to the hour before that."""
    day, start = (now - _BY_MINUTE).replace(second=0, microsecond=0), _hour(now - LOOK_BACK)
    found = _newest(stack, names, day, now, _MINUTE_S)
    left = [name for name in names if name not in found]
    return {**_newest(stack, left, start, now, _HOUR_S), **found}, start, LATE_S


def _newest(
    stack: RelayStack, names: Sequence[str], start: datetime, end: datetime, period_s: int
) -> dict[str, Reading]:
    newest: dict[str, Reading] = {}
    for first in range(0, len(names), _KEYS_A_CALL):
        asked = [(name, metric) for name in names[first : first + _KEYS_A_CALL] for metric in _METRICS]
        namespace = stack.output("MetricsNamespace")
        queries = [_query(f"m{at}", namespace, *one, period_s) for at, one in enumerate(asked)]
        for page in pages(
            stack.metrics.get_metric_data,
            MetricDataQueries=queries,
            StartTime=start,
            EndTime=end,
            ScanBy="TimestampDescending",
        ):
            for result in page["MetricDataResults"]:
                name = asked[int(result["Id"][1:])][0]
                for at in result["Timestamps"]:
                    if name not in newest or at > newest[name].at:
                        newest[name] = Reading(at, 1.0, period_s)
    return newest


def _query(query_id: str, namespace: str, name: str, metric: str, period_s: int) -> dict[str, Any]:
    dimensions = [{"Name": "service", "Value": "ingest"}, {"Name": "key", "Value": name}]
    of = {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions}
    # Whether it was counted, not how much.
    return {"Id": query_id, "MetricStat": {"Metric": of, "Period": period_s, "Stat": "SampleCount"}}


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
