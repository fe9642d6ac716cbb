"""Sends a file's events: reads them in order, posts over several connections, and records each answer."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from relay_cli.errors import NotKnown, RelayCommandError, WrongInput
from relay_cli.history.batching import Batch, Batcher, Ranges
from relay_cli.history.chunks import Chunk
from relay_cli.history.errors_file import ErrorsFile
from relay_cli.history.journal import Journal
from relay_cli.history.posting import Answer, Poster, Stopped
from relay_cli.history.reading import Counts
from relay_cli.history.records import Fault
from relay_cli.history.taken import Entry, Rejected

# Of each connection one batch is on its way and one is ready.
_READY = 2
_LOOK_S = 0.2


@dataclass(slots=True)
class Outcome:
    """The outcome of an import. ``unanswered``: events that the relay may have taken; ``stopped``: by an interrupt.

    ``failure``: why it ended early.
    """

    counts: Counts
    unanswered: int = 0
    stopped: bool = False
    failure: RelayCommandError | None = None


def look_through(found: Iterable[Chunk], counts: Counts, errors: ErrorsFile, progress: Callable[[], None]) -> Outcome:
    """Read everything and send nothing."""
    for chunk in found:
        for record, made in chunk:
            if made.fault:
                errors.add(made.line, made.tag, made.fault, record.text)
        progress()
    return Outcome(counts)


class Sending:
    """Sends what the journal does not list as taken; ``interrupted`` is called throughout."""

    def __init__(
        self,
        poster: Poster,
        journal: Journal,
        errors: ErrorsFile,
        *,
        connections: int,
        stop: threading.Event,
        rate: float | None = None,
        most: int | None = None,
        interrupted: Callable[[], bool] = lambda: False,
        progress: Callable[[], None] = lambda: None,
    ) -> None:
        self._poster = poster
        self._journal = journal
        self._errors = errors
        self._connections = connections
        self._stop = stop
        self._rate = rate
        # No batch is larger than what may be sent in a second.
        self._most = most if rate is None else int(rate)
        self._interrupted = interrupted
        self._progress = progress
        self._next_at = 0.0
        self._pending: dict[Future[Answer], Batch] = {}
        self._unanswered = 0
        self._failure: RelayCommandError | None = None

    def run(self, found: Iterable[Chunk], counts: Counts) -> Outcome:
        """Send the events; the journal has what was taken, whatever happens."""
        ended = False
        with ThreadPoolExecutor(self._connections) as threads:
            try:
                ended = self._send(found, threads)
            except RelayCommandError as error:
                self._failure = self._failure or error
            except (OSError, UnicodeError):
                self._failure = self._failure or WrongInput("the file can be read no further, or has changed meanwhile")
            finally:
                if not ended:
                    self._stop.set()
                self._settle(0)
        stopped = self._interrupted() and not (ended and self._failure is None)
        if ended and not self._failure:
            self._journal.write(Entry(ended=True))
        return Outcome(counts, self._unanswered, stopped, self._failure)

    def _send(self, found: Iterable[Chunk], threads: ThreadPoolExecutor) -> bool:
        """Send the events; return whether all were sent."""
        batcher = Batcher(self._most)
        for batch in self._left(found, batcher):
            if not self._submit(batch, threads):
                return False
        self._settle(0)
        return not self._is_over()

    def _left(self, found: Iterable[Chunk], batcher: Batcher) -> Iterator[Batch]:
        """Yield in batches what was not taken before; records the faults of the others."""
        done = Ranges(self._journal.progress.ranges)
        refused = {one.number: one for one in self._journal.progress.refused}
        number = -1
        for chunk in found:
            for record, made in chunk:
                number += 1
                if made.fault:
                    self._errors.add(made.line, made.tag, made.fault, record.text)
                elif number not in done:
                    yield from batcher.add(number, made)
                else:
                    # No batch reaches over what is done.
                    yield from batcher.rest()
                    if before := refused.get(number):
                        self._errors.add(made.line, made.tag, Fault(before.code, before.detail), record.text)
            self._progress()
            if self._is_over():
                return
        yield from batcher.rest()

    def _is_over(self) -> bool:
        if self._interrupted():
            self._stop.set()
        return self._stop.is_set()

    def _submit(self, batch: Batch, threads: ThreadPoolExecutor) -> bool:
        self._settle(self._connections * _READY - 1)
        if self._rate:
            now = time.monotonic()
            while now < self._next_at and not self._is_over():
                self._settle_what_is_done(min(_LOOK_S, self._next_at - now))
                now = time.monotonic()
            self._next_at = max(now, self._next_at) + len(batch.events) / self._rate
        if self._is_over():
            return False
        self._pending[threads.submit(self._poster.post, batch)] = batch
        return True

    def _settle(self, most: int) -> None:
        """Wait until at most so many batches are under way."""
        while len(self._pending) > most:
            self._settle_what_is_done(_LOOK_S)
            self._is_over()

    def _settle_what_is_done(self, seconds: float) -> None:
        if not self._pending:
            self._stop.wait(seconds)
            return
        done, _ = wait(self._pending, seconds, FIRST_COMPLETED)
        for future in done:
            batch = self._pending.pop(future)
            try:
                self._keep(batch, future.result())
            except Stopped as stopped:
                self._unanswered += len(batch.events) * stopped.perhaps
            except RelayCommandError as error:
                # After any other nothing of the batch was taken.
                self._unanswered += len(batch.events) * isinstance(error, NotKnown)
                self._failure = self._failure or error
                self._stop.set()
        if done:
            self._progress()

    def _keep(self, batch: Batch, answer: Answer) -> None:
        # A fault is not sent: an event's number is not its place in the batch.
        refused = [
            (batch.events[one.index], Rejected(batch.numbers[one.index], one.code, one.detail))
            for one in answer.refused
        ]
        told = tuple(one for _, one in refused)
        self._journal.write(Entry(batch.first, batch.last, answer.accepted, answer.repeated, told))
        for made, one in refused:
            self._errors.add(made.line, made.tag, Fault(one.code, one.detail), made.text)
