"""Copies the lines of a file that were not sent, unchanged, into a file of their own, to be mended and imported."""

import itertools
from collections.abc import Collection
from pathlib import Path

from relay_cli.exports import for_its_owner

_PIECE = 1024 * 1024


def set_aside(file: Path, numbers: Collection[int]) -> Path:
    """Copy the lines of ``file`` with these ``numbers`` (from 1) to a new file beside it, readable by its owner only.

    Raises OSError.
    """
    wanted = set(numbers)
    with file.open("rb") as lines:
        for count in itertools.count(1):
            aside = file.with_name(f"{file.name}.failed{f'-{count}' if count > 1 else ''}.jsonl")
            try:
                with open(aside, "xb", opener=for_its_owner) as written:
                    number, begins = 0, True
                    # Piece by piece: a line may be of any length.
                    while piece := lines.readline(_PIECE):
                        number += begins
                        begins = piece.endswith(b"\n")
                        if number in wanted:
                            written.write(piece)
                return aside
            except FileExistsError:
                continue
    raise AssertionError("a name is found")
