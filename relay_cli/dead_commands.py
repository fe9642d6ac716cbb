"""relay dead list|show|export|redrive."""

import collections
import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from relay_cli import output
from relay_cli.context import Chosen, chosen, in_a_line
from relay_cli.dead_letter_queue import DeadLetterQueue
from relay_cli.errors import NotAsWished, WrongInput
from relay_cli.interrupts import Interrupts
from relay_cli.letters import Choice, Letter, moment
from relay_cli.printing import printable
from relay_cli.redriving import Redrive, Redriven

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Reason = Annotated[list[str] | None, typer.Option(help="Its error_code, or out_of_tries; several times: any of them.")]
Type = Annotated[list[str] | None, typer.Option("--type", help="A type of an event in it; several times: any of them.")]
Source = Annotated[str | None, typer.Option(help="http:<key name>, http, sns, eventbridge or queue.")]
Since = Annotated[str | None, typer.Option(help="Not older: 30m, 6h, 2d, or ISO 8601.")]
Until = Annotated[str | None, typer.Option(help="Older: 30m, 6h, 2d, or ISO 8601.")]
Id = Annotated[list[str] | None, typer.Option("--id", help="Its SQS message id, as `list` shows it.")]
_COLUMNS = ("id", "time", "reason", "source", "types", "bytes", "detail")
_FASTEST_MOVE = 500
_ESCAPED = "with escapes, backslashes doubled; --json has it whole"


def _choice(
    reason: list[str] | None,
    type_: list[str] | None,
    source: str | None,
    since: str | None,
    until: str | None,
    ids: list[str] | None = None,
) -> Choice:
    now = datetime.now(UTC)
    return Choice(
        frozenset(reason or ()),
        frozenset(type_ or ()),
        source,
        moment(since, now) if since else None,
        moment(until, now) if until else None,
        frozenset(ids or ()),
    )


def _queue(given: Chosen) -> DeadLetterQueue:
    return DeadLetterQueue(given.stack.sqs, given.stack.output("DeadLetterQueueUrl"))


def _chosen_letters(given: Chosen, choice: Choice, most: int | None = None) -> list[Letter]:
    found: list[Letter] = []
    with _queue(given) as letters:
        for received in letters.received():
            found += [letter for letter in received if choice.fits(letter)]
            if most is not None and len(found) >= most:
                break
    return sorted(found, key=lambda letter: letter.sent_at)[:most]


@app.command("list")
@in_a_line
def list_(
    context: typer.Context,
    reason: Reason = None,
    type_: Type = None,
    source: Source = None,
    since: Since = None,
    until: Until = None,
    most: Annotated[int, typer.Option(help="List at most so many.", min=1)] = 1000,
) -> None:
    """The dead letters, and how many there are of each reason. They are hidden for the moment that it takes."""
    given = chosen(context)
    letters = _chosen_letters(given, _choice(reason, type_, source, since, until), most)
    shown = [letter.shown() for letter in letters]
    counts = dict(collections.Counter(letter.reason for letter in letters).most_common())
    if given.json:
        output.as_json({"letters": shown, "reasons": counts})
        return
    output.table(shown, _COLUMNS)
    for code, count in counts.items():
        output.line(f"{count:>6}  {code}")
    output.line(f"{len(letters):>6}  listed" + (" (there may be more: --most)" if len(letters) == most else ""))


@app.command()
@in_a_line
def show(context: typer.Context, message_id: Annotated[str, typer.Argument(help="As `list` shows it.")]) -> None:
    """One dead letter with its body. It is an event as it was sent: personal data may be in it."""
    given = chosen(context)
    letters = _chosen_letters(given, Choice(ids=frozenset({message_id})), 1)
    if not letters:
        raise NotAsWished(f"there is no dead letter {message_id}, or another command is looking at it: try again")
    if given.json:
        output.as_json({**letters[0].shown(), "body": letters[0].body})
        return
    for name, value in letters[0].shown().items():
        output.line(f"{name}: {output.cell(value)}")
    output.line("body:" if printable(letters[0].body) == letters[0].body else f"body ({_ESCAPED}):")
    output.line(letters[0].body)


@app.command()
@in_a_line
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A new file: a JSON object on each line, body included.")],
    reason: Reason = None,
    type_: Type = None,
    source: Source = None,
    since: Since = None,
    until: Until = None,
) -> None:
    """Write the dead letters to a file; they stay where they are."""
    given = chosen(context)
    choice = _choice(reason, type_, source, since, until)
    # Found before the file is made: without a stack no empty file is left.
    queue = _queue(given)
    count = 0
    try:
        with open(file, "x", encoding="utf-8", opener=_for_its_owner) as written, queue as letters:
            for received in letters.received():
                for letter in filter(choice.fits, received):
                    written.write(json.dumps({**letter.shown(), "body": letter.body}) + "\n")
                    count += 1
    except FileExistsError:
        raise WrongInput(f"{file} is there already; nothing is overwritten") from None
    except OSError as error:
        raise WrongInput(f"{file} cannot be written: {error.strerror}") from None
    if given.json:
        output.as_json({"exported": count, "file": str(file)})
    else:
        output.line(f"{count} dead letters written to {file}")


def _for_its_owner(path: str, flags: int) -> int:
    """Opened as readable by its owner only from its first moment: personal data is in it."""
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


@app.command()
@in_a_line
def redrive(
    context: typer.Context,
    reason: Reason = None,
    type_: Type = None,
    source: Source = None,
    since: Since = None,
    until: Until = None,
    ids: Id = None,
    all_: Annotated[bool, typer.Option("--all", help="Every dead letter but stubs.")] = False,
    rate: Annotated[int | None, typer.Option(help="Messages a second, at most.", min=1, max=_FASTEST_MOVE)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be moved.")] = False,
) -> None:
    """Move dead letters back to the queue; mend the cause first. Status 1 when some could not be moved.

    Interrupted at any point, each message is on the queue or still a dead letter. Stubs of events that were too large
    to be kept stay, and so do letters written after the start: what is refused again does not go round.
    """
    given = chosen(context)
    choice = _choice(reason, type_, source, since, until, ids)
    if bool(choice) == all_:
        raise WrongInput("choose some (--reason, --type, --source, --since, --until, --id), or --all; not both")
    result = _moved(given, choice, rate, dry_run)
    if given.json:
        output.as_json({field: getattr(result, field) for field in Redriven.__slots__} | {"dry_run": dry_run})
    else:
        would = "would be moved" if dry_run else "chosen"
        output.line(f"{result.seen} looked at, {result.chosen} {would}, {result.moved} moved, {result.failed} not")
        if result.stubs:
            output.line(f"{result.stubs} stubs stay: their events were too large to be kept whole")
        if result.twice:
            output.line(f"{result.twice} are on the queue and still dead letters: deleting failed")
    if result.stopped:
        raise typer.Exit(130)
    if result.failed or result.twice:
        raise typer.Exit(NotAsWished.status)


def _moved(given: Chosen, choice: Choice, rate: int | None, dry_run: bool) -> Redriven:
    stack = given.stack
    with Interrupts() as interrupted, _queue(given) as letters, Progress(console=output.errors) as bar:
        total, begun = letters.count()
        task = bar.add_task("dead letters", total=total)
        move = Redrive(stack.sqs, stack.output("QueueUrl"), time, rate=rate, dry_run=dry_run, stop=interrupted)
        return move.run(letters, choice, begun, lambda result: bar.update(task, completed=result.seen))
