"""How time grows with the number of events: points on a double logarithmic scale and their slope."""

import gc
import math
import time
import timeit
from collections.abc import Callable, Sequence

# Work is repeated until it takes this long: enough for a clock that ticks every hundredth of a second.
_LEAST_S = 0.05
# What takes longer is tried once.
_LONG_S = 1.0
_TRIES = 3

type Points = list[tuple[float, float]]


def points[Input](make: Callable[[int], Input], work: Callable[[Input], object], counts: Sequence[int]) -> Points:
    """For each count the CPU seconds of ``work`` on what ``make`` gives for it, the least of several tries."""
    return [(float(count), _seconds(make(count), work)) for count in counts]


def _seconds[Input](given: Input, work: Callable[[Input], object]) -> float:
    gc.collect()
    timer = timeit.Timer(lambda: work(given), setup=gc.enable, timer=time.process_time)
    runs = 1
    while (took := timer.timeit(runs)) < _LEAST_S:
        runs *= 2
    again = [] if took > _LONG_S else timer.repeat(_TRIES - 1, runs)
    return min([took, *again]) / runs


def slope(found: Points) -> float:
    """The exponent that fits best: 1 is linear, 2 quadratic."""
    xs = [math.log(x) for x, _ in found]
    ys = [math.log(y) for _, y in found]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    rise = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True))
    return rise / sum((x - mean_x) ** 2 for x in xs)
