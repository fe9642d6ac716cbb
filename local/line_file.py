"""A bounded file of lines, readable by its owner only: what is written to it may hold whatever the senders sent.

The standard library alone: the emulator's Python has nothing of this project.
"""

import os
import threading
from contextlib import suppress
from pathlib import Path

MAX_BYTES = 32 * 1024 * 1024


class LineFile:
    """The file `path`, begun anew; may be used by several threads.

    Before a line that would make it larger than `max_bytes` the file `a.b` becomes `a.1.b`, in place of the one before.
    """

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self._path, self._old = path, _old(path)
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self.remove(path)
        # There from the beginning: who follows it has something to open.
        self._append(b"")

    @staticmethod
    def remove(path: Path) -> None:
        """Remove what such a file has left."""
        path.unlink(missing_ok=True)
        _old(path).unlink(missing_ok=True)

    def add(self, line: bytes) -> None:
        """Append a line, which ends with its newline. Raises OSError."""
        with self._lock:
            # Who reads it may take it away, at any moment.
            with suppress(FileNotFoundError):
                size = self._path.stat().st_size
                if size and size + len(line) > self._max_bytes:
                    self._path.replace(self._old)
            self._append(line)

    def _append(self, line: bytes) -> None:
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write(line)


def _old(path: Path) -> Path:
    return path.with_name(f"{path.stem}.1{path.suffix}")
