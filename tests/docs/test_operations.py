"""docs/operations.md speaks of everything that an operator can meet."""

from pathlib import Path

import pytest

from dreamdata_relay.deliver.responses import HOLD_REASONS
from dreamdata_relay.errors import Refusal
from dreamdata_relay.events.rules import CODES
from dreamdata_relay.metrics import DELIVER_METRICS, INGEST_METRICS, Metric

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text()
_METRICS = {metric.name: metric for metric in INGEST_METRICS + DELIVER_METRICS}


@pytest.mark.parametrize("metric", _METRICS.values(), ids=list(_METRICS))
def test_every_metric_is_explained_as_the_code_defines_it(metric: Metric) -> None:
    """Unit, meaning and remedy are the definition's own words."""
    (line,) = (line for line in TEXT.splitlines() if line.startswith(f"| `{metric.name}` |"))
    assert f"| {metric.unit} |" in line
    assert metric.meaning in line
    assert metric.remedy in line


@pytest.mark.parametrize("code", [*CODES, *Refusal])
def test_every_error_code_is_explained(code: str) -> None:
    """A dead letter's reason can be looked up."""
    assert f"| `{code}` |" in TEXT


@pytest.mark.parametrize("reason", HOLD_REASONS)
def test_every_hold_reason_is_explained(reason: str) -> None:
    """So can the reason that events wait for."""
    assert f"| `{reason}` |" in TEXT or f"| `{reason}:...` |" in TEXT
