"""A command that is printed to be typed works on the stack that was looked at, and is built in one place."""

import ast
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from local.commands import make, typed
from local.places import ROOT, StateDir
from relay_cli import context, to_type
from relay_cli.app import app
from relay_cli.context import Chosen
from relay_cli.main import options_first
from relay_cli.stack import RelayStack
from relay_cli.to_type import Invocation, invoked, program
from tests.cli.conftest import DEAD, OUTPUTS, Bench

_COMMANDS: dict[str, Any] = getattr(typer.main.get_command(app), "commands")  # noqa: B009  # typer has a click of its own
_NAMES = [
    f"{name} {inner}".strip() for name, found in _COMMANDS.items() for inner in getattr(found, "commands", {"": None})
]
# In prose the relay does this and that, and there are the relay keys.
_COMMAND = re.compile(rf"(?<![tT]he )\brelay (?:--\S+ (?:\S+ )??)*(?:{'|'.join(_NAMES)})\b|(?<![tT]he )\brelay $")
SOURCES = sorted(path for folder in ("relay_cli", "local") for path in (ROOT / folder).rglob("*.py"))
# What looks like a command and is never typed.
_NO_COMMANDS = {
    ("relay_cli/history/ids.py", "relay import 1"),
    ("relay_cli/smoke/ways.py", "relay smoke"),
    ("relay_cli/smoke/ways.py", "of relay smoke"),
}


def texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The strings of a module that may be printed, by line: docstrings and helps name commands that nobody types."""
    helps = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "help"
        for inner in ast.walk(node.value)
    }
    docs = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in helps | docs:
            yield node.lineno, node.value


def written_out(path: Path, source: str) -> list[str]:
    """The texts that hold a command as it is typed without options."""
    name = str(path.relative_to(ROOT))
    return [
        f"{name}:{line}: {text}"
        for line, text in texts(ast.parse(source))
        if _COMMAND.search(text) and (name, text) not in _NO_COMMANDS
    ]


def test_no_source_writes_a_command_out() -> None:
    """It would lack the options of the one that prints it."""
    assert len(SOURCES) > 100
    assert [found for path in SOURCES for found in written_out(path, path.read_text())] == []


@pytest.mark.parametrize(
    "line",
    [
        'say("look with: relay find " + name)',
        'say(f"look with: relay find {name}")',
        'say(f"look: relay {name}")',
        'say("3 letters: .venv/bin/relay --local dead list")',
        'say("relay --stack shop dead list")',
        'say("relay key set")',
    ],
)
def test_one_that_is_written_out_is_found(line: str) -> None:
    """Else the test before could not fail."""
    assert len(written_out(ROOT / "relay_cli" / "any.py", line)) == 1


@pytest.mark.parametrize("line", ['say(f"the relay {status}")', 'say("the relay keys")', 'Option(help="`relay find`")'])
def test_prose_is_no_command(line: str) -> None:
    """Of the relay itself, or a help that names another command."""
    assert written_out(ROOT / "relay_cli" / "any.py", line) == []


OPTIONS = {
    "the stack's name": (["--stack", "shop"], "relay --stack shop "),
    "region and profile": (
        ["--stack", "shop", "--region", "eu-west-1", "--profile", "my own"],
        "relay --stack shop --region eu-west-1 --profile 'my own' ",
    ),
    "local": (["--local"], "relay --local "),
    "local, by its name": (["--local", "--stack", "shop"], "relay --local --stack shop "),
}


@pytest.fixture(params=OPTIONS)
def options(request: pytest.FixtureRequest) -> tuple[list[str], str]:
    return OPTIONS[request.param]


# As it is printed, from the program's name to the line's end.
_PRINTED = re.compile(rf"(?<!the )\brelay (?:--|(?:{'|'.join(_NAMES)})\b).*")

HINTS = {
    "a dead letter, an alarm": ("status",),
    "no such sample": ("trigger", "nothing-like-it"),
    "no such key to send with": ("send", "--key", "nobody"),
    "a key that is there": ("key", "check"),
    "a key from before": ("key", "undo"),
    "no such key to revoke": ("keys", "revoke", "nobody"),
    "letters on their way": ("dead", "redrive", "--all"),
}


@pytest.mark.parametrize("hint", HINTS)
def test_what_is_printed_to_be_typed_has_the_options_that_were_given(
    bench: Bench, options: tuple[list[str], str], hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In front of the command's name, so that it is of the same stack; and it can be parsed again."""
    arguments, wanted = options
    monkeypatch.setattr(context, "find_local_stack", lambda: RelayStack("shop", OUTPUTS, "https://x", bench))
    monkeypatch.delenv("RELAY_LOCAL_DIR", raising=False)
    bench.sqs.put(DEAD, "{}")
    bench.alarms.append("shop-DeadLettersAlarm-1")

    done = CliRunner().invoke(app, options_first([*arguments, *HINTS[hint]]))

    found = _PRINTED.findall(done.output)
    assert found, done.output
    assert [line for line in found if not line.startswith(wanted)] == []


