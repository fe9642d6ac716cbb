"""relay dead redrive."""

import time
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from relay_cli import output
from relay_cli.context import Chosen, chosen, in_a_line
from relay_cli.dead_choice import (
    HIDDEN,
    Hidden,
    Id,
    Reason,
    Since,
    Source,
    Type,
    Until,
    check_some_or_all,
    choice_of,
    dead_letters_of,
    refused_again,
)
from relay_cli.errors import AwsFailed, NotAsWished
from relay_cli.interrupts import INTERRUPTED, Interrupts
from relay_cli.letters import Choice
from relay_cli.moments import dead_letters
from relay_cli.redriving import Redrive, Redriven
from relay_cli.stack import told

_FASTEST_MOVE = 500


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
    """Move dead letters back to the queue; mend the cause first. Status 1 when some stay that were not looked at.

    Interrupted at any point, each message is on the queue or still a dead letter. Stubs of events that were too large
    to be kept stay, and so do letters written after the start: what is refused again does not go round.
    """
    given = chosen(context)
    choice = choice_of(given, reason, type_, source, since, until, ids)
    check_some_or_all(choice, all_)
    result, hidden = _moved(given, choice, rate, dry_run)
    if given.json:
        fields = {field: getattr(result, field) for field in Redriven.__slots__ if field != "perhaps"}
        output.as_json(fields | {"dry_run": dry_run, "hidden_by_others": hidden.others})
    else:
        would = "would be moved" if dry_run else "chosen"
        output.line(f"{result.seen} looked at, {result.chosen} {would}, {result.moved} moved, {result.failed} not")
        if result.stubs:
            output.line(f"{result.stubs} stubs stay: their events were too large to be kept whole")
        if result.twice:
            output.line(f"{result.twice} are on the queue and still dead letters: deleting failed")
        if result.moved:
            output.line(refused_again())
    if hidden.others:
        output.say(HIDDEN.format(count=hidden.others))
    if result.stopped:
        output.say(f"relay: interrupted: {dead_letters(result.moved)} moved; the others stay dead letters")
        raise typer.Exit(INTERRUPTED)
    if result.failed or result.twice or any(hidden):
        raise typer.Exit(NotAsWished.status)


def _moved(given: Chosen, choice: Choice, rate: int | None, dry_run: bool) -> tuple[Redriven, Hidden]:
    stack = given.stack
    # What stays hidden is said in a line of its own: the bar is taken away before.
    with (
        Interrupts(last=True) as interrupted,
        dead_letters_of(given) as letters,
        output.progress() as bar,
    ):
        total, _, begun = letters.count()
        task = bar.add_task("dead letters", total=total)
        move = Redrive(stack.sqs, stack.output("QueueUrl"), time, rate=rate, dry_run=dry_run, stop=interrupted)
        try:
            move.run(letters, choice, begun, lambda result: bar.update(task, completed=result.seen))
        except (ClientError, BotoCoreError) as error:
            raise AwsFailed(f"{told(error)}; {_so_far(move.result)}") from None
    return move.result, Hidden(letters.hidden_by_others, letters.left_hidden)


def _so_far(result: Redriven) -> str:
    perhaps = f", and {result.perhaps} more may be on the queue and dead letters, too" if result.perhaps else ""
    return f"{dead_letters(result.moved)} moved before{perhaps}; the others stay dead letters"
