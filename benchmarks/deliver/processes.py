"""The processes measured: each one's CPU seconds by the kernel's own clock of it, whatever it is written in."""

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from benchmarks.children import environment, python

# See clock_getcpuclockid(3): the clock of another process, user and system time of all its threads.
_SCHEDULER_CLOCK = 2


class Process:
    """A process that answers each line with a line; ``first`` is what it printed when it was ready."""

    def __init__(self, name: str, process: subprocess.Popen[str]) -> None:
        self._name = name
        self._process = process
        self.first = self._line()

    def ask(self, line: str) -> str:
        """Its answer to ``line``; raises RuntimeError when it has ended."""
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        return self._line()

    def seconds(self) -> float:
        """CPU seconds since it began."""
        return cpu_seconds(self._process.pid)

    def _line(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._name} ended with {self._process.wait()}; what it said is above")
        return line.strip()


def cpu_seconds(pid: int) -> float:
    """CPU seconds, user and system, that the process ``pid`` has taken, to the nanosecond. Linux."""
    return time.clock_gettime(~pid << 3 | _SCHEDULER_CLOCK)


@contextlib.contextmanager
def running(name: str, command: Sequence[str], env: Mapping[str, str] | None = None) -> Iterator[Process]:
    """``command`` as long as the block lasts; it is to end with its standard input."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=env or environment()) as process:
        try:
            yield Process(name, process)
        finally:
            assert process.stdin
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


class Sender(Protocol):
    """One way to send all messages."""

    def ask(self, line: str) -> str:
        """Send everything once; return when it is answered."""
        ...

    def seconds(self) -> float:
        """CPU seconds so far."""
        ...


class Sink:
    """The sink's process, told what to do."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.url = f"http://127.0.0.1:{int(process.first)}"

    def start(self, kept: Path | None = None) -> None:
        """Count from nothing; keep bodies in ``kept``."""
        self._process.ask(f"start {kept or ''}")

    def sizes(self) -> list[int]:
        """The bytes of each body taken since the start."""
        sizes: list[int] = json.loads(self._process.ask("sizes"))
        return sizes

    def seconds(self) -> float:
        """CPU seconds so far."""
        return self._process.seconds()


@contextlib.contextmanager
def sink() -> Iterator[Sink]:
    """A sink as long as the block lasts."""
    with running("the sink", python("benchmarks.deliver.sink")) as process:
        yield Sink(process)
