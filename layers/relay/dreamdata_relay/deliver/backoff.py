"""How long to wait: in place between two tries, and on the queue between two receives."""

import math
from collections.abc import Callable

from dreamdata_relay.limits import MAX_VISIBILITY_S

# SQS counts its 12 hours from the receive: gathering the batch and this invocation are already gone.
LONGEST_RETRY_AFTER_S = MAX_VISIBILITY_S - 900
# Dreamdata's word is taken this often; an outage that keeps saying "in a second" must not use up a message's receives.
RETRY_AFTER_RECEIVES = 10
FIRST_HOLD_S = 30.0
LONGEST_HOLD_S = 1800.0
FIRST_RETRY_S = 0.2
LONGEST_RETRY_S = 5.0
# What is refused and then taken is mostly a proxy's or a rolling deployment's fault of seconds.
LONGEST_CONFIRM_S = 16.0


def hold_seconds(receives: int, retry_after: float | None, jitter: Callable[[], float]) -> int:
    """The visibility timeout (whole seconds) of a message held after its ``receives``-th receive (1, 2, ...).

    30 s x 2^(n-1), at most 30 minutes, jittered between half and whole; a ``Retry-After`` (seconds) is taken as it is,
    up to what is left of the longest visibility timeout that SQS allows, with a little added so that not all return at
    once. From the tenth receive on it can only lengthen the wait. ``jitter`` gives numbers in [0, 1).
    """
    whole = min(LONGEST_HOLD_S, FIRST_HOLD_S * 2.0 ** min(max(receives, 1) - 1, 20))
    own = int(whole / 2 + jitter() * whole / 2)
    if retry_after is None:
        return own
    asked = int(min(retry_after, LONGEST_RETRY_AFTER_S) + 1 + jitter() * min(30.0, retry_after / 4))
    asked = min(LONGEST_RETRY_AFTER_S, asked)
    return asked if receives < RETRY_AFTER_RECEIVES else max(asked, own)


def confirm_seconds(retry_after: float | None, jitter: Callable[[], float]) -> int:
    """The delay (whole seconds) after which an event that Dreamdata refused is shown to it again.

    A ``Retry-After`` (seconds) is never undercut.
    """
    own = int(LONGEST_CONFIRM_S / 2 + jitter() * LONGEST_CONFIRM_S / 2)
    return max(own, math.ceil(retry_after or 0.0))


def retry_seconds(tries: int, retry_after: float | None, jitter: Callable[[], float]) -> float:
    """Seconds before the next try in place after ``tries`` of them; a ``Retry-After`` is never undercut."""
    whole = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(tries - 1, 20))
    return max(whole / 2 + jitter() * whole / 2, retry_after or 0.0)
