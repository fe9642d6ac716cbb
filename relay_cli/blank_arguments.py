"""Refuses empty arguments: in a script they are variables that nobody set, and would choose anything or nothing."""

from collections.abc import Sequence

import typer
from typer.core import TyperGroup


class Commands(TyperGroup):
    """The commands of `relay`."""

    # Typer's own names of these types are private.
    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Raise BadParameter where an argument of any command is blank."""
        if (blank := _blank(args)) is not None:
            raise typer.BadParameter(f"{blank}: leave it out, or give it a value")
        return super().parse_args(ctx, args)


def _blank(arguments: Sequence[str]) -> str | None:
    """Which of ``arguments`` is blank, in words; None where none is."""
    for before, argument in zip(["", *arguments], arguments, strict=False):
        name, equals, value = argument.partition("=")
        if argument.startswith("--") and equals and not _is_seen(value):
            return f"the value of {name} is empty"
        if not _is_seen(argument):
            return f"the argument after {before} is empty" if before else "the first argument is empty"
    return None


def _is_seen(text: str) -> bool:
    return any(letter.isprintable() and not letter.isspace() for letter in text)
