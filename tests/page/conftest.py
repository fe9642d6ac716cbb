"""One stack for all tests of the live page, in the browser and without: their own, ended with them."""

import signal
from collections.abc import Iterator

import pytest

from local.lifecycle import down, up
from local.places import StateDir
from local.stack import Stack
from local.steps import Steps


@pytest.fixture(scope="session")
def page_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with its page at `page_url`."""
    # A stack of `make up` in the project's own folder is neither used nor disturbed.
    state = StateDir(tmp_path_factory.mktemp("page_stack"))
    before = signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", returncode=143))
    try:
        yield up(state, Steps())[0]
    finally:
        down(state)
        signal.signal(signal.SIGTERM, before)
