"""A file of what passed, one JSON object a line: bounded, and readable by its owner only, for it holds events whole.

The standard library alone: the emulator's Python has nothing of this project.
"""

import json
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

MAX_BYTES = 64 * 1024 * 1024


class PassingRecords:
    """Appends to the file `path`; before it grows over `max_bytes` it becomes `<path>.1`, whatever that held."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self._path = path
        self._older = path.with_name(f"{path.name}.1")
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        for file in (path, self._older):
            file.unlink(missing_ok=True)

    def write(self, record: Mapping[str, Any]) -> None:
        """Append a record; may be called from any thread. A disk that is full must not keep anything from passing."""
        line = json.dumps(record).encode() + b"\n"
        with self._lock, suppress(OSError):
            if self._path.exists() and self._path.stat().st_size + len(line) > self._max_bytes:
                self._path.replace(self._older)
            with open(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:  # noqa: PTH123  # the mode is the file's from its first byte on
                file.write(line)
