"""One stack for all end-to-end tests: their own, on ports of its own, ended with them."""

from collections.abc import Iterator

import pytest

from local.stack import Stack
from tests.stacks import running_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    yield from running_stack(tmp_path_factory.mktemp("stack"))


@pytest.fixture(autouse=True)
def _processes_alive(stack: Stack) -> Iterator[None]:
    yield
    stack.check()
