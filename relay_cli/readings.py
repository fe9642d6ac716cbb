"""What the functions counted, by time: from CloudWatch's metrics or, on the local stack, from their log lines."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from relay_cli.log_lines import Line
from relay_cli.paging import pages
from relay_cli.stack import RelayStack

_PERIOD_S = 60
# CloudWatch tells a count of the functions' so late.
LATE_S = 240
# Of a minute so long before the newest one nothing more is reported.
_SETTLED = timedelta(minutes=5)
_NEVER = datetime.max.replace(tzinfo=UTC)
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
    ("EventsRepeated", "deliver"),
    *((metric, function) for function in ("ingest", "deliver") for metric in ("EventsDropped", "EventsSuppressed")),
    *(("RulesUnavailable", function) for function in ("ingest", "deliver")),
    ("HeldAge", "deliver"),
    ("KeyRefused", "deliver"),
    ("Answers3xx", "deliver"),
    ("Answers4xx", "deliver"),
    ("Answers5xx", "deliver"),
    ("NoAnswers", "deliver"),
)
# Counted by rule, too; each rule's is called `EventsDropped/RULE`.
_BY_RULE = ("ingest", "deliver")
_OF_RULE = "EventsDropped/"
# SQS's own of the queue.
_OF_QUEUE = tuple((metric, "queue") for metric in ("NumberOfMessagesSent", AGE_OF_OLDEST, *DEPTHS))


@dataclass(frozen=True, slots=True)
class Reading:
    """One value, counted within ``seconds`` from ``at`` on (0: exactly then)."""

    at: datetime
    value: float
    seconds: int = 0

    @property
    def end(self) -> datetime:
        """Return the latest time at which it can have been counted."""
        return self.at + timedelta(seconds=self.seconds)


class Readings:
    """Values by function and metric, the oldest first; the newest may arrive ``late_s`` seconds late."""

    def __init__(self, found: Mapping[tuple[str, str], Sequence[Reading]], late_s: int = 0) -> None:
        self.late_s = late_s
        self._found = {name: sorted(readings, key=lambda one: one.at) for name, readings in found.items()}

    def of(self, metric: str, service: str = "deliver") -> list[Reading]:
        """Return all readings of ``metric``; counts of zero are left out."""
        found = self._found.get((service, metric), [])
        return list(found) if metric in _GAUGES else [one for one in found if one.value]

    def last(self, metric: str, service: str = "deliver") -> Reading | None:
        """Return the newest reading."""
        return next(reversed(self.of(metric, service)), None)

    @cached_property
    def empty_at(self) -> datetime | None:
        """Return a time by which everything on the queue was gone: two minutes in a row report an empty queue.

        SQS counts approximately, and may not have counted what changed within the last minute. Hidden and delayed
        messages it may report only while there are any: that it reports none is known minutes later.
        """
        visible, *others = ({one.at: one.value for one in self.of(metric, "queue")} for metric in DEPTHS)
        settled = max(visible, default=_NEVER) - _SETTLED
        none = {at for at, value in visible.items() if value == 0}
        empty = {at for at in none if all(depth.get(at, 0 if at <= settled else 1) == 0 for depth in others)}
        minute = timedelta(seconds=_PERIOD_S)
        return max((at - minute for at in empty if at - minute in empty), default=None)

    def total(self, metric: str, service: str, since: datetime) -> int:
        """Return the sum since ``since``."""
        return int(sum(one.value for one in self.of(metric, service) if one.end > since))

    def by_rule(self, service: str, since: datetime) -> dict[str, int]:
        """Return how many events each privacy rule has dropped since ``since``."""
        names = [metric for of, metric in self._found if of == service and metric.startswith(_OF_RULE)]
        found = {name.removeprefix(_OF_RULE): self.total(name, service, since) for name in names}
        return {rule: count for rule, count in found.items() if count}


def logged(lines: Iterable[Line]) -> Readings:
    """Return the readings in log ``lines``: the emulator stores the functions' logs and makes no metrics of them."""
    found: dict[tuple[str, str], list[Reading]] = {}
    for line in lines:
        for metric, value in line.counts.items():
            told = float(bool(value)) if metric in _TIMES else value
            found.setdefault((line.function, metric), []).append(Reading(line.at, told))
    return Readings(found)


def counted(stack: RelayStack, since: datetime, now: datetime) -> Readings:
    """Return CloudWatch's readings, one a minute; the newest arrive one or two minutes late."""
    namespace = stack.output("MetricsNamespace")
    asked: dict[str, Any] = {
        "MetricDataQueries": [
            *(_query(f"m{number}", namespace, metric, service) for number, (metric, service) in enumerate(METRICS)),
            *(_query_by_rule(f"r{number}", namespace, service) for number, service in enumerate(_BY_RULE)),
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
            if of == "r":
                metric, service = _OF_RULE + result["Label"], _BY_RULE[number]
            else:
                metric, service = _OF_QUEUE[number] if of == "q" else METRICS[number]
            pairs = zip(result["Timestamps"], result["Values"], strict=True)
            readings = [Reading(at, float(value), _PERIOD_S) for at, value in pairs]
            found.setdefault((service, metric), []).extend(readings)
    return Readings(found, LATE_S)


def _query(name: str, namespace: str, metric: str, service: str) -> dict[str, Any]:
    dimensions = [{"Name": "service", "Value": service}]
    of = {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions}
    return _asked(name, of, metric)


def _query_by_rule(name: str, namespace: str, service: str) -> dict[str, Any]:
    """Return the query for every rule that has dropped events, whatever its name; results are labelled with that."""
    searched = f'{{"{namespace}",service,rule}} MetricName="EventsDropped" service="{service}"'
    return {"Id": name, "Expression": f"SEARCH('{searched}', 'Sum', {_PERIOD_S})", "Label": "${PROP('Dim.rule')}"}


def _queries_of_queue(name: str) -> list[dict[str, Any]]:
    dimensions = [{"Name": "QueueName", "Value": name}]
    of = {"Namespace": "AWS/SQS", "Dimensions": dimensions}
    return [_asked(f"q{number}", {**of, "MetricName": metric}, metric) for number, (metric, _) in enumerate(_OF_QUEUE)]


def _asked(name: str, of: dict[str, Any], metric: str) -> dict[str, Any]:
    stat = "Maximum" if metric in _GAUGES else "SampleCount" if metric in _TIMES else "Sum"
    return {"Id": name, "MetricStat": {"Metric": of, "Period": _PERIOD_S, "Stat": stat}}
