"""Patch: the emulator refuses an alarm on metric math, and rolls back the stack that has one.

It keeps alarms on one metric each. Here an alarm on metric math is kept as one on a metric that nobody writes, named
after its expression: it is there to be listed, and never fires.
"""

from collections.abc import Callable
from typing import Any

from local.emulator.patching import replace


def apply() -> None:
    """Make CloudFormation in the emulator keep such alarms."""
    replace("ministack.services.cloudformation.provisioners", "_cw_metric_alarm_record", _kept)


def on_one_metric(properties: dict[str, Any]) -> dict[str, Any]:
    """The properties of an alarm with metric math as those of one on a metric; any other alarm's as they are."""
    metrics = properties.get("Metrics")
    if not metrics:
        return properties
    watched = next((metric for metric in metrics if metric.get("ReturnData", True)), metrics[0])
    plain = {name: value for name, value in properties.items() if name != "Metrics"}
    return {**plain, "Namespace": "MetricMath", "MetricName": str(watched.get("Expression") or watched.get("Id"))}


def _kept(record: Callable[..., Any]) -> Callable[..., Any]:
    def of_one_metric(name: str, properties: dict[str, Any]) -> Any:
        return record(name, on_one_metric(properties))

    return of_one_metric
