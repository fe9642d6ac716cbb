"""An import is ended at any point, as often as may be: in the end every event was taken, and none that was is sent."""

import tempfile
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from relay_cli.errors import NotKnown
from relay_cli.history.batching import Batch
from relay_cli.history.chunks import Chunk
from relay_cli.history.errors_file import ErrorsFile
from relay_cli.history.importing import Outcome, Sending
from relay_cli.history.journal import open_journal
from relay_cli.history.mapping import Made
from relay_cli.history.posting import Answer, Refused
from relay_cli.history.reading import Counts
from relay_cli.history.records import Fault, Record
from relay_cli.history.taken import Import
from tests.examples import examples

WHAT = Import("f", "m", "csv", "utf-8", "shop", "http://api")


class Relay:
    """Takes batches until it has answered so many; then every one ends the import.

    Of each that it does not answer ``takes`` says whether it has taken it. It refuses events whose number ends in 7.
    """

    def __init__(self, answers: int, takes: bool) -> None:
        self._left = answers
        self._takes = takes
        self._lock = threading.Lock()
        self.answered: Counter[str] = Counter()
        self.unanswered: Counter[str] = Counter()

    def post(self, batch: Batch) -> Answer:
        """As Poster."""
        ids = [event.message_id for event in batch.events]
        with self._lock:
            self._left -= 1
            if self._left < 0:
                self.unanswered.update(ids if self._takes else ())
                raise NotKnown("away")
            self.answered.update(ids)
        refused = [Refused(index, "of_tomorrow", "") for index, one in enumerate(ids) if one.endswith("7")]
        return Answer(len(ids) - len(refused), 0, refused)


def chunk(number: int, faulty: set[int]) -> tuple[Record, Made]:
    """An event of its own record."""
    fault = Fault("not_a_decimal", "") if number in faulty else None
    made = Made(number + 2, "track 1", b"" if fault else f'{{"n":{number}}}'.encode(), f"id-{number}", fault)
    return Record(number + 2, f"row {number}", []), made


def run(folder: Path, relay: Any, chunks: list[Chunk], most: int) -> tuple[Outcome, Any, int]:
    """One run; its outcome, the journal's progress, and how many errors are in the file."""
    journal = open_journal(folder / "journal", WHAT)
    try:
        with ErrorsFile(folder / "crm.csv") as errors:
            sending = Sending(relay, journal, errors, connections=3, stop=threading.Event(), most=most)
            return sending.run(chunks, Counts()), journal.progress, errors.count
    finally:
        journal.close()


@given(
    st.integers(0, 60),
    st.sets(st.integers(0, 59), max_size=10),
    st.integers(1, 9),
    st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=4),
)
@settings(max_examples=examples(60), deadline=None)
def test_whatever_ends_it_every_event_is_taken(
    count: int, faulty: set[int], most: int, ends: list[tuple[int, bool]]
) -> None:
    """What was answered is not sent again; what has a fault is never sent, and all faults are told in each run."""
    events = [chunk(number, faulty) for number in range(count)]
    chunks = [events[start : start + 7] for start in range(0, count, 7)]
    relays = [Relay(answers, takes) for answers, takes in ends] + [Relay(1000, takes=True)]
    with tempfile.TemporaryDirectory() as name:
        for relay in relays:
            outcome, progress, errors = run(Path(name), relay, chunks, most)
    answered = sum((relay.answered for relay in relays), Counter())
    sent = {made.message_id for _, made in events if not made.fault}
    refused = {one for one in sent if one.endswith("7")}
    assert answered == Counter(sent)
    assert outcome.failure is None
    assert progress.ended
    assert (progress.accepted, len(progress.refused)) == (len(sent - refused), len(refused))
    assert errors == count - len(sent) + len(refused)
