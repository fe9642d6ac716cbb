"""Every `relay` command that the docs show is one that there is, with options that it has."""

import errno
import os
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from dreamdata_relay.testing import serving
from relay_cli.app import app
from relay_cli.main import options_first

ROOT = Path(__file__).resolve().parents[2]
# What takes no stack fails for the file.
_NO_STACK, _NO_FILE = 3, 2
_COMMANDS: dict[str, Any] = getattr(typer.main.get_command(app), "commands")  # noqa: B009  # typer has a click of its own
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
# A line of its own is to be typed as it stands; what stands in a sentence may leave arguments out.
_LINE = re.compile(r"^    (?:\.venv/bin/)?relay (.+?)(?: +#.*)?$", re.MULTILINE)
_INLINE = re.compile(r"`(?:\.venv/bin/)?relay ([a-z][^`|]*)`")
_GROUPS = {name: inner.commands for name, inner in _COMMANDS.items() if hasattr(inner, "commands")}


def shown(pattern: re.Pattern[str]) -> list[str]:
    """The commands that all pages show in this way."""
    found = {command for page in PAGES for command in pattern.findall(page.read_text())}
    assert found
    return sorted(found)


def names() -> set[str]:
    """Every command in full."""
    inner = {f"{group} {name}" for group, commands in _GROUPS.items() for name in commands}
    return inner | (set(_COMMANDS) - set(_GROUPS))


def test_the_pages_show_every_command() -> None:
    """Nothing that an operator could use is left to be guessed."""
    written = "\n".join(shown(_LINE))
    assert len(names()) > 10
    assert [name for name in names() if not re.search(rf"^{name}\b", written, re.MULTILINE)] == []


def port_taken(*_: object) -> None:
    """In place of a sandbox that would run until Ctrl-C."""
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


@pytest.mark.parametrize("line", shown(_INLINE))
def test_a_command_in_a_sentence_exists(line: str) -> None:
    """Also where a group is meant as a whole."""
    first, second, *_ = [*shlex.split(line), "", ""]
    assert {first, f"{first} {second}"} & (names() | set(_GROUPS))


@pytest.mark.parametrize("line", shown(_LINE))
def test_a_command_on_a_line_of_its_own_can_be_typed(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its options and arguments are taken: what it fails for is that no stack is named; then it leaves no file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RELAY_STACK", raising=False)
    monkeypatch.setenv("RELAY_LOCAL_DIR", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setattr(serving, "serve", port_taken)
    done = CliRunner().invoke(app, options_first(shlex.split(line)))
    if line.startswith("check ") or (line.startswith("import ") and ("--sketch" in line or "--dry-run" in line)):
        assert (done.exit_code, "cannot be read" in done.output) == (_NO_FILE, True), done.output
    elif line.startswith("sandbox"):
        assert (done.exit_code, "Address already in use" in done.output) == (_NO_FILE, True), done.output
    elif line.startswith("rules "):
        assert done.exit_code == _NO_FILE, done.output
        assert re.search("cannot be read|no file of rules|holds no case", done.output)
    elif line.startswith("plan ") and "--dead" not in line:
        assert done.exit_code == _NO_FILE, done.output
        assert re.search("cannot be read|there is no folder", done.output)
    else:
        assert done.exit_code == _NO_STACK, done.output
    assert list(tmp_path.iterdir()) == []
