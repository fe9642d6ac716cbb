"""The folder of a plan: which file plans what.

``common.json`` is for all events, ``identify.json`` and the like for a type, a file below ``track``, ``page`` or
``screen`` for the event that its schema names. Other folders hold what schemas refer to.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

EVENT_TYPES = ("identify", "track", "page", "screen", "group", "alias")
NAMED_TYPES = ("track", "page", "screen")
COMMON = "common.json"
SETTINGS = "settings.yaml"
MOST_FILES = 2_000
MOST_FILE_BYTES = 1_000_000
MOST_BYTES = 10_000_000


class FolderWrong(Exception):
    """Raised when files cannot be a plan; ``file`` is one of them, or empty, the text says why."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(reason)
        self.file = file


class Texts(NamedTuple):
    """The files' texts by their names below the folder; ``settings`` is None where there is no such file."""

    schemas: dict[str, bytes]
    settings: bytes | None


def read_folder(folder: Path) -> Texts:
    """The files of a plan; raises FolderWrong, and OSError where one cannot be read."""
    schemas: dict[str, bytes] = {}
    settings = None
    size = 0
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if not (name.endswith(".json") or name == SETTINGS):
            if name.endswith((".md", ".txt")):
                continue
            raise FolderWrong(name, f"no file of a plan: schemas end in .json, the settings are {SETTINGS}")
        with path.open("rb") as opened:
            # No more than is needed to see that it is too large.
            text = opened.read(MOST_FILE_BYTES + 1)
        size += len(text)
        if len(text) > MOST_FILE_BYTES:
            raise FolderWrong(name, f"the file has more than the {MOST_FILE_BYTES:,} bytes that are read")
        if size > MOST_BYTES or len(schemas) >= MOST_FILES:
            raise FolderWrong("", f"a plan has at most {MOST_FILES:,} files and {MOST_BYTES:,} bytes")
        if name == SETTINGS:
            settings = text
        else:
            schemas[name] = text
    return Texts(schemas, settings)


def type_of(file: str) -> str | None:
    """The type of event that a file plans; None for ``common.json`` and what is only referred to."""
    folder, _, name = file.rpartition("/")
    if not folder and name.removesuffix(".json") in EVENT_TYPES:
        return name.removesuffix(".json")
    return folder if folder in NAMED_TYPES else None


def misplaced(file: str) -> str | None:
    """Why a file plans nothing where it looks as if it should; None where it is in its place."""
    folder, _, name = file.rpartition("/")
    if not folder and file != COMMON and type_of(file) is None:
        return f"{name} plans nothing: here belong {COMMON} and a file for each type ({', '.join(EVENT_TYPES)})"
    top, _, deeper = folder.partition("/")
    if top in EVENT_TYPES and top not in NAMED_TYPES:
        return f"events of type {top} have no name: one file, {top}.json, plans them all"
    if top in NAMED_TYPES and deeper:
        return f"the files of {top} events are directly in {top}/"
    return None


def _files(folder: Path) -> Iterator[Path]:
    """All files below ``folder`` in order, hidden ones left out; links to folders are not followed."""
    if not folder.is_dir():
        raise NotADirectoryError(20, "no folder", str(folder))
    for place, folders, names in os.walk(folder, onerror=_raised):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(place) / name for name in sorted(names) if not name.startswith("."))


def _raised(error: OSError) -> None:
    raise error
