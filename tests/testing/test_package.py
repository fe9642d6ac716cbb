"""The sandbox as a package of its own: it brings nothing of AWS, and pytest finds its plugin."""

import ast
import importlib
import importlib.metadata
import json
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from local.patience import patient

ROOT = Path(__file__).resolve().parents[2]
# It runs on older Pythons, without annotations.
setup: Any = importlib.import_module("tools.setup")
SUITE = """
import base64, json, sys, urllib.request

def test_order(relay_sandbox, events):
    headers = {"Authorization": "Basic " + base64.b64encode(f"{relay_sandbox.key}:".encode()).decode()}
    body = json.dumps({"batch": [{"type": "track", "userId": "u", "event": "Order Completed"}]}).encode()
    urllib.request.urlopen(urllib.request.Request(relay_sandbox.url + "/v1/batch", body, headers)).close()
    events.assert_tracked("Order Completed")
    ours = ("boto3", "botocore", "aws_lambda_powertools", "urllib3", "typer", "rich")
    assert not [name for name in sys.modules if name.startswith(ours)]
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by the backend that pyproject.toml names, as pip does; nothing is fetched."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT / "testing", check=True, timeout=patient(100), capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment with the wheel, and with copies of what the wheel and pytest need."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    packages = next((folder / "lib").glob("python3.*")) / "site-packages"
    for distribution in needed(["msgspec", "pytest"]):
        for file in distribution.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (packages / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(file.locate()), packages / file)
    install = [setup.find_uv(), "pip", "install", "--quiet", "--offline", "--no-deps", "--python", str(python)]
    subprocess.run([*install, str(wheel)], check=True, timeout=patient(100))
    return python


def needed(names: list[str]) -> Iterator[importlib.metadata.Distribution]:
    """The installed distributions of these names, and of all that they require."""
    found: set[str] = set()
    while names:
        name = names.pop()
        if name not in found:
            found.add(name)
            distribution = importlib.metadata.distribution(name)
            yield distribution
            required = [Requirement(text) for text in distribution.requires or ()]
            names += [one.name for one in required if not one.marker or one.marker.evaluate({"extra": ""})]


def test_it_requires_one_package_alone(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = archive.read(name).decode()
    assert [line for line in metadata.splitlines() if line.startswith("Requires-Dist:")] == ["Requires-Dist: msgspec"]


def test_it_holds_no_leftovers_of_a_build(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "dreamdata_relay/testing/plugin.py" in names
    assert [name for name in names if "__pycache__" in name] == []


def test_nothing_that_it_needs_is_missing(environment: Path) -> None:
    command = [setup.find_uv(), "pip", "check", "--python", str(environment)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=patient(60), check=False)
    assert done.returncode == 0, done.stderr


def test_pytest_finds_the_plugin_where_it_is_installed(environment: Path, tmp_path: Path) -> None:
    (tmp_path / "test_order.py").write_text(SUITE)
    command = [str(environment), "-I", "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=patient(100), check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_the_command_is_installed(environment: Path) -> None:
    command = [str(environment.parent / "relay-sandbox"), "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        ready = json.loads(process.stdout.readline())
        process.terminate()
        assert process.wait(patient(60)) == 0
    assert ready["url"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    "path", sorted((ROOT / "layers" / "relay" / "dreamdata_relay").rglob("*.py")), ids=lambda path: path.name
)
def test_the_oldest_python_that_it_is_for_reads_it(path: Path) -> None:
    oldest = tomllib.loads((ROOT / "testing" / "pyproject.toml").read_text())["project"]["requires-python"]
    minor = int(oldest.removeprefix(">=3."))
    assert ast.parse(path.read_text(), feature_version=(3, minor))


def test_both_packages_register_the_same_plugin() -> None:
    """Whoever has the operator's command in an environment has the sandbox there, too."""
    own, whole = (
        tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"] for folder in ("testing", ".")
    )
    assert own["entry-points"] == whole["entry-points"]
    assert set(own["dependencies"]) < set(whole["dependencies"])
