"""Computes waiting times: between two tries in place, and between two receives on the queue."""

import math
from collections.abc import Callable

from dreamdata_relay.limits import MAX_VISIBILITY_S

# SQS counts its 12 hours from the receive, so gathering the batch and this invocation are part of them.
LONGEST_RETRY_AFTER_S = MAX_VISIBILITY_S - 900
# Before this receive a Retry-After alone sets the wait. An outage that always says "in a second" must not use up a
# message's receives.
RETRY_AFTER_RECEIVES = 10
FIRST_HOLD_S = 30.0
LONGEST_HOLD_S = 1800.0
FIRST_RETRY_S = 0.2
LONGEST_RETRY_S = 5.0
# An event refused once and accepted later usually met a fault of seconds, in a proxy or a rolling deployment.
LONGEST_CONFIRM_S = 16.0


def hold_seconds(receives: int, retry_after: float | None, jitter: Callable[[], float]) -> int:
    """Return the visibility timeout (whole seconds) of a message held after its ``receives``-th receive (1, 2, ...).

    30 s x 2^(n-1), at most 30 minutes, jittered between half and all of it. A ``Retry-After`` (seconds) replaces it,
    with a little added so that not all return at once, up to the longest visibility timeout that SQS still allows.
    From the tenth receive on it can only lengthen the wait. ``jitter`` gives numbers in [0, 1).
    """
    whole = min(LONGEST_HOLD_S, FIRST_HOLD_S * 2.0 ** min(max(receives, 1) - 1, 20))
    own = int(whole / 2 + jitter() * whole / 2)
    if retry_after is None:
        return own
    asked = int(min(retry_after, LONGEST_RETRY_AFTER_S) + 1 + jitter() * min(30.0, retry_after / 4))
    asked = min(LONGEST_RETRY_AFTER_S, asked)
    return asked if receives < RETRY_AFTER_RECEIVES else max(asked, own)


def confirm_seconds(retry_after: float | None, jitter: Callable[[], float]) -> int:
    """Return the delay (whole seconds) before an event that Dreamdata refused is posted again.

    It is never shorter than a ``Retry-After`` (seconds).
    """
    own = int(LONGEST_CONFIRM_S / 2 + jitter() * LONGEST_CONFIRM_S / 2)
    return max(own, math.ceil(retry_after or 0.0))


def retry_seconds(tries: int, retry_after: float | None, jitter: Callable[[], float]) -> float:
    """Return the seconds before the next try in place, after ``tries`` tries; never less than a ``Retry-After``."""
    whole = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(tries - 1, 20))
    return max(whole / 2 + jitter() * whole / 2, retry_after or 0.0)
