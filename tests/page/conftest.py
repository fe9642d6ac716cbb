"""One stack for all tests of the live page, in the browser and without: their own, ended with them."""

from collections.abc import Iterator

import pytest

from local.stack import Stack
from tests.stacks import running_stack


@pytest.fixture(scope="session")
def page_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with its page at `page_url`."""
    yield from running_stack(tmp_path_factory.mktemp("page_stack"))
