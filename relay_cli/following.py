"""Yields new log lines as they arrive."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from relay_cli.log_lines import FUNCTIONS, FunctionLogs, Line

_EVERY_S = 2.0
# CloudWatch shows some lines later than others: so far back is looked again.
_LOOK_BACK = timedelta(seconds=20)
_LARGEST = ("HeldAge", "DeliveryLag", "DreamdataLatency", "PayloadFill")


class Tail:
    """The lines of ``logs`` from ``start`` on, each once; see :meth:`FunctionLogs.since` for the other arguments."""

    def __init__(
        self,
        logs: FunctionLogs,
        start: datetime,
        pause: Callable[[float], None] = time.sleep,
        patterns: Sequence[str | None] = (None,),
        functions: Sequence[str] = FUNCTIONS,
    ) -> None:
        self._logs = logs
        self._start = start
        self._pause = pause
        self._patterns = patterns
        self._functions = functions
        self._shown: set[str] = set()

    def lines(self, seconds: float = 0.0) -> Iterator[Line]:
        """Yield lines for ``seconds``; 0 means for ever."""
        for new in self.looks(seconds):
            yield from new

    def looks(self, seconds: float = 0.0) -> Iterator[list[Line]]:
        """Yield the new lines of each look as a list, which may be empty."""
        deadline = time.monotonic() + seconds if seconds else None
        since = self._start
        while True:
            found = self._logs.since(since, self._patterns, self._functions)
            yield [line for line in found if repr(line) not in self._shown]
            # What is older than the look back cannot come again.
            if found:
                since = max(self._start, found[-1].at - _LOOK_BACK)
            self._shown = {repr(line) for line in found}
            if deadline is not None and time.monotonic() + _EVERY_S > deadline:
                return
            self._pause(_EVERY_S)


def sampled(lines: Sequence[Line], most: int) -> tuple[list[Line], list[Line]]:
    """Return at most ``most`` of ``lines`` to show, trouble before all else, and those left out; both in order."""
    if len(lines) <= most:
        return list(lines), []
    first = sorted(range(len(lines)), key=lambda index: (not lines[index].is_trouble, index))[:most]
    shown = set(first)
    return [lines[index] for index in sorted(shown)], [line for index, line in enumerate(lines) if index not in shown]


def summed(lines: Sequence[Line]) -> dict[str, float]:
    """Return the sums of what ``lines`` count, by function and metric; for durations the largest value."""
    found: dict[str, float] = {}
    for line in lines:
        for metric, value in line.counts.items():
            name = f"{line.function}.{metric}"
            before = found.get(name, 0.0)
            found[name] = max(before, value) if metric in _LARGEST else before + value
    return found
