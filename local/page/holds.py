"""Which hold made a message wait: deliver's log line says why but not which messages, so the times have to tell."""

from bisect import bisect_left, insort

from local.page.observations import Held

# The line is written just before the messages are hidden, and a look comes soon after that.
_LATER_S, _EARLIER_S = 0.25, 10.0
_MAX_LINES = 5_000


class Holds:
    """The lines of invocations that held messages, and the messages waiting whose reason they may be."""

    def __init__(self) -> None:
        self._lines: list[tuple[float, tuple[str, ...]]] = []
        self._waiting: dict[int, set[str]] = {}

    def add(self, held: Held) -> set[str]:
        """Take a line; returns the messages whose reason may have changed by it."""
        insort(self._lines, (held.at, held.reasons))
        del self._lines[:-_MAX_LINES]
        seconds = range(int(held.at - _LATER_S) - 1, int(held.at + _EARLIER_S) + 2)
        return set().union(*(self._waiting.get(second, set()) for second in seconds))

    def wait(self, message: str, before: float | None, now: float) -> None:
        """`message` was first seen hidden as it is at `now`; `before`: at which time it had been before."""
        if before is not None:
            self.forget(message, before)
        self._waiting.setdefault(int(now), set()).add(message)

    def forget(self, message: str, at: float) -> None:
        """`message`, seen hidden at `at`, does not wait any more."""
        waiting = self._waiting.get(int(at), set())
        waiting.discard(message)
        if not waiting:
            self._waiting.pop(int(at), None)

    def reason(self, at: float) -> str:
        """The reasons of the last hold before `at`, with commas; empty while no line is known."""
        index = bisect_left(self._lines, (at + _LATER_S, ())) - 1
        if index < 0 or self._lines[index][0] < at - _EARLIER_S:
            return ""
        return ", ".join(self._lines[index][1])
