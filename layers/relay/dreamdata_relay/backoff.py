"""How long to wait: in place between two tries, and on the queue between two receives."""

from collections.abc import Callable

from dreamdata_relay.limits import MAX_VISIBILITY_S

FIRST_HOLD_S = 30.0
LONGEST_HOLD_S = 1800.0
FIRST_RETRY_S = 0.2
LONGEST_RETRY_S = 5.0


def hold_seconds(receives: int, retry_after: float | None, jitter: Callable[[], float]) -> int:
    """The visibility timeout (whole seconds) of a message held after its ``receives``-th receive (1, 2, ...).

    30 s x 2^(n-1), at most 30 minutes, jittered between half and whole; a ``Retry-After`` (seconds) is taken as it is,
    up to the longest visibility timeout that SQS allows, with a little added so that not all return at once.
    ``jitter`` gives numbers in [0, 1).
    """
    if retry_after is not None:
        return min(MAX_VISIBILITY_S - 1, int(retry_after + 1 + jitter() * min(30.0, retry_after / 4)))
    whole = min(LONGEST_HOLD_S, FIRST_HOLD_S * 2.0 ** min(max(receives, 1) - 1, 20))
    return int(whole / 2 + jitter() * whole / 2)


def retry_seconds(tries: int, retry_after: float | None, jitter: Callable[[], float]) -> float:
    """Seconds before the next try in place after ``tries`` of them; a ``Retry-After`` is never undercut."""
    whole = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(tries - 1, 20))
    return max(whole / 2 + jitter() * whole / 2, retry_after or 0.0)
