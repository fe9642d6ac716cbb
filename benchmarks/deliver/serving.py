"""What every sender's process does: a run for each line on standard input, answered with a line. Standard library only.

Senders run in environments that do not have the relay's packages. What a sender prints goes nowhere.
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path


def serve(work: Callable[[], None]) -> None:
    """Print a line when ready; then run ``work`` once for each line and print a line when it is done."""
    with os.fdopen(os.dup(1), "w", buffering=1) as answers, open(os.devnull, "w") as nowhere:  # noqa: PTH123  # a device
        os.dup2(nowhere.fileno(), 1)
        print("ready", file=answers)
        for _ in sys.stdin:
            work()
            print("done", file=answers)


def messages_in(path: str) -> list[str]:
    """The bodies of the messages in ``path``, one a line."""
    return Path(path).read_text(encoding="utf-8").strip("\n").split("\n")


def batches(bodies: list[str], most: int = 80) -> Iterator[list[str]]:
    """``bodies`` by ``most``, as one invocation gets them: 80 of 62,400 bytes are 5 of Lambda's 6 MB."""
    for start in range(0, len(bodies), most):
        yield bodies[start : start + most]
