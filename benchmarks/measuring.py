"""CPU seconds of cases run in turn, and their medians as ratios."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from rich.progress import track


class Measured(NamedTuple):
    """CPU seconds: the median of all rounds, the least and the most."""

    median: float
    least: float
    most: float


def interleaved(cases: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Measured]:
    """Run every case once a round, so that a busy minute of the machine strikes all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for _ in track(range(rounds), description="rounds"):
        for name, case in cases.items():
            started = time.process_time()
            case()
            seconds[name].append(time.process_time() - started)
    return {name: Measured(statistics.median(all_), min(all_), max(all_)) for name, all_ in seconds.items()}
