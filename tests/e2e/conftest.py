"""One stack for all end-to-end tests: their own, on ports of its own, ended with them."""

import signal
from collections.abc import Iterator

import pytest

from local.lifecycle import down, up
from local.places import StateDir
from local.stack import Stack
from local.steps import Steps


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    # A stack of `make up` in the project's own folder is neither used nor disturbed.
    state = StateDir(tmp_path_factory.mktemp("stack"))
    before = signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", returncode=143))
    try:
        yield up(state, Steps())[0]
    finally:
        down(state)
        signal.signal(signal.SIGTERM, before)


@pytest.fixture(autouse=True)
def _processes_alive(stack: Stack) -> Iterator[None]:
    yield
    stack.check()
