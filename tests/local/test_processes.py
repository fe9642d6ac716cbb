"""Background processes are found by their owner's mark, and none but those are ended."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local.ports import free_port
from local.processes import Background, end_all, environment, of_owner, start
from local.waiting import wait_until

SLEEP = "import time; time.sleep(60)"
# Starts a child of its own and ends: what a crashed emulator leaves.
ORPHAN = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}], start_new_session=True)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); {SLEEP}"


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[str]:
    yield str(tmp_path)
    end_all(str(tmp_path))


def run(owner: str, code: str, first_line: str | None = None) -> Background:
    log = Path(owner) / "log"
    return start("test", [sys.executable, "-c", code], log, environment(owner), Path(owner), first_line)[0]


def test_a_process_is_known_until_it_ends(owner: str) -> None:
    process = run(owner, SLEEP)
    assert process.is_alive()
    assert [found.pid for found in of_owner(owner)] == [process.pid]

    assert end_all(owner) == 1
    assert not process.is_alive()


def test_each_is_known_as_soon_as_it_is_started(owner: str) -> None:
    """The system runs a new program for a moment before it shows its environment."""
    for number in range(1, 21):
        run(owner, SLEEP)
        assert len(of_owner(owner)) == number


def test_another_process_with_the_same_pid_is_not_taken_for_it() -> None:
    assert not Background("test", os.getpid(), time.time() - 86_400, "").is_alive()


def test_what_a_process_leaves_behind_is_ended_too(owner: str) -> None:
    run(owner, ORPHAN)
    wait_until(lambda: len(of_owner(owner)) == 1 or None, 10, "the orphan")

    assert end_all(owner) == 1
    assert of_owner(owner) == []


def test_what_belongs_to_another_is_let_live(owner: str) -> None:
    run(owner, SLEEP)
    other = subprocess.Popen([sys.executable, "-c", SLEEP], env=environment(f"{owner}-other"))
    try:
        end_all(owner)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_who_does_not_listen_is_killed(owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.processes._GRACE_SECONDS", 0.2)
    process = run(owner, STUBBORN)
    wait_until(lambda: "ready" in Path(process.log).read_text() or None, 10, "the process")

    end_all(owner)
    assert not process.is_alive()


def test_a_secret_goes_in_by_standard_input_alone(owner: str) -> None:
    process = run(owner, f"print(len(input()), flush=True); {SLEEP}", first_line="very-secret")
    wait_until(lambda: Path(process.log).read_text().strip() == "11" or None, 10, "the process")

    running = psutil.Process(process.pid)
    assert "very-secret" not in " ".join([*running.cmdline(), *running.environ().values()])


def test_a_server_gets_nothing_of_the_users_aws_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the user's")

    assert "AWS_SECRET_ACCESS_KEY" not in environment("owner")


def test_the_usual_port_is_taken_when_it_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        usual = taken.getsockname()[1]
        assert free_port(usual) != usual
    assert free_port(usual) == usual
