"""Starts background processes and ends exactly those.

Every process of a stack, and every process it starts in turn, carries the stack's owner mark in its environment. So
`down` finds what belongs to a stack even after a crash, and no process id that was given to another program is hit.
"""

import atexit
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from local.patience import patient

OWNER_VARIABLE = "RELAY_LOCAL_OWNER"
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
_GRACE_SECONDS, _KILL_SECONDS = 5.0, 2.0
_LOOKS, _LOOK_SECONDS = 1_000, 0.001

# Kept until this process ends: a child that nobody refers to cannot be waited for.
_children: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True, slots=True)
class Background:
    """A background process as the stack file knows it: `started_at` tells it from a later one with the same pid."""

    name: str
    pid: int
    started_at: float
    log: str

    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started_at) < 1.0
            return same and process.status() != psutil.STATUS_ZOMBIE
        return False


@atexit.register
def _let_go() -> None:
    """Servers outlive the command that started them on purpose; Python would warn of each at its end."""
    for process in _children:
        if process.poll() is None:
            process.returncode = 0


def environment(owner: str, **more: str) -> dict[str, str]:
    """A small environment for a server: nothing of the user's AWS configuration reaches it."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {**kept, "NO_PROXY": "127.0.0.1,localhost", OWNER_VARIABLE: owner, **more}


def start(
    name: str,
    command: Sequence[str | Path],
    log: Path,
    env: Mapping[str, str],
    cwd: Path,
    first_line: str | None = None,
) -> tuple[Background, subprocess.Popen[bytes]]:
    """Start `command` in a session of its own, its output appended to `log`.

    `first_line` is given to its standard input, which then ends: for what may be in no argument and no environment.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL if first_line is None else subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
        )
    _children.append(process)
    _wait_for_mark(process)
    if process.stdin and first_line is not None:
        with suppress(BrokenPipeError), process.stdin:
            process.stdin.write(f"{first_line}\n".encode())
    return Background(name, process.pid, psutil.Process(process.pid).create_time(), str(log)), process


def _wait_for_mark(process: subprocess.Popen[bytes]) -> None:
    """Wait the moment in which the system runs a new program already, and does not show its environment yet."""
    with suppress(psutil.Error, OSError):
        for _ in range(_LOOKS):
            if process.poll() is not None or psutil.Process(process.pid).environ():
                return
            time.sleep(_LOOK_SECONDS)


def of_owner(owner: str) -> list[psutil.Process]:
    """All processes that carry the owner's mark, but for the caller itself."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(OWNER_VARIABLE) == owner and process.pid != os.getpid():
                found.append(process)
    return found


def listens(pid: int, port: int | None) -> bool:
    """Whether this very process has a listening TCP socket on ``port``; False too once it has ended."""
    with suppress(psutil.Error):
        sockets = psutil.Process(pid).net_connections(kind="tcp")
        return any(found.status == psutil.CONN_LISTEN and found.laddr.port == port for found in sockets)
    return False


def end_all(owner: str) -> int:
    """End every process of `owner`, kindly first; returns how many there were."""
    count = 0
    for end, seconds in ((psutil.Process.terminate, _GRACE_SECONDS), (psutil.Process.kill, _KILL_SECONDS)):
        found = of_owner(owner)
        count = max(count, len(found))
        for process in found:
            with suppress(psutil.Error):
                end(process)
        _, alive = psutil.wait_procs(found, timeout=seconds)
        if alive:
            psutil.wait_procs(alive, timeout=patient(seconds) - seconds)
    return count
