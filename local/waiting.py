"""Waiting for something that another process does: asked often, never for ever."""

import time
from collections.abc import Callable

from local.errors import LocalError
from local.patience import patient


class Deadline:
    """So many seconds from now on; on a busy machine, which is looked at only once they are over, more of them."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._begun = time.monotonic()

    def is_over(self) -> bool:
        """Whether nothing is to be waited for any more."""
        passed = time.monotonic() - self._begun
        return passed > self._seconds and passed > patient(self._seconds)


def wait_until[T](ask: Callable[[], T | None], seconds: float, what: str, poll_seconds: float = 0.1) -> T:
    """The first answer that is not None; raises LocalError, naming `what`, when `seconds` are over, or more if busy."""
    deadline = Deadline(seconds)
    while True:
        # Looked at first: an answer after the last look is not asked for again.
        over = deadline.is_over()
        answer = ask()
        if answer is not None:
            return answer
        if over:
            raise LocalError(f"{what} took longer than {seconds:g} s")
        time.sleep(poll_seconds)
