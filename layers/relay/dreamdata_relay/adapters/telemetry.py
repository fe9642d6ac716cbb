"""Writes metrics in CloudWatch's embedded metric format and logs as JSON lines, both with Powertools."""

import threading

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from dreamdata_relay.errors import RelayError, place_of
from dreamdata_relay.metrics import UNEXPECTED_ERRORS, Metric

# CloudWatch accepts no dimension value over 1,024 characters, and lines are billed by their bytes.
_LONGEST_LABEL = 250
# An invocation writes at most this many lines for rules, and one for all others together.
_MOST_RULES = 50
OTHER_RULES = "others"
_RFC_3339 = "%Y-%m-%dT%H:%M:%S.%FZ"
_ENCODER = msgspec.json.Encoder(enc_hook=str)


class PowertoolsTelemetry:
    """Collects the metrics of one invocation; :meth:`flush` writes them as one line."""

    def __init__(self) -> None:
        # Log no stack traces, because an exception's message could repeat event data.
        # Log no location, because it would always be the line below.
        # Skip Powertools' search for JSON in messages, which are sentences; this halves the cost of a line.
        # Lambda keeps a line's level and time only if the time is RFC 3339; Powertools' default is not.
        self._logger = Logger(
            serialize_stacktrace=False,
            location=None,
            json_serializer=_json,
            json_deserializer=str,
            utc=True,
            datefmt=_RFC_3339,
        )
        self._metrics = Metrics()
        self._lock = threading.Lock()
        # The metrics and labels of one request or batch; flush clears both, even if it fails.
        self._values: list[tuple[Metric, float]] = []
        self._labels: dict[str, str] = {}
        self._by_rule: dict[tuple[Metric, str], float] = {}

    def add(self, metric: Metric, value: float = 1, *, rule: str | None = None) -> None:
        """See :class:`dreamdata_relay.metrics.Telemetry`."""
        # Only collect here: calling Powertools between events takes five times as long, because of cold CPU caches.
        with self._lock:
            self._values.append((metric, value))
            if rule is not None:
                known = (metric, rule) in self._by_rule or len(self._by_rule) < _MOST_RULES
                name = metric, rule if known else OTHER_RULES
                self._by_rule[name] = self._by_rule.get(name, 0) + value

    def label(self, **dimensions: str) -> None:
        """See :class:`dreamdata_relay.metrics.Telemetry`."""
        with self._lock:
            self._labels = {name: value[:_LONGEST_LABEL] for name, value in dimensions.items()}

    def log(self, level: str, message: str, **fields: object) -> None:
        """See :class:`dreamdata_relay.metrics.Telemetry`."""
        getattr(self._logger, level)(message, extra=fields)

    def fault(self, error: Exception) -> None:
        """Count and log a fault of the relay by its type and place; only texts of the relay's own errors are safe."""
        self.add(UNEXPECTED_ERRORS)
        detail = str(error) if isinstance(error, RelayError) else ""
        self.log("error", "unexpected error", error=type(error).__name__, place=place_of(error), detail=detail)

    def flush(self) -> None:
        """Write the metrics, if there are any, and clear them in any case, because a label is for one request only."""
        with self._lock:
            values, self._values = self._values, []
            labels, self._labels = self._labels, {}
            by_rule, self._by_rule = self._by_rule, {}
        if not values:
            return
        try:
            if labels:
                self._metrics.add_dimensions(service=str(self._metrics.provider.service), **labels)
            for metric, value in _summed(values):
                self._metrics.add_metric(name=metric.name, unit=MetricUnit(metric.unit), value=value)
            if self._metrics.metric_set:
                self._metrics.flush_metrics()
            for (metric, rule), value in by_rule.items():
                # A line of its own: one has one value for each dimension.
                self._metrics.clear_metrics()
                self._metrics.add_dimension(name="rule", value=rule[:_LONGEST_LABEL])
                self._metrics.add_metric(name=metric.name, unit=MetricUnit(metric.unit), value=value)
                self._metrics.flush_metrics()
        finally:
            # Otherwise Powertools keeps what it could not write, and every set of dimensions that it got.
            self._metrics.clear_metrics()


def _json(line: object) -> str:
    return _ENCODER.encode(line).decode()


def _summed(values: list[tuple[Metric, float]]) -> list[tuple[Metric, float]]:
    """Return ``values`` with the values of each count summed, because every byte written is billed."""
    counts: dict[Metric, float] = {}
    others = []
    for metric, value in values:
        if metric.unit == "Count":
            counts[metric] = counts.get(metric, 0) + value
        else:
            others.append((metric, value))
    return [*counts.items(), *others]
