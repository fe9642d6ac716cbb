"""The commands as a user has them: what is started is found again, and ended whole, whatever happens."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from local.lifecycle import down
from local.patience import patient
from local.places import ROOT, StateDir
from local.processes import of_owner
from local.stack import Stack
from local.waiting import wait_until

STAYING = "Ctrl-C ends it."
TAKEN = {"success": True, "accepted": 2, "rejected": []}
# Far more than it takes: a machine with other work may build and deploy several times as long.
LONGEST_S = 280

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateDir]:
    state = StateDir(tmp_path)
    yield state
    # A test that failed has not ended what it has started.
    for command in Command.running:
        command.give_up()
    Command.running.clear()
    down(state)


class Command:
    """One `python -m local ...` with the given folder; its output goes to a file that can be read meanwhile."""

    running: ClassVar[list["Command"]] = []

    def __init__(self, state: StateDir, *arguments: str) -> None:
        self._log = state.path / f"output-{time.monotonic_ns()}"
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "local", *arguments],
                stdout=output, stderr=subprocess.STDOUT, cwd=ROOT,
                env={**os.environ, "RELAY_LOCAL_DIR": str(state.path), "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
        self.running.append(self)

    def give_up(self) -> None:
        """End it where it has not ended; politely first, so that it ends what it has started in turn."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(patient(60))
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()

    @property
    def output(self) -> str:
        return self._log.read_text()

    def wait_for(self, text: str) -> None:
        def said() -> bool | None:
            assert text in self.output or self._process.poll() is None, self.output
            return text in self.output or None

        wait_until(said, LONGEST_S, f"'{text}'")

    def end(self, number: int | None = None) -> int:
        if number is not None:
            self._process.send_signal(number)
        return self._process.wait(patient(LONGEST_S))


def tried_by_hand(output: str, end: str) -> str:
    """What the lines answer that are to be pasted, until ``end``."""
    lines = output[output.index("Try it:") + len("Try it:") : output.index(end)]
    bash = ["bash", "-c", lines.replace(".venv/bin/python", sys.executable).replace(".venv/bin/relay", "tools/relay")]
    return subprocess.run(
        bash, cwd=ROOT, capture_output=True, text=True, check=False, timeout=patient(LONGEST_S)
    ).stdout


@pytest.mark.parametrize(
    ("when", "number", "status"),
    [
        ("Starting the sandbox", signal.SIGTERM, 143),
        ("Starting the sandbox", signal.SIGINT, 130),
        (STAYING, signal.SIGTERM, 143),
    ],
)
def test_a_run_that_is_ended_leaves_nothing_behind(state: StateDir, when: str, number: int, status: int) -> None:
    """While SAM deploys, and while it waits for Ctrl-C."""
    run = Command(state, "run")
    run.wait_for(when)

    assert run.end(number) == status, run.output
    assert of_owner(state.owner) == []
    assert not state.stack_file.exists()


def test_a_stack_in_the_background_is_used_by_all_and_ended_once(state: StateDir) -> None:
    up = Command(state, "up")
    assert up.end() == 0, up.output
    stack = Stack.load(state)
    if shutil.which("curl"):
        answer, _, told = tried_by_hand(up.output, "See each event").partition("}")
        assert json.loads(f"{answer}}}") == TAKEN
        assert "UTC" in told
    assert stack.page_url in up.output

    again = Command(state, "up")
    assert again.end() == 0
    assert "running already" in again.output
    assert stack.api_url in again.output

    # One run leaves it as it was for the next; sent again, the samples end the same way.
    first = Command(state, "run")
    first.wait_for(STAYING)
    if shutil.which("curl"):
        assert json.loads(tried_by_hand(first.output, STAYING)) == TAKEN
    assert first.end(signal.SIGINT) == 0, first.output
    second = Command(state, "run", "--once")
    assert second.end() == 0, second.output
    assert Stack.load(state).is_healthy()

    # The emulator dies under a run: it says so, and where to look.
    third = Command(state, "run")
    third.wait_for(STAYING)
    emulator = next(process for process in stack.processes if process.name == "emulator")
    os.kill(emulator.pid, signal.SIGKILL)
    assert third.end() == 1
    assert f"the emulator has ended; its log: {emulator.log}" in third.output
    status = Command(state, "status")
    assert status.end() == 1
    assert emulator.log in status.output

    gone = Command(state, "down")
    assert gone.end() == 0
    assert of_owner(state.owner) == []
    key = Command(state, "show", "ingest_key")
    assert key.end() == 1
    assert "no local stack is up" in key.output
