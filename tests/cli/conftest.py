"""The command against fakes of AWS."""

import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from relay_cli import context
from relay_cli.app import app
from relay_cli.main import options_first
from relay_cli.stack import RelayStack
from tests.fakes.dead_letters import HidingSqs
from tests.fakes.versioned_secrets import VersionedSecrets

OUTPUTS = {
    name: name.lower()
    for name in (
        "QueueUrl", "QueueArn", "DeadLetterQueueUrl", "DeadLetterQueueArn", "IngestKeysSecretArn", "DreamdataSecretArn",
        "MetricsNamespace", "IngestLogGroupName", "DeliverLogGroupName", "DeliverFunctionName",
    )
}  # fmt: skip
QUEUE, DEAD = "queueurl", "deadletterqueueurl"
KEYS, DREAMDATA = "ingestkeyssecretarn", "dreamdatasecretarn"


@dataclass
class FakeLogs:
    """CloudWatch Logs: ``lines`` as (group, milliseconds since the epoch, message)."""

    lines: list[tuple[str, int, str]] = field(default_factory=list)

    def filter_log_events(self, *, logGroupName: str, startTime: int, **_: Any) -> dict[str, Any]:
        """As CloudWatch, in pages of one event."""
        at = int(_.get("nextToken", 0))
        found = [line for line in self.lines if line[0] == logGroupName and line[1] >= startTime]
        events = [{"timestamp": when, "message": text} for _, when, text in found[at : at + 1]]
        return {"events": events, **({"nextToken": str(at + 1)} if at + 1 < len(found) else {})}


@dataclass
class Bench:
    """A stack of fakes, and the command run against it."""

    sqs: HidingSqs = field(default_factory=HidingSqs)
    secrets: VersionedSecrets = field(default_factory=VersionedSecrets)
    logs: FakeLogs = field(default_factory=FakeLogs)
    alarms: list[str] = field(default_factory=list)
    mappings: list[str] = field(default_factory=lambda: ["Enabled"])

    def client(self, service: str, **_: Any) -> Any:
        """A boto3 client of ``service``."""
        found: dict[str, Any] = {"sqs": self.sqs, "secretsmanager": self.secrets, "logs": self.logs}
        found["cloudwatch"] = SimpleNamespace(
            describe_alarms=lambda **_: {
                "MetricAlarms": [{"AlarmName": name, "StateValue": "ALARM"} for name in self.alarms]
            },
            get_metric_data=lambda **asked: {
                "MetricDataResults": [{"Id": query["Id"], "Values": [2.0, 1.0]} for query in asked["MetricDataQueries"]]
            },
        )
        found["lambda"] = SimpleNamespace(
            list_event_source_mappings=lambda **_: {"EventSourceMappings": [{"State": s} for s in self.mappings]}
        )
        return found[service]

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
    bench.secrets.put(DREAMDATA, json.dumps({"api_key": "the-key"}))
    stack = RelayStack("shop", OUTPUTS, "https://api.example.com", bench)
    monkeypatch.setattr(context, "find_stack", lambda *_: stack)
    return bench
