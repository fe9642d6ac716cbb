"""A clock that only moves when somebody waits on it."""


class FakeClock:
    """Starts at ``start`` seconds since the epoch; ``sleep`` is instant."""

    def __init__(self, start: float = 1_795_436_875.411) -> None:
        self._start = start
        self._elapsed = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._start + self._elapsed

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        """Move on by ``seconds``."""
        self.slept.append(seconds)
        self._elapsed += seconds

    def advance(self, seconds: float) -> None:
        """Move on without anybody waiting."""
        self._elapsed += seconds
