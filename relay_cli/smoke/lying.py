"""The probes in the dead-letter queue."""

import re
from collections import Counter
from datetime import timedelta

from relay_cli.dead_letter_queue import DeadLetterQueue
from relay_cli.letters import Letter
from relay_cli.smoke.run import Run

# A queue with more letters is not read to its end again and again.
MOST_LETTERS = 5_000
_OLD = timedelta(minutes=30)
_PROBE = re.compile(r"relay-smoke-[0-9a-f]{12}\.[a-z-]+\.\d+")


class Letters:
    """The dead letters of a run's probes."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seen: dict[str, Letter] = {}
        # Whether the queue holds more letters than are looked at.
        self.cut = False
        self.removed: Counter[str] = Counter()

    def look(self, delete: bool = False) -> dict[str, Letter]:
        """Return those that are there now, by message id; ``delete`` removes them."""
        found: dict[str, Letter] = {}
        looked_at = 0
        queue = DeadLetterQueue(self._run.stack.sqs, self._run.stack.output("DeadLetterQueueUrl"))
        with queue as letters:
            for received in letters.received():
                own = [letter for letter in received if self._run.marker in letter.body]
                found |= {letter.message_id: letter for letter in own}
                if delete:
                    kept = letters.delete(own)
                    self.removed.update(self._way(letter) for letter in own if letter not in kept)
                    letters.delete([letter for letter in received if self._is_left_over(letter)])
                looked_at += len(received)
                self.cut = looked_at >= MOST_LETTERS
                if self.cut:
                    break
        self._seen |= found
        return found

    def by_way(self) -> dict[str, Letter]:
        """Return one of all those seen for each way."""
        return {way: letter for letter in self._seen.values() if (way := self._way(letter))}

    def missing(self) -> dict[str, int]:
        """Return how many probes of each way were sent and not removed."""
        counts = {way: count - self.removed[way] for way, count in self._run.sent.items()}
        return {way: count for way, count in counts.items() if count > 0}

    def _is_left_over(self, letter: Letter) -> bool:
        """Whether it is an old probe of a run that was killed; young ones may be another run's."""
        old = letter.sent_at < self._run.begun - _OLD
        return old and self._run.marker not in letter.body and bool(_PROBE.search(letter.body))

    def _way(self, letter: Letter) -> str:
        return next((way for way in self._run.sent if self._run.marker_of(way) in letter.body), "")
