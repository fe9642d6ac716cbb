"""The operator's command is there after `make setup`, from wherever it is called."""

import os
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(not (ROOT / ".venv").is_dir(), reason="the command runs in the environment of make setup")
def test_the_command_runs_through_a_link_from_any_folder(tmp_path: Path) -> None:
    """As .venv/bin/relay is a link; nothing has to be on any path."""
    link = tmp_path / "relay"
    link.symlink_to(ROOT / "tools" / "relay")
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run([link, "--help"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "dead" in done.stdout


def test_installed_as_a_package_it_is_the_same_command() -> None:
    """`pipx install .`: what pyproject.toml names exists, and each package that it needs is declared."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    module, _, name = project["project"]["scripts"]["relay"].partition(":")
    assert callable(getattr(import_module(module), name))
    folders = [ROOT / folder for folder in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]]
    packed = {folder.name for folder in folders}
    known = packed | set(sys.stdlib_module_names) | set(project["project"]["dependencies"]) | {"botocore"}
    # What an extra brings has another name here than there.
    known |= {{"pyyaml": "yaml"}[name] for name in project["project"]["optional-dependencies"]["import"]}
    lines = [line for path in (ROOT / "relay_cli").rglob("*.py") for line in path.read_text().splitlines()]
    imported = {line.split()[1].partition(".")[0] for line in lines if line.startswith(("import ", "from "))}
    assert imported <= known
