"""CPU seconds of cases run in turn, and their medians as ratios."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from rich.progress import track


class Measured(NamedTuple):
    """CPU seconds: the median of all rounds, the least and the most; ``rounds`` are all of them in order."""

    median: float
    least: float
    most: float
    rounds: tuple[float, ...] = ()


def interleaved(cases: Mapping[str, Callable[[], object]], rounds: int, title: str = "rounds") -> dict[str, Measured]:
    """Run every case once a round, so that a busy minute of the machine strikes all alike.

    What this process takes counts, what others take does not. A first round, to warm up, is thrown away.
    """
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for number in track(range(rounds + 1), description=f"{title:<28}"):
        for name, case in cases.items():
            # One case's garbage is not to be another's cost.
            gc.collect()
            started = time.process_time()
            case()
            if number:
                seconds[name].append(time.process_time() - started)
    return {name: measured(all_) for name, all_ in seconds.items()}


def measured(seconds: Sequence[float]) -> Measured:
    """The rounds of one case."""
    return Measured(statistics.median(seconds), min(seconds), max(seconds), tuple(seconds))


def ratio(of: Measured, to: Measured) -> Measured:
    """How many times ``to`` is ``of``, round by round: a busy minute struck both, so that less of it is left."""
    return measured([one / other for one, other in zip(of.rounds, to.rounds, strict=True)])
