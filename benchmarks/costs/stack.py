"""What the template deploys, as far as it costs or limits: read from template.yaml, so that no figure outlives it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cfnlint.decode import cfn_yaml
from msgspec import Struct

TEMPLATE = Path("template.yaml")
_VARIABLE = re.compile(r"\$context\.(\w+)")
# Nothing is published of how long Dreamdata takes to answer; waiting is charged like working.
POST_WAIT_MS = 250.0
# What stands in an access log line, as long as these usually are.
_TYPICAL = {
    "requestId": "MNAQcjQmIAMEVuA=",
    "httpMethod": "POST",
    "status": "200",
    "responseLength": "48",
    "responseLatency": "14",
    "integrationErrorMessage": "-",
}


class Stack(Struct, frozen=True):
    """Defaults of the parameters and what is there with them; ``gzip_alarms``: what gzip adds to ``alarm_metrics``.

    ``privacy_alarms`` and ``privacy_secrets``: what PrivacyKeys adds; ``list_days``: how long a former suppression list
    is kept, with Suppression.
    ``access_log_bytes``: of one line with typical values; 0 without an access log. ``post_wait_ms``: how long Dreamdata
    takes to answer.
    """

    ingest_memory: int
    deliver_memory: int
    batch_size: int
    window: int
    concurrency: int
    parallel: int
    rate: int
    retention_days: int
    alarm_metrics: int
    gzip_alarms: int
    privacy_alarms: int
    dashboards: int
    secrets: int
    privacy_secrets: int
    list_days: int
    access_log_bytes: int
    post_wait_ms: float = POST_WAIT_MS


def read(path: Path = TEMPLATE) -> Stack:
    """The stack of the template at ``path``."""
    template: Mapping[str, Any] = cfn_yaml.load(str(path))
    parameters, resources = template["Parameters"], template["Resources"].values()

    def default(name: str) -> int:
        return int(parameters[name]["Default"])

    def of(kind: str, condition: str | None = None) -> list[Mapping[str, Any]]:
        kinds = [resource for resource in resources if resource["Type"] == f"AWS::{kind}"]
        return [resource["Properties"] for resource in kinds if condition in (None, resource.get("Condition"))]

    [api] = of("Serverless::HttpApi")
    line = _VARIABLE.sub(lambda found: _TYPICAL[found[1]], str(api["AccessLogSettings"]["Format"]))
    gzip_alarms = sum(map(_watched, of("CloudWatch::Alarm", "CompressesPayloads")))
    privacy_alarms = sum(map(_watched, of("CloudWatch::Alarm", "UsesPrivacyKeys")))
    privacy_secrets = len(of("SecretsManager::Secret", "MakesPrivacyKeys"))
    [bucket] = of("S3::Bucket", "Suppresses")
    [former] = bucket["LifecycleConfiguration"]["Rules"]
    return Stack(
        ingest_memory=default("IngestMemory"),
        deliver_memory=default("DeliverMemory"),
        batch_size=default("DeliverBatchSize"),
        window=default("DeliverBatchingWindow"),
        concurrency=default("DeliverMaximumConcurrency"),
        parallel=default("ParallelPosts"),
        rate=default("ThrottlingRateLimit"),
        retention_days=default("LogRetentionDays"),
        alarm_metrics=sum(map(_watched, of("CloudWatch::Alarm"))) - gzip_alarms - privacy_alarms,
        gzip_alarms=gzip_alarms,
        privacy_alarms=privacy_alarms,
        dashboards=len(of("CloudWatch::Dashboard")),
        secrets=len(of("SecretsManager::Secret")) - privacy_secrets,
        privacy_secrets=privacy_secrets,
        list_days=int(former["NoncurrentVersionExpiration"]["NoncurrentDays"]),
        access_log_bytes=len(line.encode()),
    )


def _watched(alarm: Mapping[str, Any]) -> int:
    """As how many an alarm is charged: one for each metric that it looks at."""
    return sum("MetricStat" in query for query in alarm["Metrics"]) if "Metrics" in alarm else 1
