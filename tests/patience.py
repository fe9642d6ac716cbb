"""Bounds of tests: none of them is about how busy the machine is, and none is short enough to tell."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from local.patience import patient

# For what ends a wait by itself: a thread that is joined, an event that is set. Only what is broken takes so long.
LONGEST_S = 120.0


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What is done in it takes less than ``seconds``; on a machine that is busy more, as is measured then."""
    begun = time.monotonic()
    yield
    took = time.monotonic() - begun
    assert took < seconds or took < patient(seconds), f"it took {took:.1f} s"
