"""New log lines as they come."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from relay_cli.log_lines import FunctionLogs, Line

_EVERY_S = 2.0
# CloudWatch shows some lines later than others: so far back is looked again.
_LOOK_BACK = timedelta(seconds=20)


class Tail:
    """The lines of ``logs`` from ``start`` on, each once."""

    def __init__(self, logs: FunctionLogs, start: datetime, pause: Callable[[float], None] = time.sleep) -> None:
        self._logs = logs
        self._start = start
        self._pause = pause
        self._shown: set[str] = set()

    def lines(self, seconds: float = 0.0) -> Iterator[Line]:
        """For ``seconds``, or for ever where they are 0."""
        deadline = time.monotonic() + seconds if seconds else None
        since = self._start
        while True:
            found = self._logs.since(since)
            new = [line for line in found if repr(line) not in self._shown]
            yield from new
            # What is older than the look back cannot come again.
            if found:
                since = max(self._start, found[-1].at - _LOOK_BACK)
            self._shown = {repr(line) for line in found}
            if deadline is not None and time.monotonic() + _EVERY_S > deadline:
                return
            self._pause(_EVERY_S)
