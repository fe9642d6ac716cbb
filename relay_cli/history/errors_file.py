"""Writes what was not sent, by line, to a file beside the imported one; only its owner may read its contents."""

import os
from pathlib import Path
from typing import Self, TextIO

import msgspec

from relay_cli.errors import WrongInput
from relay_cli.exports import for_its_owner
from relay_cli.history.records import Fault

_LONGEST = 20_000
_FIRST = 20


class ErrorsFile:
    """A context that writes a line for each :meth:`add`; without any there is no file. Each run begins a new one.

    ``count`` were added; ``first`` are some of them, by line, to be printed.
    """

    def __init__(self, file: Path) -> None:
        self.path = file.with_name(f"{file.name}.errors.jsonl")
        self._written: TextIO | None = None
        self.count = 0
        self.first: list[tuple[int, Fault]] = []

    def __enter__(self) -> Self:
        try:
            # Whoever else may read the one before, the new one is its owner's.
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise WrongInput(f"{self.path} cannot be replaced: {error.strerror}") from None
        return self

    def __exit__(self, *_: object) -> None:
        if self._written:
            self._written.close()

    @property
    def is_there(self) -> bool:
        """Whether anything was added."""
        return self._written is not None

    def add(self, line: int, event: str, fault: Fault, record: str | bytes) -> None:
        """Record the fault of the record that begins in ``line``, or of its ``event``."""
        self.count += 1
        if len(self.first) < _FIRST:
            self.first.append((line, fault))
        text = record[:_LONGEST] if isinstance(record, str) else record[:_LONGEST].decode(errors="replace")
        told = {"line": line, "event": event, "code": fault.code, "detail": fault.detail, "record": text}
        try:
            if self._written is None:
                self._written = open(  # noqa: SIM115  # closed with this object
                    self.path, "x", encoding="utf-8", opener=for_its_owner
                )
            self._written.write(msgspec.json.encode(told).decode() + "\n")
        except OSError as error:
            raise WrongInput(f"{self.path} cannot be written: {error.strerror}") from None

    def flush(self) -> None:
        """Write everything to the disk."""
        if self._written:
            self._written.flush()
            os.fsync(self._written.fileno())
