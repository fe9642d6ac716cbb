"""What a new user meets first: environments made once, and one clear line where that cannot be."""

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local.patience import patient

# It runs on any Python from 3.8 on, without types.
setup: Any = importlib.import_module("tools.setup")

ROOT = Path(__file__).resolve().parents[2]

# Stands for uv: keeps a line for each call, and makes what `uv venv` makes.
_UV = """#!/bin/sh
echo "$*" >> "$0.calls"
case "$1 $2" in
  "--version ") echo "uv 99.0.0 (made up)" ;;
  "python find") {find} ;;
  "python install") exit 1 ;;
  "pip sync") {sync} ;;
  venv*) for folder; do :; done; mkdir -p "$folder/bin"; touch "$folder/bin/python3.13" ;;
esac
"""


class Checkout:
    """A clone with only what setup needs, and a uv on the PATH that this test wrote."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "clone"
        self.bin = folder / "bin"
        for name in ("requirements", "tools"):
            shutil.copytree(ROOT / name, self.root / name, ignore=shutil.ignore_patterns("__pycache__"))
        self.bin.mkdir()

    def put_uv(self, find: str = "echo /usr/bin/python3.13", sync: str = "true") -> None:
        """Put a uv on the PATH; ``find`` and ``sync`` are what it does when asked for a Python or to install."""
        (self.bin / "uv").write_text(_UV.format(find=find, sync=sync))
        (self.bin / "uv").chmod(0o755)

    def setup(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run it as make does."""
        env = {"PATH": f"{self.bin}:{os.environ['PATH']}", "HOME": str(self.root), "PYENV_ROOT": str(self.root)}
        command = [sys.executable, "tools/setup.py", *arguments]
        return subprocess.run(
            command, cwd=self.root, env=env, check=False, timeout=patient(30), capture_output=True, text=True
        )

    def calls(self) -> list[str]:
        """What uv was called with."""
        return (self.bin / "uv.calls").read_text().splitlines()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A clone of its own."""
    return Checkout(tmp_path)


def test_every_step_is_shown_with_its_time(checkout: Checkout) -> None:
    """Three environments, each made and filled."""
    checkout.put_uv()
    done = checkout.setup()
    assert done.returncode == 0, done.stderr
    assert len([line for line in done.stdout.splitlines() if line.endswith(" s")]) == 6


def test_a_second_run_asks_nobody_and_says_nothing(checkout: Checkout) -> None:
    """Every make target runs it first."""
    checkout.put_uv()
    checkout.setup()
    before = checkout.calls()
    assert checkout.setup().stdout == ""
    assert checkout.calls() == before


def test_a_changed_lock_is_installed_into_the_same_environment(checkout: Checkout) -> None:
    """Only the environment whose requirements changed, and not from nothing."""
    checkout.put_uv()
    checkout.setup()
    before = len(checkout.calls())
    with (checkout.root / "requirements" / "sam.txt").open("a") as lock:
        lock.write("# another\n")
    assert checkout.setup().returncode == 0
    (call,) = [call for call in checkout.calls()[before:] if call != "--version"]
    assert call.startswith("pip sync")
    assert "sam.txt" in call


@pytest.mark.parametrize(
    ("uv_says", "is_older"), [("uv 0.1.2 (a 2024-01-01)", True), ("uv 99.0", False), ("", True), ("no such tool", True)]
)
def test_a_uv_that_is_older_than_the_locked_one_is_not_used(uv_says: str, is_older: bool) -> None:
    """It may not know what is asked of it."""
    locked = setup.version_in((ROOT / "requirements" / "uv.txt").read_text())
    assert len(locked) == 3
    assert (setup.version_in(uv_says) < locked) == is_older


def test_without_python_3_13_one_line_says_what_to_do(checkout: Checkout) -> None:
    """Neither uv nor pyenv has one, and none can be installed."""
    checkout.put_uv(find="exit 2")
    done = checkout.setup()
    assert done.returncode == 1
    assert done.stderr == "setup: Python 3.13 is missing; install it (uv python install 3.13, or pyenv install 3.13)\n"


def test_a_failed_step_shows_the_installers_own_words_and_is_tried_again(checkout: Checkout) -> None:
    """A half-made environment is never taken for a whole one."""
    checkout.put_uv(sync="echo no route to the index; exit 2")
    done = checkout.setup()
    assert done.returncode == 1
    assert "no route to the index" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("setup: the step 'install requirements/dev.txt into .venv' failed")
    checkout.put_uv()
    assert checkout.setup().returncode == 0


def test_an_unknown_environment_is_refused_with_the_known_ones(checkout: Checkout) -> None:
    """A typing error makes nothing."""
    done = checkout.setup("sma")
    assert done.returncode == 2
    # Which others there are is no matter here: targets come with environments of their own.
    assert done.stdout.startswith("setup: no environment called sma; known: project, sam, ministack, ")
    assert done.stdout.count("\n") == 1


LOCKS = [*sorted(ROOT.glob("requirements/*.in")), ROOT / "layers" / "relay" / "requirements.in"]


@pytest.mark.parametrize("source", LOCKS, ids=[str(source.relative_to(ROOT)) for source in LOCKS])
def test_locks_name_versions_and_hashes_but_no_registry(source: Path) -> None:
    """What was tested is what is installed, from wherever the machine installs."""
    text = source.with_suffix(".txt").read_text()
    assert "://" not in text
    packages = [line for line in text.splitlines() if line and not line.startswith((" ", "#", "--"))]
    assert packages
    for line in packages:
        assert "==" in line, line
        assert line.endswith("\\"), line


@pytest.mark.parametrize("layer", ["relay", "rules"])
def test_the_layers_lock_is_what_the_project_is_tested_with(layer: str) -> None:
    """The same versions in the layer, or where it is built, as in the environment that runs the tests."""

    def pins(name: str) -> set[str]:
        return {line.split(" ")[0] for line in (ROOT / name).read_text().splitlines() if "==" in line}

    assert pins(f"layers/{layer}/requirements.txt") <= pins("requirements/dev.txt")
