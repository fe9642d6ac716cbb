"""Ctrl-C as a wish that is granted between two calls, not within one."""

import signal
from types import FrameType
from typing import Any, Self

_TO_END = (signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Used as a context: notes SIGINT, SIGTERM and a terminal that is closed; calling it tells whether one came."""

    def __init__(self) -> None:
        self._came: set[int] = set()
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, *_TO_END):
            # Under nohup a closed terminal is no reason to end.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __call__(self) -> bool:
        """Whether one came."""
        return bool(self._came)

    @property
    def to_end(self) -> bool:
        """Whether one came that is meant for this command alone, and not for what it has started, too."""
        return not self._came.isdisjoint(_TO_END)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._came.add(number)
