"""Ends posts that take too long, with one thread for all of them; a timer for each would start a thread for each."""

import contextlib
import threading
import time
from typing import Protocol


class Mortal(Protocol):
    """An object that can be watched."""

    def expire(self) -> None:
        """End it; called in the watchdog's thread when its time is up."""
        ...


class Watchdog:
    """Calls ``expire`` of every object that is watched for longer than ``seconds``.

    Its thread starts with the first watched object and ends when none is left.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        # In the order in which they expire.
        self._watched: dict[Mortal, float] = {}
        self._thread: threading.Thread | None = None

    def watch(self, mortal: Mortal) -> None:
        """Watch ``mortal`` from now on; raises RuntimeError if no thread can be started for it."""
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name=Watchdog.__name__, daemon=True)
                thread.start()
                self._thread = thread
            self._watched[mortal] = time.monotonic() + self._seconds

    def release(self, mortal: Mortal) -> None:
        """Stop watching ``mortal``, which may already have expired."""
        with self._lock:
            self._watched.pop(mortal, None)

    def _run(self) -> None:
        # No need to wake it: what is added while it sleeps expires after the object it sleeps for.
        wait = self._seconds
        try:
            while wait > 0:
                time.sleep(wait)
                wait = self._end_the_late()
        finally:
            # However the thread ends, the next watched object starts another.
            with self._lock:
                if self._thread is threading.current_thread():
                    self._thread = None

    def _end_the_late(self) -> float:
        """Expire those whose time is up; return the seconds until the next one expires, 0 if none is left."""
        with self._lock:
            now = time.monotonic()
            late = [mortal for mortal, end in self._watched.items() if end <= now]
            for mortal in late:
                del self._watched[mortal]
            next_end = next(iter(self._watched.values()), None)
            if next_end is None:
                self._thread = None
        for mortal in late:
            # A failure there affects only that object; the others must expire too.
            with contextlib.suppress(Exception):
                mortal.expire()
        return 0.0 if next_end is None else next_end - now
