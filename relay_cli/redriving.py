"""Moves dead letters back to the queue: sent first and deleted after, so that no interruption loses one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from dreamdata_relay.bin_packing import pack
from dreamdata_relay.limits import MAX_SQS_BATCH_ENTRIES, MAX_SQS_BYTES
from relay_cli.dead_letter_queue import DeadLetterQueue
from relay_cli.errors import AwsFailed
from relay_cli.letters import Choice, Letter
from relay_cli.requeueing import send, size_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# An interrupt is noticed between two sleeps.
_LONGEST_SLEEP_S = 0.5
_LOOKS_AT_CLOCK = 40


class Pace(Protocol):
    """A clock for differences in seconds, and a wait."""

    def monotonic(self) -> float:
        """Return seconds."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


@dataclass(slots=True)
class Redriven:
    """Numbers of messages: ``seen``, ``chosen``, ``moved``, and ``failed``, which stay dead letters.

    ``twice``: on the queue and still a dead letter, because deleting failed. ``stubs`` were skipped. ``perhaps``: those
    of a call without an answer.
    """

    seen: int = 0
    chosen: int = 0
    moved: int = 0
    failed: int = 0
    twice: int = 0
    stubs: int = 0
    perhaps: int = 0
    stopped: bool = False


class Redrive:
    """Moves the letters of ``choice`` that existed at the start to the queue at ``queue_url``.

    ``rate``: messages a second at most. ``stop`` is called between calls, never between a send and its delete. Letters
    written after the start stay, because refused ones would otherwise go round for ever. SQS's own clock counts: the
    start is the end of a second on it, and nothing is sent before it shows a later one.
    """

    def __init__(
        self,
        sqs: "SQSClient",
        queue_url: str,
        pace: Pace,
        *,
        rate: float | None = None,
        dry_run: bool = False,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._pace = pace
        self._rate = rate
        self._dry_run = dry_run
        self._stop = stop
        self._next_at = pace.monotonic()
        self._may_send = False
        self.result = Redriven()

    def run(
        self, letters: DeadLetterQueue, choice: Choice, begun: datetime, progress: Callable[[Redriven], None]
    ) -> Redriven:
        """Move the letters. ``begun`` is :meth:`DeadLetterQueue.count`'s time; ``progress`` is called per receive.

        ``result`` is up to date whatever is raised; its ``perhaps`` letters may be on the queue as well.
        """
        result = self.result
        for old in letters.received_before(begun):
            result.seen += len(old)
            chosen = [letter for letter in old if choice.fits(letter)]
            stubs = [letter for letter in chosen if letter.is_stub]
            result.stubs += len(stubs)
            movable = [letter for letter in chosen if not letter.is_stub]
            result.chosen += len(movable)
            if movable and not self._dry_run:
                self._wait_for(letters, begun)
                self._move(letters, movable, result)
            progress(result)
            if result.stopped or self._stop():
                result.stopped = True
                return result
        return result

    def _move(self, letters: DeadLetterQueue, movable: list[Letter], result: Redriven) -> None:
        for call in pack([size_of(letter) for letter in movable], MAX_SQS_BYTES, MAX_SQS_BATCH_ENTRIES):
            batch = [movable[index] for index in call]
            self._wait(len(batch))
            if self._stop():
                result.stopped = True
                return
            result.perhaps = len(batch)
            failed = send(self._sqs, self._queue_url, batch)
            sent = [letter for number, letter in enumerate(batch) if number not in failed]
            result.failed += len(failed)
            result.perhaps = len(sent)
            left = letters.delete(sent)
            result.perhaps = 0
            result.twice += len(left)
            result.moved += len(sent)

    def _wait_for(self, letters: DeadLetterQueue, begun: datetime) -> None:
        """Wait until SQS's clock is past ``begun``, so that what is refused again is surely written after it."""
        tries = 0
        while not self._may_send and not self._stop():
            self._may_send = letters.count().now > begun
            if self._may_send:
                return
            tries += 1
            if tries > _LOOKS_AT_CLOCK:
                raise AwsFailed("SQS's clock does not go on: nothing was moved, try again")
            self._pace.sleep(_LONGEST_SLEEP_S / 2)

    def _wait(self, messages: int) -> None:
        if self._rate is None:
            return
        begun = self._pace.monotonic()
        due = max(begun, self._next_at)
        while (left := due - self._pace.monotonic()) > 0 and not self._stop():
            self._pace.sleep(min(left, _LONGEST_SLEEP_S))
        self._next_at = due + messages / self._rate
