"""How time grows with the number of events: points on a double logarithmic scale and their slope."""

import gc
import math
import time
from collections.abc import Callable, Sequence

# Enough for the clock to tell; what takes longer runs once.
_LEAST_S = 0.05
_TRIES = 3

type Points = list[tuple[float, float]]


def points[Input](make: Callable[[int], Input], work: Callable[[Input], object], counts: Sequence[int]) -> Points:
    """For each count the CPU seconds of ``work`` on what ``make`` gives for it, the least of several tries."""
    return [(float(count), _seconds(make(count), work)) for count in counts]


def _seconds[Input](given: Input, work: Callable[[Input], object]) -> float:
    gc.collect()
    tries: list[float] = []
    while (len(tries) < _TRIES and sum(tries) < 1) or sum(tries) < _LEAST_S:
        started = time.process_time()
        work(given)
        tries.append(time.process_time() - started)
    return min(tries)


def slope(found: Points) -> float:
    """The exponent that fits best: 1 is linear, 2 quadratic."""
    xs = [math.log(x) for x, _ in found]
    ys = [math.log(y) for _, y in found]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    rise = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True))
    return rise / sum((x - mean_x) ** 2 for x in xs)
