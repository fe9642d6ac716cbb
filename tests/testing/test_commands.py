"""The sandbox as a command: one line when it is ready, and a clean end."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3

from dreamdata_relay import __version__
from local.patience import patient

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {
    "relay": [str(ROOT / "tools" / "relay"), "sandbox"],
    "relay-sandbox": [sys.executable, "-m", "dreamdata_relay.testing"],
}


@pytest.fixture(params=COMMANDS)
def command(request: pytest.FixtureRequest) -> list[str]:
    """Both commands."""
    if request.param == "relay" and not (ROOT / ".venv").is_dir():
        pytest.skip("the command runs in the environment of make setup")
    return COMMANDS[request.param]


@contextmanager
def running(command: list[str], *options: str) -> Iterator[subprocess.Popen[str]]:
    """The command, ended whatever happens."""
    env = os.environ | {"PYTHONPATH": str(ROOT / "layers" / "relay")}
    with subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def ask(url: str, body: bytes | None = None) -> Any:
    """The parsed answer."""
    return urllib3.request("POST" if body else "GET", url, body=body, timeout=60, retries=False).json()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_it_serves_from_its_ready_line_until_it_is_ended(command: list[str], number: signal.Signals) -> None:
    with running(command, "--port", "0", "--json") as process:
        assert process.stdout
        ready = json.loads(process.stdout.readline())
        body = json.dumps({"writeKey": ready["key"], "batch": [{"type": "track", "userId": "u", "event": "E"}]})
        assert ask(f"{ready['url']}/v1/batch", body.encode())["accepted"] == 1
        assert len(ask(f"{ready['control']}/events")["events"]) == 1
        assert (ready["host"], ready["version"]) == (f"127.0.0.1:{ready['port']}", __version__)

        process.send_signal(number)
        _, said = process.communicate(timeout=patient(60))

    assert process.returncode == 0
    assert "1 events came, and 0 violations" in said
    assert "Traceback" not in said


def test_it_says_what_to_point_an_sdk_at(command: list[str]) -> None:
    with running(command, "--port", "0", "--key", "the-key") as process:
        assert process.stdout
        lines: list[str] = []
        # The last of them is how to ask for violations.
        for line in process.stdout:
            lines.append(line)
            if line.endswith("/violations\n"):
                break
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=patient(60))

    first, rest = lines[0], "".join(lines[1:])
    url = next(word for word in first.replace(",", " ").split() if word.startswith("http://127.0.0.1:"))
    for language in ("Node", "Python", "Go", "PHP"):
        assert f"  {language}" in rest
    assert f'host: "{url}"' in rest
    assert 'writeKey: "the-key"' in rest


def test_a_port_that_is_taken_is_said_in_a_line(command: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with running(command, "--port", port) as process:
            printed, said = process.communicate(timeout=patient(60))

    assert (process.returncode, printed) == (2, "")
    assert "in use" in said
    assert said.count("\n") == 1
