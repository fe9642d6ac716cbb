"""Deletes dead letters after writing all of them to a file, so that no interruption loses one."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from relay_cli.dead_letter_queue import DeadLetterQueue
from relay_cli.exports import written_aside
from relay_cli.letters import Choice, Letter

_BATCH = 10


class NothingToDelete(Exception):
    """Raised when no letter is chosen, or when it was stopped before the file was complete; then there is no file."""


@dataclass(slots=True)
class Deleted:
    """Numbers of letters: ``chosen`` are in the file, ``deleted`` are gone, ``failed`` stay dead letters."""

    chosen: int = 0
    deleted: int = 0
    failed: int = 0
    stopped: bool = False


class Deletion:
    """Deletes the letters of ``choice`` written before ``begun``, and only those in ``confirmed`` if that is given.

    ``stop`` is called between calls to AWS.
    """

    def __init__(
        self,
        letters: DeadLetterQueue,
        choice: Choice,
        begun: datetime,
        confirmed: frozenset[str] | None,
        stop: Callable[[], bool],
    ) -> None:
        self._letters = letters
        self._choice = choice
        self._begun = begun
        self._confirmed = confirmed
        self._stop = stop
        self.result = Deleted()

    def run(self, file: Path) -> None:
        """Write the letters to ``file`` and delete them; ``result`` is up to date whatever is raised.

        Raises NothingToDelete, and WrongInput if ``file`` cannot be written; then nothing is deleted.
        """
        with written_aside(file) as written:
            found = []
            for letter in self._chosen():
                written.write(letter.exported())
                # The body lies in the file now: there may be very many.
                found.append(dataclasses.replace(letter, body=""))
            if self.result.stopped or not found:
                raise NothingToDelete
        self.result.chosen = len(found)
        for start in range(0, len(found), _BATCH):
            if self._stop():
                self.result.stopped = True
                return
            group = found[start : start + _BATCH]
            failed = self._letters.delete(group)
            self.result.failed += len(failed)
            self.result.deleted += len(group) - len(failed)

    def _chosen(self) -> Iterator[Letter]:
        left = None if self._confirmed is None else len(self._confirmed)
        for old in self._letters.received_before(self._begun):
            chosen = [letter for letter in old if self._is_chosen(letter)]
            yield from chosen
            if self._stop():
                self.result.stopped = True
                return
            if left is not None:
                left -= len(chosen)
                if not left:
                    return

    def _is_chosen(self, letter: Letter) -> bool:
        return self._choice.fits(letter) if self._confirmed is None else letter.message_id in self._confirmed
