"""One stack for all tests of the live page, in the browser and without: their own, ended with them. And a fake one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.page.observer import Observer
from local.places import StateDir
from local.stack import Stack
from tests.page.fake_stack import FakeStack, Now
from tests.stacks import running_stack


@pytest.fixture(scope="session")
def page_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with its page at `page_url`."""
    yield from running_stack(tmp_path_factory.mktemp("page_stack"))


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[FakeStack]:
    fake = FakeStack(tmp_path)
    yield fake
    fake.end()


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def observer(stack: FakeStack, tmp_path: Path, now: Now) -> Observer:
    observer = Observer(StateDir(tmp_path), clock=now)
    observer.observe(stack.as_stack)
    return observer
