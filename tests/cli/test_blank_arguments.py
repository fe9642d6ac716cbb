"""An empty argument is a clear error of usage, whichever command and option it is for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from relay_cli.app import app
from tests.cli.conftest import DEAD, Bench

BLANKS = ["", " ", "\t\n", "\u200b"]


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that runs something, with what is typed for it."""
    for name, below in getattr(command, "commands", {}).items():
        yield from leaves(below, (*path, name))
    if not hasattr(command, "commands"):
        yield path, command


def typed() -> Iterator[tuple[str, ...]]:
    """Every command with each of its arguments and valued options in turn as ``{}``, and the required ones given."""
    root = typer.main.get_command(app)
    valued = [(*path, option.opts[-1], "{}") for path, command in leaves(root) for option in options(root, command)]
    for path, command in leaves(root):
        arguments = [param for param in command.params if param.param_type_name == "argument"]
        yield from (
            (*path, *("{}" if other is one else "x" for other in arguments if other is one or other.required))
            for one in arguments
        )
    yield from valued


def options(root: Any, command: Any) -> list[Any]:
    every = [*root.params, *command.params]
    return [param for param in every if param.param_type_name == "option" and not param.is_flag]


CASES = sorted(set(typed()))


def test_all_commands_are_asked() -> None:
    """So that the list is none of nothing."""
    assert {("find", "{}"), ("dead", "show", "{}"), ("keys", "add", "{}"), ("send", "--user", "{}")} <= set(CASES)
    assert {("dead", "list", "--reason", "{}"), ("dead", "export", "{}"), ("status", "--stack", "{}")} <= set(CASES)


@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_an_empty_argument_is_an_error_of_usage(bench: Bench, case: tuple[str, ...], tmp_path: Path) -> None:
    """It says which, and asks nothing of AWS."""
    del bench.secrets, bench.sqs, bench.logs
    before = case[case.index("{}") - 1]
    for blank in BLANKS:
        done = bench.run(*(word.format(blank) for word in case), typed="")
        assert (done.exit_code, done.stdout) == (2, ""), done.output
        assert f"the argument after {before} is empty: leave it out, or give it a value" in unfolded(done.stderr)
    if case[-2:-1] and before.startswith("--"):
        done = bench.run(*case[:-2], f"{before}=")
        assert (done.exit_code, done.stdout) == (2, "")
        assert f"the value of {before} is empty" in unfolded(done.stderr)


def unfolded(text: str) -> str:
    """Without the line ends that usage errors are folded with."""
    return " ".join(text.split())


@pytest.mark.parametrize("words", [("",), ("--", "")])
def test_an_empty_command_is_one_too(bench: Bench, words: tuple[str, ...]) -> None:
    """Wherever it stands."""
    done = bench.run(*words)
    assert (done.exit_code, " is empty: leave it out" in unfolded(done.stderr)) == (2, True)


def test_what_only_holds_blanks_is_none(bench: Bench) -> None:
    """An event's name may."""
    bench.sqs.put(DEAD, "{}", error_code="type_unknown")
    assert bench.run("dead", "list", "--source", "http: x").exit_code == 0
