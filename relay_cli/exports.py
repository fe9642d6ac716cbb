"""Writes a file that appears complete or not at all, and that only its owner can ever read."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from relay_cli.errors import WrongInput


@contextmanager
def written_aside(file: Path) -> Iterator[TextIO]:
    """Yield a stream for a temporary file that becomes ``file`` at the end; after an error nothing is left.

    Raises WrongInput if ``file`` exists already, even as a link, or cannot be written.
    """
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}.part")
    try:
        if os.path.lexists(file):
            raise FileExistsError
        with open(part, "x", encoding="utf-8", opener=for_its_owner) as written:
            yield written
            written.flush()
            # What it holds may be deleted elsewhere next.
            os.fsync(written.fileno())
        _put(part, file)
    except FileExistsError:
        raise WrongInput(f"{file} is there already; nothing is overwritten") from None
    except OSError as error:
        raise WrongInput(f"{file} cannot be written: {error.strerror}") from None
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


def _put(part: Path, file: Path) -> None:
    """Give ``part`` its final name, unless that name was taken meanwhile."""
    try:
        os.link(part, file)
    except FileExistsError:
        raise
    except OSError:
        # A file system without links.
        if os.path.lexists(file):
            raise FileExistsError from None
        part.rename(file)


def for_its_owner(path: str, flags: int) -> int:
    """Open a new file that only its owner can read from the first moment.

    Fails if anything exists there, including a dangling link, whatever the mode.
    """
    return os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
