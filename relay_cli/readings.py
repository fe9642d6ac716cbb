"""What the functions counted, by time: from CloudWatch's metrics or, on the local stack, from their log lines."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from relay_cli.log_lines import Line
from relay_cli.paging import pages
from relay_cli.stack import RelayStack

_PERIOD_S = 60
# CloudWatch tells a count of the functions' so late.
LATE_S = 240
AGE_OF_OLDEST = "ApproximateAgeOfOldestMessage"
# How many messages are on the queue, in each of the three ways.
DEPTHS = (
    "ApproximateNumberOfMessagesVisible",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
# Values that are no counts: the largest of a minute tells.
_GAUGES = ("HeldAge", AGE_OF_OLDEST, *DEPTHS)
# Of these it is counted how often they were, and not how much.
_TIMES = ("EventsHeld",)
METRICS = (
    ("EventsAccepted", "ingest"),
    ("RequestsRefused", "ingest"),
    ("RequestsUnauthorized", "ingest"),
    ("RequestsFailed", "ingest"),
    ("EventsRefused", "ingest"),
    ("EventsDelivered", "deliver"),
    ("EventsHeld", "deliver"),
    ("EventsRefused", "deliver"),
    ("HeldAge", "deliver"),
    ("KeyRefused", "deliver"),
    ("Answers3xx", "deliver"),
    ("Answers4xx", "deliver"),
    ("Answers5xx", "deliver"),
    ("NoAnswers", "deliver"),
)
# SQS's own of the queue.
_OF_QUEUE = tuple((metric, "queue") for metric in ("NumberOfMessagesSent", AGE_OF_OLDEST, *DEPTHS))


@dataclass(frozen=True, slots=True)
class Reading:
    """One value; it was counted within ``seconds`` from ``at`` on (0: exactly then)."""

    at: datetime
    value: float
    seconds: int = 0

    @property
    def end(self) -> datetime:
        """The latest that it can have been counted."""
        return self.at + timedelta(seconds=self.seconds)


class Readings:
    """By function and metric, the oldest first; the newest may come to be known ``late_s`` seconds late."""

    def __init__(self, found: Mapping[tuple[str, str], Sequence[Reading]], late_s: int = 0) -> None:
        self.late_s = late_s
        self._found = {name: sorted(readings, key=lambda one: one.at) for name, readings in found.items()}

    def of(self, metric: str, service: str = "deliver") -> list[Reading]:
        """All of ``metric``; counts of nothing are left out."""
        found = self._found.get((service, metric), [])
        return list(found) if metric in _GAUGES else [one for one in found if one.value]

    def last(self, metric: str, service: str = "deliver") -> Reading | None:
        """The newest."""
        return next(reversed(self.of(metric, service)), None)

    @cached_property
    def empty_at(self) -> datetime | None:
        """Until when everything that was on the queue is gone: it was empty then, by two minutes in a row.

        SQS counts approximately, and what changed within the last minute may not be counted yet.
        """
        depths = [{one.at: one.value for one in self.of(metric, "queue")} for metric in DEPTHS]
        empty = {at for at in depths[0] if all(depth.get(at) == 0 for depth in depths)}
        minute = timedelta(seconds=_PERIOD_S)
        return max((at - minute for at in empty if at - minute in empty), default=None)

    def total(self, metric: str, service: str, since: datetime) -> int:
        """The sum since ``since``."""
        return int(sum(one.value for one in self.of(metric, service) if one.end > since))


def logged(lines: Iterable[Line]) -> Readings:
    """Those in log ``lines``: the emulator stores what functions log and makes no metrics of it."""
    found: dict[tuple[str, str], list[Reading]] = {}
    for line in lines:
        for metric, value in line.counts.items():
            told = float(bool(value)) if metric in _TIMES else value
            found.setdefault((line.function, metric), []).append(Reading(line.at, told))
    return Readings(found)


def counted(stack: RelayStack, since: datetime, now: datetime) -> Readings:
    """CloudWatch's, a value a minute; it tells the newest one or two minutes late."""
    namespace = stack.output("MetricsNamespace")
    asked: dict[str, Any] = {
        "MetricDataQueries": [
            *(_query(f"m{number}", namespace, metric, service) for number, (metric, service) in enumerate(METRICS)),
            *_queries_of_queue(stack.output("QueueArn").rpartition(":")[2]),
        ],
        "StartTime": since.replace(second=0, microsecond=0),
        "EndTime": now,
        "ScanBy": "TimestampAscending",
    }
    found: dict[tuple[str, str], list[Reading]] = {}
    for page in pages(stack.metrics.get_metric_data, **asked):
        for result in page["MetricDataResults"]:
            of, number = result["Id"][0], int(result["Id"][1:])
            metric, service = _OF_QUEUE[number] if of == "q" else METRICS[number]
            pairs = zip(result["Timestamps"], result["Values"], strict=True)
            readings = [Reading(at, float(value), _PERIOD_S) for at, value in pairs]
            found.setdefault((service, metric), []).extend(readings)
    return Readings(found, LATE_S)


def _query(name: str, namespace: str, metric: str, service: str) -> dict[str, Any]:
    dimensions = [{"Name": "service", "Value": service}]
    of = {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions}
    return _asked(name, of, metric)


def _queries_of_queue(name: str) -> list[dict[str, Any]]:
    dimensions = [{"Name": "QueueName", "Value": name}]
    of = {"Namespace": "AWS/SQS", "Dimensions": dimensions}
    return [_asked(f"q{number}", {**of, "MetricName": metric}, metric) for number, (metric, _) in enumerate(_OF_QUEUE)]


def _asked(name: str, of: dict[str, Any], metric: str) -> dict[str, Any]:
    stat = "Maximum" if metric in _GAUGES else "SampleCount" if metric in _TIMES else "Sum"
    return {"Id": name, "MetricStat": {"Metric": of, "Period": _PERIOD_S, "Stat": stat}}
