"""Ctrl-C as a wish that is granted between two calls, not within one."""

import signal
from types import FrameType
from typing import Any, Self


class Interrupts:
    """Used as a context: notes SIGINT and SIGTERM; calling it tells whether one came."""

    def __init__(self) -> None:
        self._came = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def __call__(self) -> bool:
        """Whether one came."""
        return self._came

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._came = True
