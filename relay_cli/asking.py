"""Asks the operator before something that cannot be undone."""

import sys

import typer

from relay_cli import output
from relay_cli.errors import NotAsWished
from relay_cli.interrupts import INTERRUPTED, say_if_interrupted, told


def at_a_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def ask(question: str, nothing: str) -> None:
    """Return only after `y` or `yes`; otherwise raise NotAsWished with ``nothing``, which says what stays as it is."""
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
