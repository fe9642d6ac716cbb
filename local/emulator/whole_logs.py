"""Patch: the emulator waits 50 ms for what an invocation has logged, and shows what comes later with the next one.

On a busy machine that is the next event's, minutes later: `relay send`, `tail` and `status` would not know of it. Here
the function's process says when it has logged all, before it answers, and that is waited for.
"""

import importlib
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

# No function logs it.
END = "\x1eall that this invocation has logged\x1e"
_LONGEST_S = 30.0
_LOOK_S = 0.05
_RUNTIME = "ministack.core.lambda_runtime"
# Where the process that runs a function answers, at the end of its loop.
_ANSWERS = "        _real_stdout.flush()\n\nrun()\n"
_SAYS_SO = f'        sys.stderr.write("{END}\\n")\n        sys.stderr.flush()\n'.replace("\x1e", "\\x1e")


def apply() -> None:
    """Make the emulator's Python functions say where their log ends, and wait for it."""
    runtime: Any = importlib.import_module(_RUNTIME)
    runtime._PYTHON_WORKER_SCRIPT = saying_so(runtime._PYTHON_WORKER_SCRIPT)
    runtime.Worker._drain_stderr_bounded = until_its_end(runtime.Worker._drain_stderr_bounded, runtime.Worker)


def saying_so(script: str) -> str:
    """The process's ``script`` with a last line in the log before each answer."""
    if script.count(_ANSWERS) != 1:
        raise SystemExit(f"this emulator's functions answer otherwise: see {__name__} and its tests")
    return script.replace(_ANSWERS, _SAYS_SO + _ANSWERS)


def until_its_end(drain: Callable[..., str], worker: type) -> Callable[..., str]:
    """In place of ``drain``: all lines up to the last one; the original for what runs no such script."""

    def drained(self: Any, *rest: Any, **named: Any) -> str:
        kind: Any = type(self)
        if kind is not worker or not str(self.config.get("Runtime", "")).startswith("python"):
            return drain(self, *rest, **named)
        return "\n".join(_lines(self._stderr_queue, self._stderr_thread))

    return drained


def _lines(found: "queue.Queue[str]", reader: threading.Thread | None) -> list[str]:
    lines: list[str] = []
    until = time.monotonic() + _LONGEST_S
    while time.monotonic() < until:
        # Asked first: what it has put before it ended is there.
        is_reading = reader is not None and reader.is_alive()
        try:
            line = found.get(timeout=_LOOK_S)
        except queue.Empty:
            if not is_reading:
                break
            continue
        if line.endswith(END):
            # Something may have been logged without the end of its line.
            return [*lines, *filter(None, [line.removesuffix(END)])]
        lines.append(line)
    return lines
