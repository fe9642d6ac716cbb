"""The two small charts: the lag of what was delivered, second by second, and how full the payloads were."""

import math
from collections import OrderedDict, deque
from collections.abc import Sequence

from local.page.rows import FillPoint, LagPoint, iso

POINTS = 60
# Of a second with very many deliveries so many lags are kept.
_MOST_A_SECOND = 5_000


class Charts:
    """The last `POINTS` points of both."""

    def __init__(self) -> None:
        self._seconds: OrderedDict[int, list[float]] = OrderedDict()
        self._fill: deque[FillPoint] = deque(maxlen=POINTS)

    def delivered(self, at: float, lag_seconds: float) -> None:
        """An event, or a payload's oldest one, was delivered `lag_seconds` after it was taken."""
        lags = self._seconds.setdefault(int(at), [])
        if len(lags) < _MOST_A_SECOND:
            lags.append(lag_seconds)
        while len(self._seconds) > POINTS:
            del self._seconds[min(self._seconds)]

    def posted(self, point: FillPoint) -> None:
        """Dreamdata was sent a request."""
        self._fill.append(point)

    def lag(self) -> list[LagPoint]:
        """One point for each second in which something was delivered, oldest first."""
        return [
            LagPoint(iso(second), quantile(lags, 0.5), quantile(lags, 0.95))
            for second, lags in sorted(self._seconds.items())
        ]

    def fill(self) -> list[FillPoint]:
        """One point for each request, oldest first."""
        return list(self._fill)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of `values` do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
