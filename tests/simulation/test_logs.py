"""What the functions really print: in no line a key or a piece of an event."""

import json

import pytest

from dreamdata_relay.adapters.telemetry import PowertoolsTelemetry
from tests.simulation import world
from tests.simulation.run import run


def test_no_printed_line_holds_a_key_or_a_piece_of_an_event(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "DreamdataRelay/simulation")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "simulation")
    monkeypatch.setattr(world, "SimTelemetry", lambda _: PowertoolsTelemetry())
    for seed in range(30, 45):
        assert run(seed, ("dreamdata_413", "dreamdata_key_changed")).violations == []
    printed = capsys.readouterr().out

    lines = [json.loads(line) for line in printed.splitlines()]
    assert {line.get("message") for line in lines} >= {"payload posted", "messages held", "events dead-lettered"}
    assert any("_aws" in line for line in lines), "metrics are printed too"
    assert "sim-" not in printed
    assert "key-number" not in printed
