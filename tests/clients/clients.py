"""The real clients: how each is installed and run, and the calls that all of them make."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local.patience import patient
from tests.clients.installing import NODE, TOOLS, alone, install

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Client:
    """``sender`` makes the calls: by a ``module`` of an environment of tools/setup.py, or by the npm ``package``."""

    name: str
    sender: str
    environment: str = ""
    module: str = ""
    package: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    def run(self, url: str, key: str, calls: list[tuple[str, dict[str, Any]]]) -> list[str]:
        """Make ``calls``; the errors that the client told of. Fails where the client's process did."""
        command = self._node() if self.package else self._python()
        job = {"url": url, "key": key, "calls": calls, "options": self.options}
        done = subprocess.run(
            [*command, str(HERE / "senders" / self.sender)],
            input=json.dumps(job | {"module": self.module, "package": self.package, "modules": str(NODE)}),
            capture_output=True,
            text=True,
            timeout=patient(90),
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


_SEGMENT, _RUDDER = "segment.analytics.client", "rudderstack.analytics.client"


def _python(name: str, environment: str, module: str, **options: Any) -> Client:
    return Client(name, "python_client.py", environment, module, options=options)


CLIENTS = [
    _python("segment-analytics-python current", "clients-segment", _SEGMENT),
    _python("segment-analytics-python 2.3.4", "clients-segment-2.3", _SEGMENT),
    _python("segment-analytics-python 2.2.3, gzip", "clients-segment-2.2", _SEGMENT, gzip=True),
    _python("rudder-sdk-python", "clients-rudder", _RUDDER),
    _python("rudder-sdk-python, no gzip", "clients-rudder", _RUDDER, gzip=False),
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
