"""Sends the letters of a file to the queue in the order of their lines; an interrupted import can continue."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dreamdata_relay.limits import MAX_SQS_BATCH_ENTRIES, MAX_SQS_BYTES
from relay_cli.letters import Letter
from relay_cli.refused_ahead import NOT_FOR_SQS, STUB, TOO_LARGE_FOR_SQS, Fault, faults_of
from relay_cli.requeueing import send, size_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

NOT_TAKEN = "not_taken"
# Not even a dead letter can come of these.
_NEVER_SENT = frozenset({STUB, NOT_FOR_SQS, TOO_LARGE_FOR_SQS})


@dataclass(slots=True)
class Imported:
    """Numbers of lines: ``read``, ``chosen``, ``sent``, skipped ``stubs``, and ``failed``.

    ``next_line``: the first one whose outcome is unknown; ``perhaps``: the last one of a call without an answer.
    """

    read: int = 0
    chosen: int = 0
    sent: int = 0
    stubs: int = 0
    failed: int = 0
    next_line: int = 1
    perhaps: int = 0
    stopped: bool = False


class Import:
    """Sends letters to the queue at ``queue_url``; ``told`` gets the reason for each line that is not sent.

    ``as_is``: send also what the relay would refuse. ``stop`` is called between lines and between calls.
    """

    def __init__(
        self,
        sqs: "SQSClient",
        queue_url: str,
        told: Callable[[int, Fault], None],
        *,
        as_is: bool = False,
        dry_run: bool = False,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._told = told
        self._as_is = as_is
        self._dry_run = dry_run
        self._stop = stop
        self._waiting: list[tuple[int, Letter]] = []
        self._waiting_bytes = 0
        self.result = Imported()

    def run(self, lines: Iterable[tuple[int, Letter | Fault]], progress: Callable[[], None]) -> None:
        """Send the letters; ``result`` is up to date whatever is raised. ``progress`` is called for each line."""
        number = 0
        for number, found in lines:
            if self._stop():
                self._end(number)
                return
            self.result.read += 1
            self._take(number, found)
            progress()
            if self.result.stopped:
                return
        self._flush()
        if not self.result.stopped:
            self.result.next_line = number + 1

    def _end(self, number: int) -> None:
        self.result.stopped = True
        self.result.next_line = self._waiting[0][0] if self._waiting else number

    def _take(self, number: int, found: Letter | Fault) -> None:
        faults = [found] if isinstance(found, Fault) else faults_of(found)
        if any(fault.code == STUB for fault in faults):
            self.result.stubs += 1
        elif isinstance(found, Fault) or (faults and not self._is_sent_all_the_same(faults)):
            self.result.failed += 1
            for fault in faults:
                self._told(number, fault)
        else:
            self.result.chosen += 1
            self._wait(number, found)

    def _is_sent_all_the_same(self, faults: list[Fault]) -> bool:
        return self._as_is and _NEVER_SENT.isdisjoint(fault.code for fault in faults)

    def _wait(self, number: int, letter: Letter) -> None:
        size = size_of(letter)
        if self._waiting_bytes + size > MAX_SQS_BYTES:
            self._flush()
        self._waiting.append((number, letter))
        self._waiting_bytes += size
        if len(self._waiting) == MAX_SQS_BATCH_ENTRIES:
            self._flush()

    def _flush(self) -> None:
        if not self._waiting or self.result.stopped:
            return
        numbers = [number for number, _ in self._waiting]
        if self._stop():
            self._end(numbers[0])
            return
        self.result.next_line = numbers[0]
        if not self._dry_run:
            self.result.perhaps = numbers[-1]
            failed = send(self._sqs, self._queue_url, [letter for _, letter in self._waiting])
            self.result.perhaps = 0
            for place, code in failed.items():
                self._told(numbers[place], Fault(NOT_TAKEN, f"the queue did not take it: {code or 'no reason given'}"))
            self.result.failed += len(failed)
            self.result.sent += len(numbers) - len(failed)
        self.result.next_line = numbers[-1] + 1
        self._waiting, self._waiting_bytes = [], 0
