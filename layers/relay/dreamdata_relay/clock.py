"""The clock that code is given, so that tests and simulations can control time."""

from typing import Protocol


class Clock(Protocol):
    """Wall-clock time, monotonic time and sleeping, all in seconds."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Monotonic seconds, for differences only."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait ``seconds``."""
        ...