def test_a_stack_named_by_the_environment_is_named_in_the_command(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be set for this one command only."""
    monkeypatch.setenv("RELAY_STACK", "shop")

    done = CliRunner().invoke(app, ["trigger", "nothing-like-it"])

    assert "(relay --stack shop trigger lists them)" in done.stderr


def test_the_options_are_those_of_this_run_only(bench: Bench) -> None:
    """The next command of the same process has its own."""
    bench.run("status")

    assert to_type.current() == Invocation()


def test_the_folder_of_a_local_stack_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless it is the project's own: what is pasted would start or end another stack."""
    monkeypatch.setenv("RELAY_LOCAL_DIR", str(tmp_path / "a b"))

    done = CliRunner().invoke(app, ["--local", "status"])

    assert done.stderr == f"relay: no local stack is up; start one with: RELAY_LOCAL_DIR='{tmp_path}/a b' make up\n"
    state = StateDir(tmp_path / "a b")
    assert make(state, "down") == f"RELAY_LOCAL_DIR='{tmp_path}/a b' make down"
    assert typed(state).command("status") == f"RELAY_LOCAL_DIR='{tmp_path}/a b' .venv/bin/relay --local status"


def test_the_projects_own_local_stack_needs_no_folder() -> None:
    """It is what every command takes."""
    assert typed(StateDir(ROOT / ".local")).command("status") == ".venv/bin/relay --local status"
    assert make(StateDir(ROOT / ".local"), "down") == "make down"


def test_aws_commands_are_of_the_same_region_and_profile() -> None:
    """A log-in to another profile would be of no use."""
    with invoked(Chosen("shop", False, "eu-west-1", "my own", False).invocation()):
        assert to_type.aws_to_type("sso login") == "aws sso login --region eu-west-1 --profile 'my own'"
    assert to_type.aws_to_type("sso login") == "aws sso login"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_any_value_comes_back_as_it_was(value: str) -> None:
    """A messageId is a sender's choice: whatever stands in it, pasting the command runs nothing else."""
    words = shlex.split(to_type.to_type("find --since 1d", value))

    assert words[:4] == ["relay", "find", "--since", "1d"]
    assert words[4:] in ([value], ["--", value])
    assert value.startswith("-") is (words[4] == "--" and len(words) == 6)


@pytest.mark.parametrize(("on_the_path", "printed"), [("itself", "relay"), ("another", None), ("none", None)])
def test_the_program_is_written_as_it_was_typed(
    on_the_path: str, printed: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bare name only where the shell finds the same program by it."""
    venv, folder = tmp_path / "checkout", tmp_path / "path"
    for made in (venv, folder):
        made.mkdir()
    ours = venv / "relay"
    ours.write_text("#!/bin/sh\n")
    ours.chmod(0o755)
    if on_the_path == "itself":
        (folder / "relay").symlink_to(ours)
    elif on_the_path == "another":
        (folder / "relay").write_text("#!/bin/sh\n")
        (folder / "relay").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))

    assert program(str(ours)) == (printed or str(ours))


def test_a_checkouts_command_names_itself_as_it_was_typed(tmp_path: Path) -> None:
    """tools/relay hands its own name on, through the Python that it starts."""
    path = tmp_path / "my relay"
    path.symlink_to(ROOT / "tools" / "relay")
    environment = {**os.environ, "PATH": os.defpath, "RELAY_LOCAL_DIR": str(tmp_path)}

    done = subprocess.run([path, "bogus"], env=environment, capture_output=True, text=True, check=False, timeout=60)

    assert f"Try '{path} --help'" in done.stderr
