"""Usage lines are written as those of other commands."""

import re

import pytest
import typer.main
from typer.testing import CliRunner

from local.cli import app as local_app
from relay_cli.app import app
from tests.cli.test_blank_arguments import leaves

RELAY, LOCAL = typer.main.get_command(app), typer.main.get_command(local_app)
COMMANDS = [path for path, _ in leaves(RELAY)]
USAGE = re.compile(r"Usage: [a-z ]+ \[OPTIONS\](?: [A-Z_]+| \[[A-Z_]+\])*")


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_an_argument_is_a_word_in_capitals_in_brackets_if_it_may_be_left_out(path: tuple[str, ...]) -> None:
    """Whatever the parameter of the function is called."""
    shown = CliRunner().invoke(app, [*path, "--help"], prog_name="relay").stdout.splitlines()

    assert USAGE.fullmatch(shown[0]), shown[0]
    for name in re.findall(r"\b[A-Z_]+\b", shown[0].partition("] ")[2]):
        assert [line for line in shown[1:] if line.startswith(f"  {name} <")], name


@pytest.mark.parametrize(
    ("path", "arguments"),
    [("import", "FILE"), ("trigger", "[SAMPLE]"), ("dead show", "MESSAGE_ID"), ("send", "[FILE]"), ("status", "")],
)
def test_what_has_to_be_given_is_told_from_what_may_be(path: str, arguments: str) -> None:
    """As the commands are used."""
    shown = CliRunner().invoke(app, [*path.split(), "--help"], prog_name="relay").stdout.splitlines()[0]

    assert shown == f"Usage: relay {path} [OPTIONS] {arguments}".rstrip()


def test_a_missing_argument_is_asked_for_by_the_same_name() -> None:
    """And not by that of a parameter."""
    assert "Missing argument 'MESSAGE_ID'" in CliRunner().invoke(app, ["dead", "show"]).stderr


def test_the_local_stacks_own_command_is_no_exception() -> None:
    """`python -m local`."""
    shown = CliRunner().invoke(local_app, ["show", "--help"], prog_name="python -m local").stdout

    assert "Usage: python -m local show [OPTIONS] NAME" in shown
