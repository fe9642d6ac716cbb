"""Telemetry that remembers."""

from collections import defaultdict

from dreamdata_relay.metrics import Metric


class RecordingTelemetry:
    """``values`` by metric name, ``lines`` as (level, message, fields), ``labels`` in order."""

    def __init__(self) -> None:
        self.values: defaultdict[str, list[float]] = defaultdict(list)
        self.lines: list[tuple[str, str, dict[str, object]]] = []
        self.labels: list[dict[str, str]] = []

    def add(self, metric: Metric, value: float = 1) -> None:
        """Remember one value."""
        self.values[metric.name].append(value)

    def label(self, **dimensions: str) -> None:
        """Remember the dimensions."""
        self.labels.append(dimensions)

    def log(self, level: str, message: str, **fields: object) -> None:
        """Remember the line."""
        self.lines.append((level, message, fields))

    def total(self, metric: Metric) -> float:
        """The sum of the metric's values."""
        return sum(self.values[metric.name])
