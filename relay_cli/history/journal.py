"""Records on disk, beside the file, what was taken of it, so that a run can continue however the last one ended.

One JSON value a line: first what is imported and how, then one line for each batch that the relay answered. A line cut
off by a crash does not count: its batch is sent again, with the same ids.
"""

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from relay_cli.errors import WrongInput
from relay_cli.history.taken import Entry, Import, Progress
from relay_cli.printing import printable

_ENCODE = msgspec.json.Encoder().encode
_IMPORT = msgspec.json.Decoder(Import)
_ENTRY = msgspec.json.Decoder(Entry)
# In the words of the one who has to do something about it.
_CHANGED = {
    "file_sha256": "the file has changed",
    "map_sha256": "the map has changed",
    "form": "--format has changed",
    "encoding": "--encoding has changed",
    "stack": "it is for another stack",
    "api_url": "the stack's address has changed",
    "relay_import": "another version of this command has begun it",
}


class Journal:
    """The journal of an import, open and locked; ``progress`` is its content."""

    def __init__(self, path: Path, descriptor: int, progress: Progress) -> None:
        self.path = path
        self._descriptor = descriptor
        self.progress = progress

    def write(self, entry: Entry) -> None:
        """Write an entry to the disk; raises WrongInput if that fails."""
        try:
            _write(self._descriptor, [_ENCODE(entry)])
        except OSError as error:
            raise WrongInput(f"{self.path} cannot be written: {error.strerror}") from None
        self.progress.add(entry)

    def close(self) -> None:
        """Release it for another run."""
        os.close(self._descriptor)


def journal_of(file: Path, stack: str) -> Path:
    """Return the path of the journal of ``file`` into ``stack``."""
    return file.with_name(f"{file.name}.{stack}.import")


def open_journal(path: Path, what: Import, *, again: bool = False) -> Journal:
    """Open the journal at ``path``, a new one if there is none or with ``again``; only its owner can read it.

    Raises WrongInput if it belongs to another import, or another run uses it.
    """
    try:
        # Its owner's only from its first moment; whatever a link leads to is somebody else's.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise WrongInput(f"{path} cannot be written: {error.strerror}") from None
    try:
        progress = _opened(path, descriptor, what, again=again)
    except BaseException:
        os.close(descriptor)
        raise
    return Journal(path, descriptor, progress)


def _opened(path: Path, descriptor: int, what: Import, *, again: bool) -> Progress:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise WrongInput(f"another import of this file is running: it has {path}") from None
    progress = Progress()
    with os.fdopen(os.dup(descriptor), "rb") as lines:
        first = lines.readline()
        if first.endswith(b"\n") and not again:
            _check(path, first, what)
            end = len(first)
            for line in lines:
                if not line.endswith(b"\n"):
                    break
                progress.add(_entry(path, line))
                end += len(line)
            os.truncate(descriptor, end)
        else:
            if not again and first:
                _check_ours(path, first)
            os.truncate(descriptor, 0)
            end = 0
    os.lseek(descriptor, end, os.SEEK_SET)
    if not end:
        _begin(path, descriptor, what)
    return progress


def _begin(path: Path, descriptor: int, what: Import) -> None:
    _write(descriptor, [_ENCODE(what)])
    # The name of a new file is on the disk only with its folder.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _check_ours(path: Path, first: bytes) -> None:
    """Accept a beginning of our first line, cut off by a crash; anything else is somebody else's file."""
    if not _ENCODE(Import("", "", "", "", "", "")).startswith(first[:15]):
        raise WrongInput(f"{path} is no journal of an import: move it away")


def _check(path: Path, first: bytes, what: Import) -> None:
    try:
        begun = _IMPORT.decode(first)
    except (msgspec.MsgspecError, UnicodeError):
        raise WrongInput(f"{path} is no journal of an import: move it away") from None
    for name, said in _CHANGED.items():
        if getattr(begun, name) != getattr(what, name):
            raise WrongInput(
                f"an import of this file was begun, and {said} since ({path}). Go on as it was begun, or begin anew"
                " with --again: what was taken is sent once more, under the same ids where records and map are the same"
            )


def _entry(path: Path, line: bytes) -> Entry:
    try:
        return _ENTRY.decode(line)
    except (msgspec.MsgspecError, UnicodeError):
        raise WrongInput(f"{printable(path)} is damaged: --again begins anew") from None


def _write(descriptor: int, lines: Sequence[bytes]) -> None:
    left = memoryview(b"".join(line + b"\n" for line in lines))
    while left:
        left = left[os.write(descriptor, left) :]
    os.fsync(descriptor)
