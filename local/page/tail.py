"""New lines of a file that grows, and of the one that takes its place."""

import os
from pathlib import Path

_MOST_BYTES = 4 * 1024 * 1024


class Tail:
    """The file at `path`: what is written to it from now on.

    Where it was renamed within its folder and another took its place, the rest of the old one comes first; one that
    shrank is read anew.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rest = b""
        self._inode, size = _standing(path)
        # What is there already is an earlier stack's.
        self._offset = size

    def lines(self) -> list[bytes]:
        """The whole lines since the last look; none where there is no file."""
        inode, size = _standing(self._path)
        new = b""
        if inode != self._inode or size < self._offset:
            older = self._renamed() if self._inode else None
            new = self._read(older) if older else b""
            if len(new) < _MOST_BYTES:
                self._inode, self._offset = inode, 0
                self._rest = self._rest if new else b""
        if inode == self._inode:
            new += self._read(self._path)
        *whole, self._rest = (self._rest + new).split(b"\n")
        return whole

    def _read(self, path: Path) -> bytes:
        try:
            with path.open("rb") as file:
                file.seek(self._offset)
                new = file.read(_MOST_BYTES)
        except OSError:
            return b""
        self._offset += len(new)
        return new

    def _renamed(self) -> Path | None:
        """The file that was read so far, by another name."""
        with os.scandir(self._path.parent) as entries:
            found = [Path(entry.path) for entry in entries if entry.inode() == self._inode]
        return next((path for path in found if path != self._path), None)


def _standing(path: Path) -> tuple[int, int]:
    """The file's inode and size; zeros where there is none."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_ino, found.st_size
