"""Ends what takes too long: one thread for all posts, where a timer each would start a thread each."""

import threading
import time
from typing import Protocol


class Mortal(Protocol):
    """What can be watched."""

    def expire(self) -> None:
        """Called in the watchdog's thread when its time is up."""
        ...


class Watchdog:
    """Calls ``expire`` of what is watched for longer than ``seconds``, the same for all.

    Its thread starts with the first that is watched and ends when it finds none.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        # In the order in which their time is up.
        self._watched: dict[Mortal, float] = {}
        self._thread: threading.Thread | None = None

    def watch(self, mortal: Mortal) -> None:
        """Give ``mortal`` its time, from now on; raises RuntimeError where no thread can be started to watch it."""
        with self._lock:
            # One that has died of an error is replaced, as one that has ended.
            if self._thread is None or not self._thread.is_alive():
                thread = threading.Thread(target=self._run, name=Watchdog.__name__, daemon=True)
                thread.start()
                self._thread = thread
            self._watched[mortal] = time.monotonic() + self._seconds

    def release(self, mortal: Mortal) -> None:
        """Watch ``mortal`` no longer; it may have expired already."""
        with self._lock:
            self._watched.pop(mortal, None)

    def _run(self) -> None:
        # Nobody wakes it: whatever is watched while it sleeps has its end after the one it sleeps for.
        wait = self._seconds
        while wait > 0:
            time.sleep(wait)
            wait = self._end_the_late()

    def _end_the_late(self) -> float:
        """Expire those whose time is up; the seconds until the next one's is, 0 where none is left."""
        with self._lock:
            now = time.monotonic()
            late = [mortal for mortal, end in self._watched.items() if end <= now]
            for mortal in late:
                del self._watched[mortal]
            next_end = next(iter(self._watched.values()), None)
            if next_end is None:
                self._thread = None
        for mortal in late:
            mortal.expire()
        return 0.0 if next_end is None else next_end - now
