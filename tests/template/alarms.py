"""CloudWatch's evaluation of an alarm, as far as the template's alarms use it, over made-up metric data."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

STATISTICS: dict[str, Callable[[list[float]], float]] = {"Maximum": max, "Sum": sum}
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
}


class MetricData:
    """Values by namespace, metric and one dimension's value, each at a moment in seconds."""

    def __init__(self) -> None:
        self._values: defaultdict[tuple[str, str, str], list[tuple[float, float]]] = defaultdict(list)

    def add(self, namespace: str, metric: str, dimension: str, at: float, value: float) -> None:
        """One value, as put by a function or by AWS."""
        self._values[namespace, metric, dimension].append((at, value))

    def point(self, key: tuple[str, str, str], statistic: str, start: float, end: float) -> float | None:
        """The statistic of one period; None without data."""
        values = [value for at, value in self._values[key] if start <= at < end]
        return STATISTICS[statistic](values) if values else None


def in_alarm(alarm: Mapping[str, Any], parameters: Mapping[str, Any], data: MetricData, now: float) -> bool:
    """Whether ``alarm`` (its properties) is in ALARM at ``now``; periods without data do not breach."""
    assert alarm["TreatMissingData"] == "notBreaching"
    threshold = alarm["Threshold"]
    if isinstance(threshold, dict):
        threshold = parameters[threshold["Ref"]]["Default"]
    count: int = alarm["EvaluationPeriods"]
    period = alarm.get("Period") or alarm["Metrics"][1]["MetricStat"]["Period"]
    breaching = 0
    for number in range(count):
        end = now - number * period
        value = _value(alarm, data, end - period, end)
        breaching += value is not None and COMPARISONS[alarm["ComparisonOperator"]](value, threshold)
    needed: int = alarm.get("DatapointsToAlarm", count)
    return breaching >= needed


def _value(alarm: Mapping[str, Any], data: MetricData, start: float, end: float) -> float | None:
    if "Metrics" not in alarm:
        return data.point(_key(alarm), alarm["Statistic"], start, end)
    (math,) = (metric for metric in alarm["Metrics"] if metric["ReturnData"])
    values = {
        metric["Id"]: data.point(_key(metric["MetricStat"]["Metric"]), metric["MetricStat"]["Stat"], start, end)
        for metric in alarm["Metrics"]
        if not metric["ReturnData"]
    }
    return _calculated(math["Expression"], values)


def _calculated(expression: str, values: Mapping[str, float | None]) -> float | None:
    """CloudWatch's metric math in the little part of it that the template uses, read as Python."""
    filled = set(re.findall(r"FILL\((\w+), 0\)", expression))
    if any(value is None for name, value in values.items() if name not in filled):
        return None
    text = re.sub(r"FILL\((\w+), 0\)", r"(\1 or 0)", expression).replace(" AND ", " and ").replace("IF(", "if_(")
    scope = {**values, "if_": lambda condition, yes, no: yes if condition else no}
    return float(eval(text, {"__builtins__": {}}, scope))  # noqa: S307  # the expression is the template's own


def _key(metric: Mapping[str, Any]) -> tuple[str, str, str]:
    (dimension,) = metric["Dimensions"]
    value = dimension["Value"]
    if isinstance(value, dict):
        value = value.get("Ref") or value["Fn::GetAtt"][0]
    namespace = metric["Namespace"]
    return ("own" if isinstance(namespace, dict) else namespace, metric["MetricName"], value)
