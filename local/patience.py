"""How patient to be: a bound on a wait is for a machine with little else to do, and grows with how busy this one is.

A bound matters only where something is broken: what is waited for ends the wait at once.
"""

import time

# What the work below takes on an idle machine of today; on a slower one all bounds are longer.
_IDLE_S = 0.2
_ROUNDS = 4_000_000
# A chain of processes waits for a processor at each of its links.
_GENEROUS = 2.0
_MOST = 60.0
_GOOD_FOR_S = 30.0

_measured = (float("-inf"), 1.0)


def patient(seconds: float) -> float:
    """The bound for what takes at most ``seconds`` on an idle machine."""
    return seconds * factor()


def factor() -> float:
    """How many times longer than on an idle machine things may take now: measured, at most every half minute."""
    global _measured  # there is one machine
    at, found = _measured
    if time.monotonic() - at > _GOOD_FOR_S:
        found = min(_MOST, _GENEROUS * max(1.0, _work() / _IDLE_S))
        _measured = time.monotonic(), found
    return found


def _work() -> float:
    """The seconds that a fixed piece of work takes, with the waits for a processor."""
    begin = time.perf_counter()
    total = 0
    for number in range(_ROUNDS):
        total += number & 7
    return time.perf_counter() - begin
