"""Chooses the dead letters that a command works on, and reads each of them without leaving any hidden."""

import difflib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, NamedTuple

import typer

from relay_cli import output
from relay_cli.context import Chosen
from relay_cli.dead_letter_queue import DeadLetterQueue
from relay_cli.errors import NotAsWished, WrongInput
from relay_cli.interrupts import INTERRUPTED, Interrupts
from relay_cli.letters import REASONS, Choice, Letter, moment
from relay_cli.to_type import to_type

Reason = Annotated[list[str] | None, typer.Option(help="Its error_code, or out_of_tries; several times: any of them.")]
Type = Annotated[list[str] | None, typer.Option("--type", help="A type of an event in it; several times: any of them.")]
Source = Annotated[str | None, typer.Option(help="http:<key name>, http, sns, eventbridge or queue.")]
Since = Annotated[str | None, typer.Option(help="Not older: 30m, 6h, 2d, or ISO 8601.")]
Until = Annotated[str | None, typer.Option(help="Older: 30m, 6h, 2d, or ISO 8601.")]
Id = Annotated[list[str] | None, typer.Option("--id", help="Its SQS message id, as `list` shows it.")]
HIDDEN = (
    "about {count} more dead letters are hidden, and were not looked at: another command is at work, or was killed."
    " They show again within ten minutes"
)
_NO_TIME = datetime.fromtimestamp(0, UTC)


class Hidden(NamedTuple):
    """How many letters other commands hide (``others``), and how many this one could not show again (``left``)."""

    others: int = 0
    left: int = 0


def choice_of(
    given: Chosen,
    reason: list[str] | None,
    type_: list[str] | None,
    source: str | None,
    since: str | None,
    until: str | None,
    ids: list[str] | None = None,
) -> Choice:
    """Return the choice that the options make; warns of a reason that no letter can have."""
    # Letters have the times of AWS's clock. A stack is needed for nothing else here.
    now = given.stack.now() if since or until else _NO_TIME
    choice = Choice(
        frozenset(reason or ()),
        frozenset(type_ or ()),
        source,
        moment(since, now) if since else None,
        moment(until, now) if until else None,
        frozenset(ids or ()),
    )
    _check_reasons(choice)
    return choice


def check_some_or_all(choice: Choice, all_: bool) -> None:
    """Raise WrongInput unless some letters or all are chosen, so that nothing is changed by mistake."""
    if bool(choice) == all_:
        raise WrongInput("choose some (--reason, --type, --source, --since, --until, --id), or --all; not both")


def dead_letters_of(given: Chosen) -> DeadLetterQueue:
    """Return the stack's dead-letter queue."""
    return DeadLetterQueue(given.stack.sqs, given.stack.output("DeadLetterQueueUrl"))


def each_letter(given: Chosen, found: Callable[[Letter], bool | None]) -> Hidden:
    """Pass each letter to ``found`` until it returns True; return how many are hidden, and print that.

    An interrupt waits until the letters received so far are recorded and visible again.
    """
    with Interrupts() as interrupted, dead_letters_of(given) as letters:
        letters.count()
        looked_at = 0
        for received in letters.received():
            looked_at += len(received)
            if any(found(letter) for letter in received):
                break
            if interrupted():
                break
    if interrupted():
        output.say(f"relay: interrupted: {looked_at} dead letters were looked at, nothing was changed")
        raise typer.Exit(INTERRUPTED)
    if letters.hidden_by_others:
        output.say(HIDDEN.format(count=letters.hidden_by_others))
    return Hidden(letters.hidden_by_others, letters.left_hidden)


def refused_again() -> str:
    """Say what may come of letters that were sent back to the queue."""
    return f"What is refused again is a dead letter again a minute or so later: {to_type('dead list')}"


def end_as_wished(hidden: Hidden) -> None:
    """Raise Exit if letters are hidden, because the result is then incomplete."""
    if any(hidden):
        raise typer.Exit(NotAsWished.status)


def one_letter(given: Chosen, name: str) -> tuple[Letter, Hidden]:
    """Return the letter with that SQS message id, or with an event of that ``messageId``, and what is hidden.

    Raises NotAsWished if there is none.
    """
    letters: list[Letter] = []

    def found(letter: Letter) -> bool:
        if letter.is_named(name):
            letters.append(letter)
        return bool(letters)

    hidden = each_letter(given, found)
    if not letters:
        perhaps = ", or it is one of those that are hidden" if hidden.others else ""
        raise NotAsWished(f"there is no dead letter {name}{perhaps}")
    return letters[0], hidden


def _check_reasons(choice: Choice) -> None:
    for reason in sorted(choice.reasons - REASONS):
        near = difflib.get_close_matches(reason, REASONS, 1)
        meant = f"; did you mean {near[0]}?" if near else ""
        output.say(f"relay: {reason} is no error_code of this version's{meant}")
