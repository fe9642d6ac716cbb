"""The operator's command is there after `make setup`, from wherever it is called."""

import ast
import os
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from relay_cli.samples import load_samples

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
    extras = {name for names in project["project"]["optional-dependencies"].values() for name in names}
    known |= {{"pyyaml": "yaml", "jsonschema-rs": "jsonschema_rs"}[name] for name in extras}
    nodes = [node for path in (ROOT / "relay_cli").rglob("*.py") for node in ast.walk(ast.parse(path.read_text()))]
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    # Of AWS's types only the checks of types know.
    assert {name.partition(".")[0] for name in imported if not name.startswith("mypy_boto3_")} <= known


def test_installed_as_a_package_it_has_every_sample() -> None:
    """`relay trigger` reads them from within it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packed = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert all(target == f"relay_cli/{source}" for source, target in packed.items())
    files = {f"events/{sample.file}" for sample in load_samples() if sample.file} | {"events/samples.toml"}
    assert [file for file in sorted(files) if not {file, file.rpartition("/")[0]} & set(packed)] == []
