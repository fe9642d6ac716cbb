"""Nothing is lost: a few hundred seeds of the simulation, and that a seed is a run."""

import subprocess
import sys

import pytest

from tests.simulation.plan import CALL_FAULTS, CONTROL, FEATURES, PHASE_FAULTS
from tests.simulation.run import run

_SEEDS = 240
_GROUP = 20


@pytest.mark.parametrize("first", range(0, _SEEDS, _GROUP))
def test_every_promised_event_ends_once_or_with_an_excuse(first: int) -> None:
    """A seed that fails here tells its story: python -m tests.simulation --seed N --story."""
    broken = {seed: report.violations for seed in range(first, first + _GROUP) if (report := run(seed)).violations}

    assert not broken


def test_a_seed_replays_exactly() -> None:
    """The same seed is the same story, in another process with other hashes too."""
    seed = 12
    here = run(seed)
    command = f"from tests.simulation.run import run; print(len((r := run({seed})).story)); print(r.story[-1])"
    other = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True, env=_path())

    assert run(seed).story == here.story
    assert other.stdout.splitlines() == [str(len(here.story)), str(here.story[-1])]


def _path() -> dict[str, str]:
    return {"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": "7", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.mark.parametrize("fault", [*CALL_FAULTS, *PHASE_FAULTS, *FEATURES, *CONTROL])
def test_every_fault_happens_and_is_outlived(fault: str) -> None:
    """Each kind of fault, given a seed of its own, strikes within a few seeds and breaks nothing."""
    reports = [run(seed, (fault,)) for seed in range(500, 506)]

    assert sum(report.faults[fault] for report in reports) > 0
    assert [report.violations for report in reports] == [[]] * len(reports)
