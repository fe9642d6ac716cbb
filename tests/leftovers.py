"""Processes that a session of tests has started and not ended: there are none."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from local.patience import patient
from local.processes import OWNER_VARIABLE

# Python's own helper, which ends with the process.
_OWN = "multiprocessing.resource_tracker"
_END_S = 5.0


def left_over(folder: Path) -> list[str]:
    """What still runs of this process's children and of stacks below ``folder``; it is ended, and said by its command.

    What is just ending is waited for.
    """
    running = list(_running(folder))
    _, alive = psutil.wait_procs(running, timeout=_END_S)
    if alive:
        _, alive = psutil.wait_procs(alive, timeout=patient(_END_S) - _END_S)
    said = [_said(process) for process in alive]
    for process in alive:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=patient(_END_S))
    return said


def _running(folder: Path) -> Iterator[psutil.Process]:
    own = psutil.Process()
    found = {process.pid: process for process in own.children(recursive=True)}
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if Path(process.environ().get(OWNER_VARIABLE, "/")).is_relative_to(folder) and process.pid != own.pid:
                found[process.pid] = process
    for process in found.values():
        with suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and _OWN not in " ".join(process.cmdline()):
                yield process


def _said(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        age = time.time() - process.create_time()
        return f"{process.pid}, {age:.0f} s old: {' '.join(process.cmdline())[:300]}"
    return str(process.pid)
