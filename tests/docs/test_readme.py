"""The README names only what is there: targets, files, outputs, parameters."""

import re
from pathlib import Path

import pytest

from local.servers import FRONT_PORT, FRONT_TLS_PORT
from tools.transform import read_template

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def found(pattern: str) -> list[str]:
    """Each distinct match in the README; a pattern that finds nothing is a mistake of the test."""
    matches = sorted(set(re.findall(pattern, README)))
    assert matches
    return matches


@pytest.mark.parametrize("target", found(r"(?:`|    |:  )make ([a-z]+)"))
def test_every_make_target_exists(target: str) -> None:
    """`make help` shows it, too."""
    assert re.search(rf"^{target}:.* ## ", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("path", found(r"\]\((?!https?:)([^)#]+)\)|@(events/[\w./-]+)"))
def test_every_file_exists(path: tuple[str, str]) -> None:
    """Links and the sample that the reader is told to send."""
    assert (ROOT / "".join(path)).is_file()


@pytest.mark.parametrize("name", found(r"`((?:[A-Z][a-z]+){2,})`"))
def test_every_output_and_parameter_exists(name: str) -> None:
    """What the reader is told to look up or to set."""
    template = read_template()
    assert name in template["Outputs"] or name in template["Parameters"]


def test_both_commands_are_shown_before_anything_else() -> None:
    """A new reader tries it first."""
    first = README.index("make run")
    assert first < README.index("make test") < README.index("sam deploy")


def test_no_command_puts_a_secret_into_an_argument() -> None:
    """Arguments are seen by every user of the machine and kept in the shell's history."""
    assert not re.search(r"curl[^\n]* (-u|--user|-H)\b", README)
    assert not re.search(r"--secret-string (?!file://)", README)


@pytest.mark.parametrize("page", ["README.md", "docs/sdks.md"])
def test_the_local_stacks_addresses_are_those_of_its_front(page: str) -> None:
    """And of no other server of it."""
    told = set(re.findall(r"127\.0\.0\.1(?::|', port: )(\d+)", (ROOT / page).read_text()))
    assert told == {str(FRONT_PORT), str(FRONT_TLS_PORT)}
