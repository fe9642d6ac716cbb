"""docs/relay.md names every command and every option's way of ending, as the command itself has them."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from relay_cli import errors
from relay_cli.app import app

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "relay.md").read_text()


def names(command: object, prefix: str) -> list[str]:
    """The commands below ``command``, each with the words before it."""
    below = getattr(command, "commands", None)
    if below is None:
        return [prefix]
    return [found for name, inner in below.items() for found in names(inner, f"{prefix} {name}")]


COMMANDS = names(get_command(app), "relay")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_explained(name: str) -> None:
    """In a row of the table."""
    assert f"| `{name}` |" in TEXT


def test_no_command_is_explained_that_is_none() -> None:
    """A row for each, and no more."""
    assert sorted(re.findall(r"^\| `(relay [a-z ]+)` \|", TEXT, re.MULTILINE)) == sorted(COMMANDS)


@pytest.mark.parametrize("kind", errors.RelayCommandError.__subclasses__())
def test_every_exit_status_is_explained(kind: type[errors.RelayCommandError]) -> None:
    """And in the command's own help."""
    assert f"\n| {kind.status} |" in TEXT
    assert f" {kind.status} " in (app.info.help or "")


def test_every_option_of_all_commands_is_explained() -> None:
    """Those that stand before a command."""
    options = {option for parameter in get_command(app).params for option in parameter.opts}
    assert [option for option in sorted(options) if f"`{option}`" not in TEXT] == []
