"""Typer with the usual usage lines: FILE for an argument that is needed, [FILE] for one that may be left out.

Typer's own have {file}, and ask for the name of a function's parameter where an argument is missing.
"""

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand


class App(typer.Typer):
    """A group of commands, each of them a :class:`Command`."""

    def command(self, name: str | None = None, **options: Any) -> Callable[..., Any]:
        """See :meth:`typer.Typer.command`."""
        return super().command(name, cls=Command, **options)


class Command(TyperCommand):
    """A command whose arguments have names in capitals."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        for argument in self._arguments():
            argument.metavar = argument.metavar or (argument.name or "").strip("_").upper()

    # Typer's own names of these types are private.
    def collect_usage_pieces(self, _: typer.Context) -> list[str]:  # type: ignore[override]
        """Return the parts of the usage line behind the command's name."""
        options = [self.options_metavar] if self.options_metavar else []
        return options + [_shown(argument) for argument in self._arguments()]

    def _arguments(self) -> list[TyperArgument]:
        return [found for found in self.params if isinstance(found, TyperArgument)]


def _shown(argument: TyperArgument) -> str:
    name = argument.metavar or ""
    return name if argument.required else f"[{name}]"
