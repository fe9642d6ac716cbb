"""relay dead: its commands; list and show are defined here."""

import collections
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from relay_cli import output
from relay_cli.context import Chosen, chosen, in_a_line
from relay_cli.dead_choice import (
    Hidden,
    Reason,
    Since,
    Source,
    Type,
    Until,
    choice_of,
    each_letter,
    end_as_wished,
    one_letter,
)
from relay_cli.dead_delete import delete
from relay_cli.dead_edit import edit
from relay_cli.dead_export import export
from relay_cli.dead_import import import_
from relay_cli.dead_redrive import redrive
from relay_cli.letters import Letter
from relay_cli.moments import messages
from relay_cli.printing import cropped, printable
from relay_cli.usage import App

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType

app = App(no_args_is_help=True, rich_markup_mode=None)

_COLUMNS = ("id", "time", "reason", "source", "types", "bytes", "detail")
# Characters: a sender chooses what stands here, and would choose how wide the table is. --json has it whole.
_LONGEST = {"reason": 40, "source": 60, "types": 60}
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
    """The dead letters, and how many there are of each reason. They are hidden for the moment that it takes.

    Status 1 when some were hidden already, and are not among them.
    """
    given = chosen(context)
    choice = choice_of(given, reason, type_, source, since, until)
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
        output.as_json({"letters": shown, "reasons": reasons, "total": len(rows), "hidden_by_others": hidden.others})
    else:
        _show(shown, reasons, len(rows), most)
        if not rows and others:
            there = ", ".join(f"{code} ({count})" for code, count in others.most_common())
            output.say(f"none fits; there are: {there}")
        elif not rows:
            _say_what_may_come(given)
    end_as_wished(hidden)


def _show(shown: list[dict[str, object]], reasons: dict[str, int], total: int, most: int) -> None:
    output.table(shown, _COLUMNS, most=_LONGEST)
    for code, count in reasons.items():
        output.line(f"{count:>6}  {cropped(code, _LONGEST['reason'])}")
    output.line(f"{total:>6}  " + (f"in all; the {most} oldest are listed (--most)" if total > most else "listed"))


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
    letter, hidden = one_letter(given, message_id)
    if given.json:
        output.as_json({**letter.shown(), "body": letter.body})
    else:
        for name, value in letter.shown().items():
            if value is not None:
                output.line(f"{name}: {output.cell(value)}")
        output.line("body:" if printable(letter.body) == letter.body else f"body ({_ESCAPED}):")
        output.whole(letter.body)
    # The letter is found: those that others hide are none of this command's.
    end_as_wished(Hidden(left=hidden.left))


app.command("redrive")(redrive)
app.command("export")(export)
app.command("edit")(edit)
app.command("import")(import_)
app.command("delete")(delete)
