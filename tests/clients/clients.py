"""The real clients: how each is installed and run, and the calls that all of them make."""

import contextlib
import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".local" / "tools"
HERE = Path(__file__).resolve().parent
NODE = TOOLS / "clients-node"


@dataclass(frozen=True)
class Client:
    """``environment``: one of tools/setup.py's, or the npm ``package``; ``sender`` makes the calls."""

    name: str
    sender: str
    environment: str = ""
    package: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    def run(self, url: str, key: str, calls: list[tuple[str, dict[str, Any]]]) -> list[str]:
        """Make ``calls``; the errors that the client told of. Fails where the client's process did."""
        command = self._node() if self.package else self._python()
        job = {"url": url, "key": key, "calls": calls, "options": self.options, "package": self.package}
        done = subprocess.run(
            [*command, str(HERE / "senders" / self.sender)],
            input=json.dumps(job | {"modules": str(NODE)}),
            capture_output=True,
            text=True,
            timeout=90,
        )
        assert done.returncode == 0, f"{self.name} ended with {done.returncode}: {done.stderr[-2000:]}"
        errors: list[str] = json.loads(done.stdout)["errors"]
        return errors

    def _python(self) -> list[str]:
        with alone(TOOLS / f"{self.environment}.lock"):
            subprocess.run([sys.executable, str(ROOT / "tools" / "setup.py"), self.environment], check=True, cwd=ROOT)
        return [str(TOOLS / self.environment / "bin" / "python")]

    def _node(self) -> list[str]:
        node, npm = shutil.which("node"), shutil.which("npm")
        if not node or not npm:
            pytest.skip("node and npm are not on the PATH: the Node clients are not run; install Node 18 or newer")
        install(npm)
        return [node]


@contextlib.contextmanager
def alone(lock: Path) -> Iterator[None]:
    """One at a time, of all the processes that run tests: none installs into a folder where another does."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def install(npm: str) -> None:
    """Install the Node clients as locked, unless they are.

    The override in package.json is for npm: of the newer release some platforms' builds are not to be had everywhere.
    """
    with alone(NODE.with_suffix(".lock")):
        _install(npm)


def _install(npm: str) -> None:
    stamp = NODE / ".made-from"
    wanted = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    NODE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, NODE / name)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=NODE, capture_output=True, text=True)
    assert done.returncode == 0, f"npm ci failed in {NODE}:\n{done.stderr[-2000:]}"
    stamp.write_text(wanted)


CLIENTS = [
    Client("segment-analytics-python current", "segment_python.py", "clients-segment"),
    Client("segment-analytics-python 2.3.4", "segment_python.py", "clients-segment-2.3"),
    Client("segment-analytics-python 2.2.3, gzip", "segment_python.py", "clients-segment-2.2", options={"gzip": True}),
    Client("rudder-sdk-python", "rudder_python.py", "clients-rudder"),
    Client("rudder-sdk-python, no gzip", "rudder_python.py", "clients-rudder", options={"gzip": False}),
    Client("@segment/analytics-node 3.1.0", "segment_node.js", package="@segment/analytics-node"),
    Client("@segment/analytics-node 2.3.0", "segment_node.js", package="segment-analytics-node-2"),
    Client("@segment/analytics-node 1.3.0", "segment_node.js", package="segment-analytics-node-1"),
    Client("analytics-node 6.2.0", "classic_node.js", package="analytics-node"),
    Client("@rudderstack/rudder-sdk-node", "classic_node.js", package="@rudderstack/rudder-sdk-node"),
]


def calls_for(client: Client, count: int) -> list[tuple[str, dict[str, Any]]]:
    """``count`` calls with a number each in their properties or traits, in the shape that ``client`` takes."""
    made: list[tuple[str, dict[str, Any]]] = []
    for number in range(count):
        content = {"n": number, "text": "søn \ud83d\ude00 \ufffe", "list": [1, 2.5, None]}
        kind = ("track", "identify", "page", "group", "alias")[number % 5]
        made.append((kind, _camel(kind, number, content) if client.package else _snake(kind, number, content)))
    return made


def _camel(kind: str, number: int, content: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {"userId": f"u-{number}"}
    if kind == "alias":
        return message | {"previousId": f"p-{number}"}
    if kind in ("identify", "group"):
        return message | {"traits": content} | ({"groupId": "g"} if kind == "group" else {})
    return message | {"properties": content} | ({"event": "Bought"} if kind == "track" else {"name": "Home"})


def _snake(kind: str, number: int, content: dict[str, Any]) -> dict[str, Any]:
    if kind == "alias":
        return {"user_id": f"u-{number}", "previous_id": f"p-{number}"}
    message: dict[str, Any] = {"user_id": f"u-{number}"}
    if kind in ("identify", "group"):
        return message | {"traits": content} | ({"group_id": "g"} if kind == "group" else {})
    return message | {"properties": content} | ({"event": "Bought"} if kind == "track" else {"name": "Home"})
