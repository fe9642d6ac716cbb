"""relay dead edit."""

import dataclasses
import os
import shlex
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from relay_cli import output
from relay_cli.context import Chosen, chosen, in_a_line
from relay_cli.dead_choice import dead_letters_of, one_letter, refused_again
from relay_cli.dead_letter_queue import DeadLetterQueue
from relay_cli.editable import compact, editable
from relay_cli.editing import edited, editor_of
from relay_cli.errors import AwsFailed, NotAsWished, RelayCommandError, WrongInput
from relay_cli.interrupts import INTERRUPTED, Interrupts
from relay_cli.kept_text import keep
from relay_cli.letters import Letter
from relay_cli.refused_ahead import faults_of
from relay_cli.requeueing import send
from relay_cli.stack import told
from relay_cli.to_type import to_type


class _SentAndThere(AwsFailed):
    """Raised when the mended letter is on the queue, but the old one could not be deleted."""


_STAYS = "nothing was sent, and the dead letter stays as it is"


@in_a_line
def edit(
    context: typer.Context,
    message_id: Annotated[str, typer.Argument(help="As `list` shows it, or the messageId of an event in it.")],
    from_: Annotated[
        Path | None, typer.Option("--from", help="Begin with the text in this file, as it was kept before.")
    ] = None,
) -> None:
    """Mend a dead letter in $VISUAL or $EDITOR, and send it back to the queue. Personal data may be in it.

    The mended letter is read as the relay will read it. Where it would be refused nothing is sent, and what was typed
    is kept in a file that is named. The dead letter is deleted once the queue has the mended one.
    """
    given = chosen(context)
    given.stack.output("QueueUrl")
    editor = editor_of(os.environ)
    kept = None if from_ is None else _text_of(from_)
    letter, _ = one_letter(given, message_id)
    plain = editable(letter.body)
    # From the editor's end on nothing that was typed is lost to an interrupt.
    with Interrupts(last=True):
        typed = edited(kept or plain, editor, given.json, lambda text: keep(text, letter.message_id))
        mended = dataclasses.replace(letter, body=compact(typed))
        if mended.body == compact(plain):
            output.say(f"unchanged: {_STAYS}")
            _tell(given, letter, sent=False, deleted=False)
            return
        try:
            deleted = _exchanged(given, letter, mended)
        except (RelayCommandError, ClientError, BotoCoreError, typer.Exit) as error:
            if not isinstance(error, _SentAndThere):
                keep(typed.encode(), letter.message_id)
            raise
    _tell(given, letter, sent=True, deleted=deleted)
    if not deleted:
        raise NotAsWished(_twice(letter))


def _text_of(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongInput(f"{file} cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None


def _exchanged(given: Chosen, letter: Letter, mended: Letter) -> bool:
    """Send ``mended`` to the queue and delete ``letter``; return whether it could be deleted."""
    if faults := faults_of(mended):
        for fault in faults:
            output.say(f"it would be refused: {fault}")
        raise NotAsWished(_STAYS)
    stack = given.stack
    with Interrupts() as interrupted, dead_letters_of(given) as letters:
        # It was not hidden while the editor was open.
        if not _is_there(letters, letter, interrupted):
            raise NotAsWished(f"the dead letter is hidden by another command, or gone: {_STAYS}")
        if interrupted():
            output.say(f"relay: interrupted: {_STAYS}")
            raise typer.Exit(INTERRUPTED)
        try:
            failed = send(stack.sqs, stack.output("QueueUrl"), [mended])
        except (ClientError, BotoCoreError) as error:
            raise AwsFailed(
                f"{told(error)}; the dead letter stays as it is, and the mended one may be on the queue, too"
            ) from None
        if failed:
            raise NotAsWished(f"the queue did not take it: {failed[0]}; the dead letter stays as it is")
        try:
            return not letters.delete([letter])
        except (ClientError, BotoCoreError) as error:
            raise _SentAndThere(f"{told(error)}; {_twice(letter)}") from None


def _is_there(letters: DeadLetterQueue, wanted: Letter, interrupted: Interrupts) -> bool:
    """Whether the letter is still there, or the check was interrupted."""
    for received in letters.received_before(letters.count().now):
        if interrupted() or any(letter.message_id == wanted.message_id for letter in received):
            return True
    return interrupted()


def _twice(letter: Letter) -> str:
    return (
        "the mended letter is on the queue, and the old one may still be a dead letter:"
        f" {to_type(f'dead delete --id {shlex.quote(letter.message_id)}')}"
    )


def _tell(given: Chosen, letter: Letter, *, sent: bool, deleted: bool) -> None:
    if given.json:
        output.as_json({"id": letter.message_id, "sent": sent, "deleted": deleted})
    elif deleted:
        output.line(f"the mended letter is on the queue, and the dead letter {letter.message_id} is deleted")
        output.line(refused_again())
