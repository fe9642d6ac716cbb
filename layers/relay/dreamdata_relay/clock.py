"""Time as a value that is handed in, so that tests and simulations can turn it."""

from typing import Protocol


class Clock(Protocol):
    """Seconds: since the epoch, on a scale that never jumps, and waited."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds on a scale for differences only."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait ``seconds``."""
        ...
