"""What `relay status` tells: queues, age, rates, alarms, the key's state and the last trouble."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from relay_cli import running
from relay_cli.alarms import Alarm, alarms, deaf_topics, silent
from relay_cli.dreamdata_key import STATES, DreamdataSecret
from relay_cli.log_lines import FunctionLogs, Line
from relay_cli.paging import pages
from relay_cli.stack import RelayStack

# Shown over the window: each metric with the function that counts it.
RATES = (
    ("EventsAccepted", "ingest"),
    ("RequestsRefused", "ingest"),
    ("RequestsFailed", "ingest"),
    ("EventsDelivered", "deliver"),
    ("EventsHeld", "deliver"),
    ("EventsRefused", "ingest"),
    ("EventsRefused", "deliver"),
)
# In words of CloudWatch's filters: our own lines and the runtime's by their level; the platform's, which have none, by
# how an invocation or a start-up ended; and the few that come as text.
_BAD_LEVELS = ("ERROR", "WARNING", "WARN", "CRITICAL", "FATAL")
_BAD_ENDS = ("timeout", "error", "failure")
_JSON_TROUBLE = " || ".join(
    [f'$.level = "{level}"' for level in _BAD_LEVELS]
    + ['$.log_level = "ERROR"', '$.type = "platform.logsDropped"']
    + [f'$.record.status = "{end}"' for end in _BAD_ENDS]
)
TROUBLE = (
    f"{{ {_JSON_TROUBLE} }}",
    '?"Task timed out" ?"Runtime exited" ?"Runtime.ExitError" ?"Runtime.OutOfMemory" ?LAMBDA_WARNING ?"Status: timeout"'
    ' ?"Status: error" ?"[ERROR]"',
)
_COUNTS = {
    "waiting": "ApproximateNumberOfMessages",
    "hidden": "ApproximateNumberOfMessagesNotVisible",
    "delayed": "ApproximateNumberOfMessagesDelayed",
}
_PERIOD_S = 60
_NOBODY_TOLD = "no alarm tells anybody: deploy with AlarmEmail or AlarmTopicArn, or look here now and then"
_LAST_TROUBLE = 5


@dataclass(frozen=True, slots=True)
class Status:
    """``queue`` and ``dead_letters`` in messages; ``rates`` in events over the window; ``oldest_s`` None if unknown.

    ``untold``: what keeps alarms from being heard though they should be; ``notes``: what is so by choice.
    """

    queue: dict[str, int]
    dead_letters: int
    rates: dict[str, int]
    oldest_s: int | None
    key: str
    alarms: list[str]
    reading: bool | None
    trouble: list[Line]
    untold: list[str]
    notes: list[str]

    @property
    def wants(self) -> list[str]:
        """What somebody should see to, a line each; empty when all is well."""
        found = []
        if self.key != "ok":
            found.append(f"the Dreamdata key: {STATES.get(self.key, self.key)}")
        if self.reading is False:
            found.append("the deliver function does not read the queue: its event source mapping is disabled")
        if self.dead_letters:
            found.append(f"{self.dead_letters} dead letters: relay dead list")
        reasons = {str(reason) for line in self.trouble for reason in line.fields.get("reasons", ())}
        if reasons and any(self.queue.values()):
            found.append(f"events wait ({', '.join(sorted(reasons))}): see docs/operations.md, Events are waiting")
        found += [f"alarm {name}: see docs/operations.md" for name in self.alarms]
        return found + self.untold

    def shown(self) -> dict[str, object]:
        """What `--json` prints."""
        return {
            "queue": self.queue,
            "dead_letters": self.dead_letters,
            "events": self.rates,
            "oldest_seconds": self.oldest_s,
            "dreamdata_key": self.key,
            "alarms": self.alarms,
            "reading_queue": self.reading,
            "trouble": [line.shown() for line in self.trouble],
            "wants": self.wants,
            "notes": self.notes,
        }


def look(stack: RelayStack, now: datetime, window: timedelta) -> Status:
    """The state of ``stack`` at ``now``, with rates over the ``window`` before it."""
    logs = FunctionLogs.of(stack)
    since = now - window
    # The emulator stores what functions log and makes no metrics of it.
    logged = logs.since(since) if stack.is_local else []
    rates, oldest = _logged_rates(logged) if stack.is_local else _counted_rates(stack, since, now)
    lines = logged if stack.is_local else logs.since(since, TROUBLE)
    dead = _counts(stack, stack.output("DeadLetterQueueUrl"))
    own = alarms(stack)
    return Status(
        queue=_counts(stack, stack.output("QueueUrl")),
        dead_letters=dead["waiting"] + dead["hidden"],
        rates=rates,
        oldest_s=oldest,
        key=DreamdataSecret(stack.dreamdata_secrets, stack.output("DreamdataSecretArn")).state(),
        alarms=[alarm.name for alarm in own if alarm.is_on],
        untold=_untold(stack, own),
        notes=[_NOBODY_TOLD] if own and len(silent(own)) == len(own) else [],
        reading=_reads_queue(stack),
        trouble=[line for line in lines if line.is_trouble and not line.is_forerunner][-_LAST_TROUBLE:],
    )


def _counts(stack: RelayStack, url: str) -> dict[str, int]:
    attributes = stack.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(_COUNTS.values()))["Attributes"]
    return {name: int(attributes.get(attribute, 0)) for name, attribute in _COUNTS.items()}


def _untold(stack: RelayStack, own: list[Alarm]) -> list[str]:
    quiet = silent(own)
    found = [f"alarm {name} tells nobody: it has no action, or its actions are off" for name in quiet]
    deaf = [f"the alarms' topic {topic} has no confirmed subscriber" for topic in deaf_topics(stack, own)]
    # Where none tells anybody it was deployed so.
    return deaf + (found if len(quiet) < len(own) else [])


def _logged_rates(lines: list[Line]) -> tuple[dict[str, int], int | None]:
    rates = {f"{service}.{metric}": 0 for metric, service in RATES}
    ages = []
    for line in lines:
        for metric, value in line.counts.items():
            if f"{line.function}.{metric}" in rates:
                rates[f"{line.function}.{metric}"] += int(value)
        if "HeldAge" in line.counts:
            ages.append(int(line.counts["HeldAge"]))
    return rates, ages[-1] if ages else None


def _counted_rates(stack: RelayStack, since: datetime, now: datetime) -> tuple[dict[str, int], int | None]:
    namespace = stack.output("MetricsNamespace")
    queries = [_query(f"m{number}", namespace, *rate, "Sum") for number, rate in enumerate(RATES)]
    queries.append(_query("age", namespace, "HeldAge", "deliver", "Maximum"))
    asked: dict[str, Any] = {
        "MetricDataQueries": queries,
        "StartTime": since,
        "EndTime": now,
        "ScanBy": "TimestampDescending",
    }
    values: dict[str, list[float]] = {}
    for page in pages(stack.metrics.get_metric_data, **asked):
        for result in page["MetricDataResults"]:
            values.setdefault(result["Id"], []).extend(result["Values"])
    rates = {
        f"{service}.{metric}": int(sum(values.get(f"m{number}", ()))) for number, (metric, service) in enumerate(RATES)
    }
    ages = values.get("age")
    return rates, int(ages[0]) if ages else None


def _query(name: str, namespace: str, metric: str, service: str, statistic: str) -> dict[str, Any]:
    dimensions = [{"Name": "service", "Value": service}]
    of = {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions}
    return {"Id": name, "MetricStat": {"Metric": of, "Period": _PERIOD_S, "Stat": statistic}}


def _reads_queue(stack: RelayStack) -> bool | None:
    """Whether the mapping from queue to function is on; None where this caller may not see it."""
    try:
        states = [mapping.get("State") for mapping in running.mappings(stack)]
    except ClientError:
        return None
    return None if not states else any(state in ("Enabled", "Enabling", "Updating", "Creating") for state in states)
