"""The command against fakes of AWS."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from relay_cli import context
from relay_cli.app import app
from relay_cli.main import options_first
from relay_cli.stack import RelayStack
from tests.fakes.dead_letters import HidingSqs
from tests.fakes.versioned_secrets import PREVIOUS, VersionedSecrets

OUTPUTS = {
    name: name.lower()
    for name in (
        "QueueUrl", "QueueArn", "DeadLetterQueueUrl", "DeadLetterQueueArn", "IngestKeysSecretArn", "DreamdataSecretArn",
        "MetricsNamespace", "IngestLogGroupName", "DeliverLogGroupName", "DeliverFunctionName",
    )
}  # fmt: skip
ARN = "arn:aws:lambda:eu-west-1:1:function:"
ALARM, ALARMS = "AWS::CloudWatch::Alarm", ("DeadLettersAlarm", "KeyRefusedAlarm", "EventsWaitingAlarm")
ENVIRONMENT = {"QUEUE_URL": "queueurl", "DEAD_LETTER_QUEUE_URL": "deadletterqueueurl", "DREAMDATA_SECRET_ID": "s"}
QUEUE, DEAD = "queueurl", "deadletterqueueurl"
KEYS, DREAMDATA = "ingestkeyssecretarn", "dreamdatasecretarn"


def paged(
    found: list[dict[str, Any]], key: str, asked: dict[str, Any], mark: str = "NextToken", following: str = ""
) -> dict[str, Any]:
    """The page of ``found`` that is asked for, of one member."""
    at = int(asked.get(mark, 0))
    more = {following or mark: str(at + 1)} if at + 1 < len(found) else {}
    return {key: found[at : at + 1], **more}


@dataclass
class FakeLogs:
    """CloudWatch Logs: ``lines`` as (group, milliseconds since the epoch, message)."""

    lines: list[tuple[str, int, str]] = field(default_factory=list)

    def filter_log_events(self, *, logGroupName: str, startTime: int, **_: Any) -> dict[str, Any]:
        """As CloudWatch, in pages of one event."""
        at = int(_.get("nextToken", 0))
        found = [line for line in self.lines if line[0] == logGroupName and line[1] >= startTime]
        events = [
            {"eventId": str(number), "timestamp": when, "message": text}
            for number, (_, when, text) in list(enumerate(found))[at : at + 1]
        ]
        return {"events": events, **({"nextToken": str(at + 1)} if at + 1 < len(found) else {})}


@dataclass
class Bench:
    """A stack of fakes, and the command run against it."""

    sqs: HidingSqs = field(default_factory=HidingSqs)
    secrets: VersionedSecrets = field(default_factory=VersionedSecrets)
    logs: FakeLogs = field(default_factory=FakeLogs)
    alarms: list[str] = field(default_factory=list)
    mappings: list[tuple[str, str]] = field(default_factory=lambda: [("Enabled", "deliverfunctionname:live")])
    environment: dict[str, str] = field(default_factory=lambda: dict(ENVIRONMENT))
    resources: list[tuple[str, str, str]] = field(default_factory=list)
    alarm_actions: list[str] = field(default_factory=lambda: ["arn:aws:sns:eu-west-1:1:alarms"])
    quiet: list[str] = field(default_factory=list)
    counts: dict[tuple[str, str], list[tuple[datetime, float]]] = field(default_factory=dict)
    behind_aws: timedelta = timedelta(0)
    subscriptions: list[str] = field(default_factory=lambda: ["arn:aws:sns:eu-west-1:1:alarms:s1"])

    def client(self, service: str, **_: Any) -> Any:
        """A boto3 client of ``service``."""
        found: dict[str, Any] = {"sqs": self.sqs, "secretsmanager": self.secrets, "logs": self.logs}
        found["cloudwatch"] = SimpleNamespace(
            describe_alarms=lambda **asked: paged(self._alarms(**asked), "MetricAlarms", asked),
            get_metric_data=lambda **asked: paged(
                [found for query in asked["MetricDataQueries"] for found in self._metrics(query, asked)],
                "MetricDataResults",
                asked,
            ),
        )
        found["cloudformation"] = SimpleNamespace(
            list_stack_resources=lambda **asked: paged(
                [
                    {"LogicalResourceId": name, "ResourceType": kind, "PhysicalResourceId": physical}
                    for name, kind, physical in [*self.resources, *((n, ALARM, f"shop-{n}-1") for n in ALARMS)]
                ],
                "StackResourceSummaries",
                asked,
            )
        )
        found["sns"] = SimpleNamespace(
            list_subscriptions_by_topic=lambda **asked: paged(
                [{"SubscriptionArn": arn} for arn in self.subscriptions], "Subscriptions", asked
            )
        )
        found["lambda"] = SimpleNamespace(
            list_event_source_mappings=lambda **asked: paged(
                [{"State": state, "FunctionArn": ARN + name} for state, name in self.mappings],
                "EventSourceMappings",
                asked,
                "Marker",
                "NextMarker",
            ),
            get_function_configuration=lambda **_: {"Environment": {"Variables": self.environment}},
        )
        return found[service]

    def _metrics(self, query: dict[str, Any], asked: dict[str, Any]) -> list[dict[str, Any]]:
        """Of a search one result for each rule, labelled with its name."""
        if "MetricStat" in query:
            return [self._metric(query["Id"], query["MetricStat"], asked)]
        searched = re.fullmatch(
            r"""SEARCH\('\{"metricsnamespace",service,rule\} MetricName="(\w+)" service="(\w+)"', 'Sum', 60\)""",
            query["Expression"],
        )
        assert searched
        assert query["Label"] == "${PROP('Dim.rule')}"
        metric, service = searched.groups()
        found = []
        for of, name in list(self.counts):
            if name == metric and of.startswith(f"{service}?"):
                rule = of.removeprefix(f"{service}?")
                dimensions = [{"Name": "service", "Value": service}, {"Name": "rule", "Value": rule}]
                stat = {"Metric": {"MetricName": metric, "Dimensions": dimensions}, "Period": 60, "Stat": "Sum"}
                found.append({**self._metric(query["Id"], stat, asked), "Label": rule})
        return found

    def _metric(self, name: str, stat: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
        """As CloudWatch: of each period since the start that has any a value, the sum, the largest or the number."""
        dimensions = {one["Name"]: one["Value"] for one in stat["Metric"]["Dimensions"]}
        service = "/".join(dimensions[one] for one in ("service", "key") if one in dimensions) or "queue"
        service += f"?{dimensions['rule']}" if "rule" in dimensions else ""
        totals: dict[str, Callable[[list[float]], float]] = {"Maximum": max, "Sum": sum, "SampleCount": len}
        total = totals[stat["Stat"]]
        found: dict[datetime, list[float]] = {}
        for at, value in self.counts.get((service, stat["Metric"]["MetricName"]), []):
            if asked["StartTime"] <= at < asked["EndTime"]:
                begin = datetime.fromtimestamp(at.timestamp() // stat["Period"] * stat["Period"], UTC)
                found.setdefault(begin, []).append(value)
        times = sorted(found, reverse=asked.get("ScanBy", "TimestampDescending") == "TimestampDescending")
        return {"Id": name, "Timestamps": times, "Values": [float(total(found[at])) for at in times]}

    def count(self, metric: str, ago_s: float, value: float = 1.0, service: str = "deliver") -> None:
        """A function has counted ``value``, so many seconds ago."""
        at = datetime.now(UTC) - timedelta(seconds=ago_s)
        self.counts.setdefault((service, metric), []).append((at, value))

    def log(self, ago_s: float, level: str, message: str, function: str = "deliver", **fields: object) -> None:
        """A function has logged a line, so many seconds ago."""
        at = int((datetime.now(UTC) - timedelta(seconds=ago_s)).timestamp() * 1000)
        line = json.dumps({"level": level, "message": message, **fields})
        self.logs.lines.append((OUTPUTS[f"{function.capitalize()}LogGroupName"], at, line))

    def _alarms(self, AlarmNames: list[str] | None = None, **_: Any) -> list[dict[str, Any]]:
        """As CloudWatch: every alarm of the account, unless names are asked for."""
        account = [*(f"shop-{name}-1" for name in ALARMS), *self.alarms]
        return [
            {
                "AlarmName": name,
                "StateValue": "ALARM" if name in self.alarms else "OK",
                "AlarmActions": self.alarm_actions,
                "ActionsEnabled": name not in self.quiet,
            }
            for name in dict.fromkeys(account)
            if AlarmNames is None or name in AlarmNames
        ]

    def run(self, *arguments: str, typed: str | None = None) -> Result:
        """`relay --stack shop ...`."""
        return CliRunner().invoke(app, options_first(["--stack", "shop", *arguments]), input=typed)

    def json(self, *arguments: str) -> Any:
        """What it prints with `--json`."""
        return json.loads(self.run(*arguments, "--json").stdout)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench()
    bench.secrets.put(KEYS, json.dumps({"default": "key-of-old"}))
    bench.secrets.put(DREAMDATA, json.dumps({"api_key": "the-key-before"}), (PREVIOUS,))
    bench.secrets.put(DREAMDATA, json.dumps({"api_key": "the-key"}))
    stack = RelayStack("shop", OUTPUTS, "https://api.example.com", bench)
    monkeypatch.setattr(context, "find_stack", lambda *_: stack)
    return bench
