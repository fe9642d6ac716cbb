"""Telemetry that remembers."""

from collections import defaultdict

from dreamdata_relay.metrics import Metric


class RecordingTelemetry:
    """``values`` by metric name, ``lines`` as (level, message, fields), ``labels`` in order,
    ``by_rule``: totals by metric name and rule."""

    def __init__(self) -> None:
        self.values: defaultdict[str, list[float]] = defaultdict(list)
        self.lines: list[tuple[str, str, dict[str, object]]] = []
        self.labels: list[dict[str, str]] = []
        self.by_rule: defaultdict[str, dict[str, float]] = defaultdict(dict)

    def add(self, metric: Metric, value: float = 1, *, rule: str | None = None) -> None:
        """Remember one value."""
        self.values[metric.name].append(value)
        if rule is not None:
            named = self.by_rule[metric.name]
            named[rule] = named.get(rule, 0) + value

    def label(self, **dimensions: str) -> None:
        """Remember the dimensions."""
        self.labels.append(dimensions)

    def log(self, level: str, message: str, **fields: object) -> None:
        """Remember the line."""
        self.lines.append((level, message, fields))

    def total(self, metric: Metric) -> float:
        """The sum of the metric's values."""
        return sum(self.values[metric.name])
