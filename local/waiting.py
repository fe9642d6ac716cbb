"""Waiting for something that another process does: asked often, never for ever."""

import time
from collections.abc import Callable

from local.errors import LocalError


def wait_until[T](ask: Callable[[], T | None], seconds: float, what: str, poll_seconds: float = 0.1) -> T:
    """The first answer that is not None; raises LocalError, naming `what`, when `seconds` are over."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer is not None:
            return answer
        if time.monotonic() > deadline:
            raise LocalError(f"{what} took longer than {seconds:g} s")
        time.sleep(poll_seconds)
