"""Replaces standard streams that were closed before the program began (`relay status >&-`).

Python then has none, and the first file or connection that is opened takes the stream's number: what is written to
stderr would go there.
"""

import os
import sys

_STREAMS = ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w"))


def open_all() -> None:
    """Open each closed stream so that reads return nothing and writes raise OSError."""
    for number, name, mode in _STREAMS:
        if getattr(sys, name) is None:
            # The lowest number that is free.
            taken = os.open(os.devnull, os.O_RDONLY)
            if taken == number:
                setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115  # for as long as it runs
