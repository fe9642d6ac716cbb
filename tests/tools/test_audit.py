"""The audit looks up every lock, and tells a vulnerability from a service that is away, by a line and by its status."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools import audit

ROOT = Path(__file__).resolve().parents[2]
SOUND = {"dependencies": [{"name": "a", "version": "1", "vulns": []}]}
NPM = {"vulnerabilities": {}, "metadata": {"dependencies": {"total": 7}}}


def program(file: Path, said: object, status: int = 0) -> Path:
    """A program that stands for pip-audit or npm: it says so and ends."""
    said = said if isinstance(said, str) else json.dumps(said)
    file.write_text(f"#!/bin/sh\necho \"$*\" >> {file}.calls\ncat <<'END'\n{said}\nEND\nexit {status}\n")
    file.chmod(0o755)
    return file


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Three locks."""
    for name in ("layers/relay/requirements.txt", "requirements/dev.txt", "tests/clients/package-lock.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    return tmp_path


def audited(checkout: Path, pip: object = SOUND, npm: object = NPM, status: int = 0) -> int:
    return audit.main(
        checkout, program(checkout / "pip-audit", pip, status), str(program(checkout / "npm", npm, status))
    )


def test_every_lock_of_the_repository_is_looked_up() -> None:
    command = [
        "git",
        "grep",
        "--files-with-matches",
        "--extended-regexp",
        '^    --hash=sha256:|^  "lockfileVersion"',
        "--",
    ]
    tracked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()

    assert sorted(str(lock.relative_to(ROOT)) for lock in audit.locks()) == sorted(tracked)


def test_locks_without_a_vulnerability_end_with_0(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audited(checkout) == audit.CLEAN

    assert capsys.readouterr().out.splitlines() == [
        "layers/relay/requirements.txt: 1 packages, 0 vulnerabilities",
        "requirements/dev.txt: 1 packages, 0 vulnerabilities",
        "tests/clients/package-lock.json: 7 packages, 0 vulnerabilities",
    ]
    assert len((checkout / "pip-audit.calls").read_text().splitlines()) == 2


def test_a_vulnerability_is_named_and_ends_with_1(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = {"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}]}

    assert audited(checkout, found, status=1) == audit.FOUND

    assert "  a 1: PYSEC-1, mended in 2" in capsys.readouterr().out


def test_a_vulnerability_among_the_tests_clients_is_told_too(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {"vulnerabilities": {"left-pad": {"severity": "high", "range": "<2"}}, "metadata": {}}

    assert audited(checkout, npm=found) == audit.FOUND

    assert "  left-pad <2: high" in capsys.readouterr().out


SKIPPED: dict[str, Any] = {"dependencies": [{"name": "a", "skip_reason": "not found"}]}


@pytest.mark.parametrize("said", ["", "Traceback ...", SKIPPED, {"error": "no network"}])
def test_a_service_that_is_away_is_one_line_and_ends_with_3(
    said: object, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audited(checkout, said, status=1) == audit.UNKNOWN

    told = capsys.readouterr().out.splitlines()
    assert told == [
        "audit: nothing was looked up: the advisory service cannot be reached, or knows none of the packages"
    ]


@pytest.mark.parametrize("said", ["", {"message": "request to https://a.test failed", "error": {}}])
def test_what_only_one_service_could_not_look_up_is_told(
    said: object, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audited(checkout, npm=said) == audit.UNKNOWN

    assert "tests/clients/package-lock.json: not looked up" in capsys.readouterr().out


def test_one_package_that_is_not_known_is_named_and_ends_with_3(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audited(checkout, {"dependencies": [*SOUND["dependencies"], *SKIPPED["dependencies"]]}) == audit.UNKNOWN

    assert "  not looked up: a: not found" in capsys.readouterr().out


def test_without_npm_the_rest_is_looked_up(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main(checkout, program(checkout / "pip-audit", SOUND), str(checkout / "no-npm")) == audit.UNKNOWN

    assert "requirements/dev.txt: 1 packages, 0 vulnerabilities" in capsys.readouterr().out
