"""Installs the real Node clients as locked, for the tests and the benchmarks; one process at a time."""

import contextlib
import fcntl
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / ".local" / "tools"
NODE = TOOLS / "clients-node"
HERE = Path(__file__).resolve().parent


@contextlib.contextmanager
def alone(lock: Path) -> Iterator[None]:
    """One at a time, of all the processes that run tests: none installs into a folder where another does."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def install(npm: str) -> None:
    """Install the Node clients as locked, unless they are; raises RuntimeError.

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
    if done.returncode:
        raise RuntimeError(f"npm ci failed in {NODE}:\n{done.stderr[-2000:]}")
    stamp.write_text(wanted)
