"""What the functions really print: in no line a key or a piece of an event."""

import json

import pytest

from dreamdata_relay.adapters.telemetry import PowertoolsTelemetry
from dreamdata_relay.metrics import Metric
from tests.simulation import world
from tests.simulation.invocations import SimTelemetry
from tests.simulation.run import run
from tests.simulation.world import World


class _Printing(SimTelemetry):
    """Kept by the world, and printed as it really is."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._printed = PowertoolsTelemetry()

    def add(self, metric: Metric, value: float = 1, *, rule: str | None = None) -> None:
        super().add(metric, value)
        self._printed.add(metric, value)

    def label(self, **dimensions: str) -> None:
        self._printed.label(**dimensions)

    def log(self, level: str, message: str, **fields: object) -> None:
        self._printed.log(level, message, **fields)

    def flush(self) -> None:
        """Print the metrics."""
        self._printed.flush()


def test_no_printed_line_holds_a_key_or_a_piece_of_an_event(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "DreamdataRelay/simulation")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "simulation")
    monkeypatch.setattr(world, "SimTelemetry", _Printing)
    for seed in range(30, 45):
        assert run(seed, ("dreamdata_413", "dreamdata_key_changed")).violations == []
    printed = capsys.readouterr().out

    lines = [json.loads(line) for line in printed.splitlines()]
    assert {line.get("message") for line in lines} >= {"payload posted", "messages held", "events dead-lettered"}
    assert any("_aws" in line for line in lines), "metrics are printed too"
    assert "sim-" not in printed
    assert "key-number" not in printed
