"""The sandbox for the tests of senders takes what real clients send; docs/testing.md's recipes run as they stand."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from dreamdata_relay.testing.server import SandboxServer
from local.front.certificates import Certificates
from local.patience import patient
from tests.clients.clients import CLIENTS, AnyClient, calls_for
from tests.clients.installed import PHP_AUTOLOAD, PHP_PROBE
from tests.clients.installing import NODE, TOOLS, install
from tests.clients.trust import Trust
from tests.clients.wire import WIRE_CLIENTS

pytestmark = pytest.mark.timeout(400)
ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "testing.md").read_text()
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TOGETHER: list[AnyClient] = [*CLIENTS, *WIRE_CLIENTS]


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as served:
        yield served


@pytest.mark.parametrize("client", TOGETHER, ids=[client.name for client in TOGETHER])
def test_every_client_can_be_pointed_at_it(server: SandboxServer, client: AnyClient, tmp_path: Path) -> None:
    """By its host alone."""
    calls = calls_for(client, 10)

    errors = client.run(server.url, server.key, calls, Trust.of_certificates(Certificates(tmp_path)))

    assert errors == []
    assert len(server.events.wait_for(len(calls))) == len(calls)
    assert server.violations == []


def recipe(heading: str) -> str:
    """The only block of code below ``heading``."""
    section = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    (text,) = [part for part in section if part.startswith(f"{heading}\n")]
    ((_, code),) = _BLOCK.findall(text)
    return str(code)


def run(
    command: list[str], folder: Path, server: SandboxServer, env: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Status and output of a test run."""
    told = {**os.environ, "RELAY_SANDBOX": server.url, **(env or {})}
    done = subprocess.run(command, cwd=folder, env=told, capture_output=True, text=True, timeout=patient(200))
    return done.returncode, done.stdout + done.stderr


def node(folder: Path, code: str, server: SandboxServer) -> tuple[int, str]:
    program, npm = shutil.which("node"), shutil.which("npm")
    if not program or not npm:
        pytest.skip("node and npm are not on the PATH: the recipe for Node is not run; install Node 18 or newer")
    install(npm)
    (folder / "order.test.js").write_text(code)
    return run([program, "--test", "."], folder, server, {"NODE_PATH": str(NODE / "node_modules")})


def python(folder: Path, code: str, server: SandboxServer) -> tuple[int, str]:
    """With the plugin as its entry point loads it; the SDK is in an environment of its own."""
    CLIENTS[0]._python()
    (packages,) = (TOOLS / "clients-segment" / "lib").glob("python3.*/site-packages")
    (folder / "test_order.py").write_text(code)
    (folder / "conftest.py").write_text(recipe("Checks of your own"))
    (folder / "pytest.ini").write_text("[pytest]\n")
    paths = os.pathsep.join([str(ROOT / "layers" / "relay"), str(packages)])
    options = ["-p", "dreamdata_relay.testing.plugin", "-p", "no:schemathesis", "-p", "no:cacheprovider"]
    return run([sys.executable, "-m", "pytest", *options], folder, server, {"PYTHONPATH": paths})


def go(folder: Path, code: str, server: SandboxServer) -> tuple[int, str]:
    """In a copy of the module that ``CLIENTS_GO_MODULE`` names, which requires the SDK."""
    program, module = shutil.which("go"), os.environ.get("CLIENTS_GO_MODULE")
    if not program:
        pytest.skip("go is not on the PATH: the recipe for Go is not run")
    if not module:
        pytest.skip("CLIENTS_GO_MODULE names no folder whose go.mod requires the SDK: the recipe for Go is not run")
    for name in ("go.mod", "go.sum"):
        if (Path(module) / name).is_file():
            shutil.copy(Path(module) / name, folder)
    (folder / "order_test.go").write_text(code)
    return run([program, "test", "-mod=mod", "./..."], folder, server)


def php(folder: Path, code: str, server: SandboxServer) -> tuple[int, str]:
    program, runner = shutil.which("php"), shutil.which("phpunit")
    if not program or not runner:
        pytest.skip("php and phpunit are not on the PATH: the recipe for PHP is not run")
    if subprocess.run([program, "-r", PHP_PROBE], capture_output=True).returncode:
        pytest.skip("analytics-php is not installed: its recipe is not run (see tests/clients/installed.py)")
    (folder / "OrderTest.php").write_text(code)
    (folder / "bootstrap.php").write_text(f"<?php\nrequire {PHP_AUTOLOAD};\n")
    return run([program, runner, "--bootstrap", "bootstrap.php", "OrderTest.php"], folder, server)


LANGUAGES = {"Node": node, "Python": python, "Go": go, "PHP": php}
# By language: what the program sends, what it sends instead, and what the test's output says of it. The first of them
# is another value, the second what the relay refuses; Go's SDK refuses the like itself.
_VALUE = ("99.5, ", "1.5, ", "properties.revenue is 1.5, expected 99.5")
_UNNAMED = ("Order Completed", "", "event_name_missing")
WRONG = [(language, *_VALUE) for language in ("Node", "Python", "PHP")]
WRONG += [("Go", "SetRevenue(99.5)", "SetRevenue(1.5)", _VALUE[-1])]
WRONG += [(language, *_UNNAMED) for language in ("Node", "Python", "PHP")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_recipe_runs_as_it_stands(language: str, server: SandboxServer, tmp_path: Path) -> None:
    status, printed = LANGUAGES[language](tmp_path, recipe(language), server)

    assert status == 0, printed


@pytest.mark.parametrize(("language", "sent", "instead", "said"), WRONG)
def test_a_recipe_fails_for_what_is_wrong_and_says_what(
    language: str, sent: str, instead: str, said: str, server: SandboxServer, tmp_path: Path
) -> None:
    """The program sends something else than its test expects."""
    code = recipe(language)
    assert sent in code

    status, printed = LANGUAGES[language](tmp_path, code.replace(sent, instead, 1), server)

    assert status != 0, printed
    assert said in printed
