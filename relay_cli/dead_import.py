"""relay dead import."""

from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from dreamdata_relay.errors import Refusal
from relay_cli import output
from relay_cli.context import Chosen, chosen, in_a_line
from relay_cli.dead_choice import refused_again
from relay_cli.errors import AwsFailed, NotAsWished, WrongInput
from relay_cli.failed_lines import set_aside
from relay_cli.importing import Import, Imported
from relay_cli.interrupts import INTERRUPTED, Interrupts
from relay_cli.letter_lines import lines_of
from relay_cli.refused_ahead import Fault
from relay_cli.stack import told
from relay_cli.to_type import to_type

_MOST_TOLD = 20


class _Faults:
    """Collects the lines that are not sent; the first ones are printed at once."""

    def __init__(self) -> None:
        self.all: list[tuple[int, Fault]] = []

    def tell(self, line: int, fault: Fault) -> None:
        """Record a line that is not sent."""
        self.all.append((line, fault))
        if len(self.all) <= _MOST_TOLD:
            output.say(f"line {line}: {fault}")

    def end(self) -> None:
        """Print how many more there were."""
        if (more := len(self.all) - _MOST_TOLD) > 0:
            output.say(f"and {more} more; --json lists them all")


@in_a_line
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Lines of `relay dead export` or `delete`, or an event on each line.")],
    as_is: Annotated[bool, typer.Option("--as-is", help="Also send what the relay will refuse again.")] = False,
    from_line: Annotated[int, typer.Option(help="Begin with this line.", min=1)] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only read, and count what would be sent.")] = False,
) -> None:
    """Send the letters or events of a file to the queue, line by line. Status 1 when a line was not sent.

    Each line is read as the relay will read it; what it would refuse is said by its line, and not sent: it is put into
    a file beside this one. Stubs are passed over. Interrupted, it says with which line to go on. No dead letter is
    touched.
    """
    given = chosen(context)
    stack, faults = given.stack, _Faults()
    queue_url = stack.output("QueueUrl")
    with Interrupts(last=True) as interrupted, output.progress() as bar:
        sending = Import(stack.sqs, queue_url, faults.tell, as_is=as_is, dry_run=dry_run, stop=interrupted)
        sending.result.next_line = from_line
        try:
            with file.open("rb") as lines:
                task = bar.add_task("lines", total=file.stat().st_size)
                sending.run(lines_of(lines, from_line), lambda: bar.update(task, completed=lines.tell()))
        except OSError as error:
            raise WrongInput(f"{file} cannot be read: {error.strerror}{_so_far(sending.result)}") from None
        except (ClientError, BotoCoreError) as error:
            raise AwsFailed(
                f"{told(error)}{_so_far(sending.result)}. Go on with: {_again(file, sending.result, as_is)}"
            ) from None
        finally:
            faults.end()
            aside = _set_aside(file, faults) if sending.result.sent or sending.result.perhaps else None
    _tell(given, sending.result, faults, file, aside, as_is=as_is, dry_run=dry_run)


def _set_aside(file: Path, faults: _Faults) -> Path | None:
    """Return the file with the lines that were not sent: None if all were sent, ``file`` itself if none was."""
    numbers = {line for line, _ in faults.all}
    if not numbers:
        return None
    try:
        aside = set_aside(file, numbers)
    except OSError as error:
        output.say(f"the lines that were not sent could not be written to a file of their own: {error.strerror}")
        return None
    output.say(
        f"{len(numbers)} lines that were not sent are in {aside}: mend them there, then {to_type('dead import', aside)}"
    )
    return aside


def _so_far(result: Imported) -> str:
    if not result.perhaps:
        return (
            f"; {result.sent} lines before line {result.next_line} were sent" if result.sent else "; nothing was sent"
        )
    perhaps = f"{result.next_line} to {result.perhaps}"
    return f"; {result.sent} lines were sent for certain, and of lines {perhaps} some may be on the queue"


def _again(file: Path, result: Imported, as_is: bool) -> str:
    return to_type(f"dead import{' --as-is' * as_is} --from-line {result.next_line}", file)


def _tell(
    given: Chosen, result: Imported, faults: _Faults, file: Path, aside: Path | None, *, as_is: bool, dry_run: bool
) -> None:
    if given.json:
        fields = ("read", "chosen", "sent", "stubs", "failed")
        errors = [{"line": line, "code": fault.code, "detail": fault.detail} for line, fault in faults.all]
        told_of = {field: getattr(result, field) for field in fields} | {"errors": errors, "dry_run": dry_run}
        next_line = result.next_line if result.stopped else None
        output.as_json(told_of | {"next_line": next_line, "not_sent": aside and str(aside)})
    else:
        would = "would be sent" if dry_run else "chosen"
        output.line(f"{result.read} lines read, {result.chosen} {would}, {result.sent} sent, {result.failed} not")
        if result.stubs:
            output.line(f"{result.stubs} stubs are passed over: their events were too large to be kept whole")
        if result.sent:
            output.line(refused_again())
    if faults.all and not result.chosen and faults.all[0][1].code == Refusal.MESSAGE_NOT_JSON:
        output.say("each line is a letter or an event of its own; of JSON over several lines `jq -c .` makes one")
    if result.stopped:
        output.say(
            f"relay: interrupted: {result.sent} lines were sent, and none from line {result.next_line} on;"
            f" go on with: {_again(file, result, as_is)}"
        )
        raise typer.Exit(INTERRUPTED)
    if result.failed:
        raise typer.Exit(NotAsWished.status)
