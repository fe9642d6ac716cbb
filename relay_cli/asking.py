"""Questions to the operator, before what cannot be taken back."""

import sys

import typer

from relay_cli import output
from relay_cli.errors import NotAsWished
from relay_cli.interrupts import INTERRUPTED, say_if_interrupted, told


def at_a_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def ask(question: str, nothing: str) -> None:
    """Go on only after `y` or `yes`; else raise NotAsWished with ``nothing``, the sentence that says what stays."""
    output.say(f"{question} [y/N]")
    say_if_interrupted(nothing)
    try:
        answer = sys.stdin.readline()
    except KeyboardInterrupt:
        answer = ""
    if not answer:
        output.say(told())
        raise typer.Exit(INTERRUPTED)
    if answer.strip().lower() not in ("y", "yes"):
        raise NotAsWished(nothing)
