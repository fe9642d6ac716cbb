"""What `relay import` does: drafts a map, looks through a file, or sends it."""

import threading
from pathlib import Path
from typing import NamedTuple

from relay_cli import output
from relay_cli.context import Chosen
from relay_cli.errors import WrongInput
from relay_cli.history import telling
from relay_cli.history.bars import bar
from relay_cli.history.errors_file import ErrorsFile
from relay_cli.history.importing import Sending, look_through
from relay_cli.history.job import Job, prepared
from relay_cli.history.journal import Journal, journal_of, open_journal
from relay_cli.history.posting import Poster
from relay_cli.history.sketch.drafting import draft, trial
from relay_cli.interrupts import Interrupts
from relay_cli.relay_keys import RelayKeysSecret

_WAITING = "relay: ends as soon as the relay has answered what is on its way; Ctrl-C once more ends it at once"


class GivenFile(NamedTuple):
    """A file and how to read it, as far as the options say."""

    file: Path
    map: Path | None
    form: str | None
    encoding: str | None


class Sent(NamedTuple):
    """How to send it: the relay key's name, how many requests at once, how many events a second at most.

    ``again``: send also what was taken before.
    """

    key: str
    connections: int
    rate: float | None
    again: bool


def sketch(given: GivenFile, into: Path) -> None:
    """Draft a map; raises WrongInput."""
    if given.map:
        raise WrongInput("--sketch drafts a map, and --map names one: leave one of the two out")
    draft(given.file, into, given.form, given.encoding)
    output.line(f"{into} is drafted. Look at it, then: {trial(given.file, into)}")


def dry_run(chosen: Chosen, given: GivenFile) -> None:
    """Look through the file; raises WrongInput."""
    job = _prepared(given)
    with job.read() as found, ErrorsFile(job.file) as errors:
        with bar("reads", job.checked.size) as shown:
            outcome = look_through(
                found.events, found.counts, errors, lambda: shown(found.position(), f"{found.counts.events:,} events")
            )
        telling.end_dry_run(chosen, outcome, errors)


def send(chosen: Chosen, given: GivenFile, how: Sent) -> None:
    """Send the file; raises subclasses of RelayCommandError."""
    stack = chosen.stack
    relay_key = RelayKeysSecret(stack.secrets, stack.output("IngestKeysSecretArn")).value(how.key)
    job = _prepared(given)
    journal = open_journal(journal_of(job.file, stack.name), job.into(stack.name, stack.api_url), again=how.again)
    try:
        stop = threading.Event()
        poster = Poster(stack.api_url, relay_key, how.connections, stop)
        _send(chosen, job, journal, poster, stop, how)
    finally:
        journal.close()


def _send(chosen: Chosen, job: Job, journal: Journal, poster: Poster, stop: threading.Event, how: Sent) -> None:
    before, going_on = journal.progress.accepted, telling.going_on(again=how.again)
    with (
        Interrupts(last=True, waiting=_WAITING, half_done=lambda: telling.half_done(journal, going_on)) as interrupted,
        job.read() as found,
        ErrorsFile(job.file) as errors,
    ):
        with bar("imports", job.checked.size) as shown:
            sending = Sending(
                poster, journal, errors, connections=how.connections, stop=stop, rate=how.rate, interrupted=interrupted,
                progress=lambda: shown(found.position(), f"{journal.progress.accepted:,} events taken"),
            )  # fmt: skip
            outcome = sending.run(found.events, found.counts)
        errors.flush()
        telling.end_import(chosen, outcome, errors, journal, before, going_on)


def _prepared(given: GivenFile) -> Job:
    size = given.file.stat().st_size if given.file.is_file() else 0
    with bar("looks at the file", size) as shown:
        return prepared(given.file, given.map, given.form, given.encoding, lambda done: shown(done, ""))
