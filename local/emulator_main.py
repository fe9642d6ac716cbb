"""The emulator's own start, with a gap of it bridged: an alarm on metric math makes it refuse the whole stack.

ministack keeps alarms but knows only those on one metric each; a stack with another is rolled back. Here such an alarm
is kept as one on a metric that nobody writes, named after its expression: it is there to be listed, and never fires.
The template stays what it is.

Run by the emulator's Python, which has ministack and nothing of this project: `python -P emulator_main.py`.
"""

import importlib
import sys
from collections.abc import Callable
from typing import Any


def on_one_metric(properties: dict[str, Any]) -> dict[str, Any]:
    """The properties of an alarm with metric math as those of one on a metric; any other alarm's as they are."""
    metrics = properties.get("Metrics")
    if not metrics:
        return properties
    watched = next((metric for metric in metrics if metric.get("ReturnData", True)), metrics[0])
    plain = {name: value for name, value in properties.items() if name != "Metrics"}
    return {**plain, "Namespace": "MetricMath", "MetricName": str(watched.get("Expression") or watched.get("Id"))}


def main() -> Any:
    """Start ministack."""
    provisioners: Any = importlib.import_module("ministack.services.cloudformation.provisioners")
    original: Callable[[str, dict[str, Any]], Any] = provisioners._cw_metric_alarm_record
    provisioners._cw_metric_alarm_record = lambda name, properties: original(name, on_one_metric(properties))
    return importlib.import_module("ministack.app").main()


if __name__ == "__main__":
    sys.exit(main())
