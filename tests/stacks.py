"""A stack of the tests' own, on ports of its own, ended with them."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.lifecycle import down, up
from local.places import StateDir
from local.stack import Stack
from local.steps import Steps


def running_stack(folder: Path) -> Iterator[Stack]:
    """A stack with its files in ``folder``: one of `make up` in the project's own is neither used nor disturbed."""
    state = StateDir(folder)
    before = signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", returncode=143))
    try:
        yield up(state, Steps())[0]
    finally:
        down(state)
        signal.signal(signal.SIGTERM, before)
