"""relay dead: what it has below it; list, show and redrive are here."""

import collections
import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.progress import Progress

from relay_cli import output
from relay_cli.context import Chosen, chosen, in_a_line
from relay_cli.dead_choice import (
    HIDDEN,
    Id,
    Reason,
    Since,
    Source,
    Type,
    Until,
    check_some_or_all,
    choice_of,
    dead_letters_of,
    each_letter,
    one_letter,
)
from relay_cli.dead_delete import delete
from relay_cli.dead_edit import edit
from relay_cli.dead_export import export
from relay_cli.dead_import import import_
from relay_cli.errors import AwsFailed, NotAsWished
from relay_cli.interrupts import INTERRUPTED, Interrupts
from relay_cli.letters import Choice, Letter
from relay_cli.moments import dead_letters, messages
from relay_cli.printing import cropped, printable
from relay_cli.redriving import Redrive, Redriven
from relay_cli.stack import told

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

_COLUMNS = ("id", "time", "reason", "source", "types", "bytes", "detail")
# Characters: a sender chooses what stands here, and would choose how wide the table is. --json has it whole.
_LONGEST = {"reason": 40, "source": 60, "types": 60}
_FASTEST_MOVE = 500
_ESCAPED = "with escapes, backslashes doubled; --json has it whole"


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
    choice = choice_of(reason, type_, source, since, until)
    counts: collections.Counter[str] = collections.Counter()
    others: collections.Counter[str] = collections.Counter()
    rows: list[tuple[datetime, dict[str, object]]] = []

    def found(letter: Letter) -> None:
        if choice.fits(letter):
            counts[letter.reason] += 1
            rows.append((letter.sent_at, letter.shown()))
        else:
            others[letter.reason] += 1

    hidden = each_letter(given, found)
    shown = [row for _, row in sorted(rows, key=lambda one: one[0])[:most]]
    reasons = dict(counts.most_common())
    if given.json:
        output.as_json({"letters": shown, "reasons": reasons, "total": len(rows), "hidden_by_others": hidden})
        return
    output.table(shown, _COLUMNS, most=_LONGEST)
    for code, count in reasons.items():
        output.line(f"{count:>6}  {cropped(code, _LONGEST['reason'])}")
    output.line(
        f"{len(rows):>6}  " + (f"in all; the {most} oldest are listed (--most)" if len(rows) > most else "listed")
    )
    if not rows and others:
        output.say("none fits; there are: " + ", ".join(f"{code} ({count})" for code, count in others.most_common()))
    elif not rows:
        _say_what_may_come(given)


def _say_what_may_come(given: Chosen) -> None:
    attributes: list[QueueAttributeNameType] = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = given.stack.sqs.get_queue_attributes(QueueUrl=given.stack.output("QueueUrl"), AttributeNames=attributes)
    if count := sum(int(answer["Attributes"].get(name, "0")) for name in attributes):
        output.say(
            f"{messages(count)} on the queue: what is refused of them, or again, is a dead letter a minute later"
        )


@app.command()
@in_a_line
def show(
    context: typer.Context,
    message_id: Annotated[str, typer.Argument(help="As `list` shows it, or the messageId of an event in it.")],
) -> None:
    """One dead letter with its body. It is an event as it was sent: personal data may be in it."""
    given = chosen(context)
    letter = one_letter(given, message_id)
    if given.json:
        output.as_json({**letter.shown(), "body": letter.body})
        return
    for name, value in letter.shown().items():
        if value is not None:
            output.line(f"{name}: {output.cell(value)}")
    output.line("body:" if printable(letter.body) == letter.body else f"body ({_ESCAPED}):")
    output.whole(letter.body)


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
    choice = choice_of(reason, type_, source, since, until, ids)
    check_some_or_all(choice, all_)
    result, hidden = _moved(given, choice, rate, dry_run)
    if given.json:
        fields = {field: getattr(result, field) for field in Redriven.__slots__ if field != "perhaps"}
        output.as_json(fields | {"dry_run": dry_run, "hidden_by_others": hidden})
    else:
        would = "would be moved" if dry_run else "chosen"
        output.line(f"{result.seen} looked at, {result.chosen} {would}, {result.moved} moved, {result.failed} not")
        if result.stubs:
            output.line(f"{result.stubs} stubs stay: their events were too large to be kept whole")
        if result.twice:
            output.line(f"{result.twice} are on the queue and still dead letters: deleting failed")
        if result.moved:
            output.line("What is refused again is a dead letter again a minute or so later: relay dead list")
    if hidden:
        output.say(HIDDEN.format(count=hidden))
    if result.stopped:
        output.say(f"relay: interrupted: {dead_letters(result.moved)} moved; the others stay dead letters")
        raise typer.Exit(INTERRUPTED)
    if result.failed or result.twice or (hidden and not dry_run):
        raise typer.Exit(NotAsWished.status)


def _moved(given: Chosen, choice: Choice, rate: int | None, dry_run: bool) -> tuple[Redriven, int]:
    stack = given.stack
    # What stays hidden is said in a line of its own: the bar is taken away before.
    with (
        Interrupts(last=True) as interrupted,
        dead_letters_of(given) as letters,
        Progress(console=output.errors) as bar,
    ):
        total, _, begun = letters.count()
        task = bar.add_task("dead letters", total=total)
        move = Redrive(stack.sqs, stack.output("QueueUrl"), time, rate=rate, dry_run=dry_run, stop=interrupted)
        try:
            move.run(letters, choice, begun, lambda result: bar.update(task, completed=result.seen))
        except (ClientError, BotoCoreError) as error:
            raise AwsFailed(f"{told(error)}; {_so_far(move.result)}") from None
    return move.result, letters.hidden_by_others


def _so_far(result: Redriven) -> str:
    perhaps = f", and {result.perhaps} more may be on the queue and dead letters, too" if result.perhaps else ""
    return f"{dead_letters(result.moved)} moved before{perhaps}; the others stay dead letters"


app.command("export")(export)
app.command("edit")(edit)
app.command("import")(import_)
app.command("delete")(delete)
