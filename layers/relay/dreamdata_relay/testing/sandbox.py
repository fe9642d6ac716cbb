"""The sandbox: takes requests as the relay's ingest function does and remembers what came of them."""

import threading
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from typing import Any

from dreamdata_relay.ingest.service import Response
from dreamdata_relay.testing.intake import MemoryQueue, intake_over
from dreamdata_relay.testing.record import Event, Violation, events_of, violations_of

# The function's time-out, which nothing here comes near.
_REMAINING_S = 15.0

# Looks at an accepted event (its members) and returns what it complains of, as pairs of a code and a detail. One that
# raises is a complaint, too.
type Check = Callable[[dict[str, Any]], Iterable[tuple[str, str]]]


class Sandbox:
    """Validates and completes events by the relay's own code, and keeps them in memory.

    ``key``: the only key that it accepts; any if None. ``checks`` add their complaints to :attr:`violations`. It is
    safe to use from several threads.
    """

    def __init__(self, key: str | None = None, checks: Sequence[Check] = ()) -> None:
        self.key = key
        self.checks = list(checks)
        self._queue, self._dead_letters = MemoryQueue(), MemoryQueue()
        self._intake = intake_over(self._queue, self._dead_letters, key)
        self._changed = threading.Condition()
        self._events: list[Event] = []
        self._violations: list[Violation] = []

    @property
    def events(self) -> list[Event]:
        """Return the events that the relay would pass on, in the order in which they came."""
        with self._changed:
            return list(self._events)

    @property
    def violations(self) -> list[Violation]:
        """Return what the relay would refuse, in the order in which it came."""
        with self._changed:
            return list(self._violations)

    def answer(self, request: MutableMapping[str, Any]) -> Response:
        """Answer ``request`` (an HTTP API event, payload format 2.0) as the ingest function does, and remember it."""
        with self._changed:
            response = self._intake.answer(request, _REMAINING_S)
            events = events_of(self._queue.taken())
            violations = violations_of(self._dead_letters.taken())
            violations += [violation for event in events for violation in self._found(event)]
            self._add(events, violations)
        if response.status != 200:
            self.refuse(response.status, str(response.body["code"]), str(response.body["message"]))
        return response

    def refuse(self, status: int, code: str, detail: str) -> None:
        """Remember a request that was answered with ``status``."""
        with self._changed:
            self._add([], [Violation(code, detail, status)])

    def reset(self) -> None:
        """Forget everything."""
        with self._changed:
            self._events.clear()
            self._violations.clear()
            self._changed.notify_all()

    def forgive(self, forgiven: Iterable[Violation] | None = None) -> None:
        """Forget violations that were meant: these, or all."""
        with self._changed:
            # By identity: an equal one that came a second time is another one.
            meant = {id(violation) for violation in (self._violations if forgiven is None else forgiven)}
            self._violations = [violation for violation in self._violations if id(violation) not in meant]

    def wait_until(self, reached: Callable[[], bool], seconds: float) -> bool:
        """Wait at most ``seconds`` until ``reached``, asked again after each request; return its last answer."""
        with self._changed:
            return self._changed.wait_for(reached, seconds)

    def _add(self, events: list[Event], violations: list[Violation]) -> None:
        self._events += events
        self._violations += violations
        self._changed.notify_all()

    def _found(self, event: Event) -> Iterator[Violation]:
        for check in self.checks:
            try:
                complaints = list(check(event.members))
            except Exception as error:  # noqa: BLE001  # of whoever wrote the check; the sender is answered all the same
                complaints = [("check_failed", f"{type(error).__name__}: {error}")]
            for code, detail in complaints:
                yield Violation(code, detail, event=event.members)
