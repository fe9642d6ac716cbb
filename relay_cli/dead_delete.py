"""relay dead delete."""

import collections
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from relay_cli import asking, output
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
    each_letter,
)
from relay_cli.deleting import Deletion, NothingToDelete
from relay_cli.errors import AwsFailed, NotAsWished, WrongInput
from relay_cli.interrupts import INTERRUPTED, Interrupts
from relay_cli.letters import Choice, Letter
from relay_cli.moments import dead_letters
from relay_cli.stack import told


@in_a_line
def delete(
    context: typer.Context,
    reason: Reason = None,
    type_: Type = None,
    source: Source = None,
    since: Since = None,
    until: Until = None,
    ids: Id = None,
    all_: Annotated[bool, typer.Option("--all", help="Every dead letter, stubs too.")] = False,
    file: Annotated[
        Path | None, typer.Option("--export", help="The new file for them; else dead-letters-<time>.jsonl, here.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; needed where there is no terminal.")] = False,
) -> None:
    """Delete dead letters, after they are written to a file that `relay dead import` reads. Status 1 when some stay.

    Asks before, and then deletes only what it has counted. Letters written after the start stay.
    """
    given = chosen(context)
    choice = choice_of(given, reason, type_, source, since, until, ids)
    check_some_or_all(choice, all_)
    given.stack.output("DeadLetterQueueUrl")
    if not yes and not asking.at_a_terminal():
        raise WrongInput("there is no terminal to ask on, and nothing was deleted: --yes deletes without asking")
    file = file or Path(f"dead-letters-{given.stack.now():%Y%m%dT%H%M%SZ}.jsonl")
    confirmed = None if yes else _confirmed(given, choice, file)
    with Interrupts(last=True) as interrupted, dead_letters_of(given) as letters:
        begun = letters.count().now
        deletion = Deletion(letters, choice, begun, confirmed, interrupted)
        try:
            deletion.run(file)
        except NothingToDelete:
            file = None
        except (ClientError, BotoCoreError) as error:
            least = "at least " if deletion.result.chosen else ""
            raise AwsFailed(f"{told(error)}; {least}{_so_far(deletion, file)}") from None
    _tell(given, deletion, file, Hidden(letters.hidden_by_others, letters.left_hidden), confirmed)


def _confirmed(given: Chosen, choice: Choice, file: Path) -> frozenset[str]:
    """Return the ids of the letters that the operator agreed to delete, none if none fits. Raises NotAsWished."""
    ids: set[str] = set()
    reasons: collections.Counter[str] = collections.Counter()

    def found(letter: Letter) -> None:
        if choice.fits(letter):
            ids.add(letter.message_id)
            reasons[letter.reason] += 1

    each_letter(given, found)
    if ids:
        for code, count in reasons.most_common():
            output.say(f"{count:>6}  {code}")
        asking.ask(f"Delete {dead_letters(len(ids))}, once they are written to {file}?", "nothing was deleted")
    return frozenset(ids)


def _so_far(deletion: Deletion, file: Path | None) -> str:
    result = deletion.result
    if not result.chosen or not file:
        return "nothing was deleted, and no file is left"
    return f"{result.deleted} of {dead_letters(result.chosen)} were deleted; all of them are in {file}"


def _tell(
    given: Chosen, deletion: Deletion, file: Path | None, hidden: Hidden, confirmed: frozenset[str] | None
) -> None:
    result = deletion.result
    if result.stopped:
        output.say(f"relay: interrupted: {_so_far(deletion, file)}")
    gone = 0 if result.stopped or confirmed is None else len(confirmed) - result.chosen
    if given.json:
        told_of = {"chosen": result.chosen, "deleted": result.deleted, "failed": result.failed, "not_found": gone}
        output.as_json(told_of | {"file": file and str(file), "hidden_by_others": hidden.others})
    elif file:
        output.line(f"{dead_letters(result.deleted)} deleted; {result.chosen} written to {file}")
    elif not result.stopped:
        output.line("none fits: nothing was deleted, and no file written")
    if result.failed:
        output.say(f"{dead_letters(result.failed)} could not be deleted")
    if gone:
        output.say(f"hidden by another command, or gone: {dead_letters(gone)} of those agreed to")
    if hidden.others and confirmed is None:
        output.say(HIDDEN.format(count=hidden.others))
    if result.stopped:
        raise typer.Exit(INTERRUPTED)
    if result.failed or gone or any(hidden):
        raise typer.Exit(NotAsWished.status)
