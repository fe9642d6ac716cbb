"""relay import."""

import threading
from pathlib import Path
from typing import Annotated

import typer

from relay_cli import output
from relay_cli.context import Chosen, chosen, in_a_line
from relay_cli.history import telling
from relay_cli.history.bars import bar
from relay_cli.history.errors_file import ErrorsFile
from relay_cli.history.importing import Sending, look_through
from relay_cli.history.job import Job, prepared
from relay_cli.history.journal import Journal, journal_of, open_journal
from relay_cli.history.posting import Poster
from relay_cli.history.sketch.drafting import draft
from relay_cli.interrupts import Interrupts
from relay_cli.relay_keys import RelayKeysSecret

_WAITING = "relay: ends as soon as the relay has answered what is on its way; Ctrl-C once more ends it at once"


@in_a_line
def import_history(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV, NDJSON or JSON.")],
    map_: Annotated[Path | None, typer.Option("--map", help="What each record becomes, in YAML.")] = None,
    sketch: Annotated[Path | None, typer.Option(help="Draft a map of the file into this new file, and end.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read, count, send nothing; needs no stack.")] = False,
    form: Annotated[str | None, typer.Option("--format", help="csv, ndjson or json; else by the name.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Such as cp1252; else the map's, else UTF-8.")] = None,
    key: Annotated[str, typer.Option(help="The name of the relay key to send with.")] = "default",
    rate: Annotated[float | None, typer.Option(help="At most so many events a second.", min=0.1)] = None,
    connections: Annotated[int, typer.Option(help="Requests on their way at once.", min=1, max=32)] = 4,
    again: Annotated[bool, typer.Option("--again", help="Begin anew, whatever was taken before.")] = False,
) -> None:
    """Send the history in a file to the relay, as a backend does; status 1 when an event was not taken.

    However it was ended, the same command goes on where it was. Events are real: Dreamdata counts them.
    """
    given = chosen(context)
    if sketch:
        draft(file, sketch, form, encoding)
        output.line(f"{sketch} is drafted. Look at it, then: relay import {file} --map {sketch} --dry-run")
        return
    if dry_run:
        _dry_run(given, _prepared(file, map_, form, encoding))
        return
    stack = given.stack
    relay_key = RelayKeysSecret(stack.secrets, stack.output("IngestKeysSecretArn")).value(key)
    job = _prepared(file, map_, form, encoding)
    journal = open_journal(journal_of(file, stack.name), job.into(stack.name, stack.api_url), again=again)
    try:
        stop = threading.Event()
        poster = Poster(stack.api_url, relay_key, connections, stop)
        _send(given, job, journal, poster, stop, connections, rate)
    finally:
        journal.close()


def _prepared(file: Path, map_: Path | None, form: str | None, encoding: str | None) -> Job:
    size = file.stat().st_size if file.is_file() else 0
    with bar("looks at the file", size) as shown:
        return prepared(file, map_, form, encoding, lambda done: shown(done, ""))


def _dry_run(given: Chosen, job: Job) -> None:
    with (
        job.read() as found,
        ErrorsFile(job.file) as errors,
        bar("reads", job.checked.size) as shown,
    ):
        outcome = look_through(
            found.events, found.counts, errors, lambda: shown(found.position(), f"{found.counts.events:,} events")
        )
    telling.end_dry_run(given, outcome, errors)


def _send(
    given: Chosen,
    job: Job,
    journal: Journal,
    poster: Poster,
    stop: threading.Event,
    connections: int,
    rate: float | None,
) -> None:
    before = journal.progress.accepted
    with (
        Interrupts(last=True, waiting=_WAITING, half_done=lambda: telling.half_done(journal)) as interrupted,
        job.read() as found,
        ErrorsFile(job.file) as errors,
    ):
        with bar("imports", job.checked.size) as shown:
            sending = Sending(
                poster, journal, errors, connections=connections, stop=stop, rate=rate, interrupted=interrupted,
                progress=lambda: shown(found.position(), f"{journal.progress.accepted:,} events taken"),
            )  # fmt: skip
            outcome = sending.run(found.events, found.counts)
        errors.flush()
        telling.end_import(given, outcome, errors, journal, before)
