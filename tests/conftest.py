"""What all tests share. Two processes share them; each starts a local stack of its own where a test needs one."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from local.patience import factor
from tests.examples import examples
from tests.leftovers import left_over

# A shell starts what it puts in the background with Ctrl-C ignored, and so would be every command that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Of the properties that name no number. How long an example takes is a matter of how busy the machine is.
settings.register_profile(
    "relay",
    max_examples=examples(settings().max_examples),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("relay")

# Bounds are as tests name them; a machine that becomes busy later on is measured where a wait is over.
_USUAL_TIMES = 3.0
# They share a stack, or wait for processes with little time of their own.
_ON_A_STACK = frozenset({"e2e", "faults", "local", "page", "witness"})
_HERE = Path(__file__).parent


# First: what deals the tests out reads the marks in the same hook.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests on a stack stay together and begin first: they wait long and calculate little."""
    for item in items:
        if item.path.relative_to(_HERE).parts[0] in _ON_A_STACK:
            item.add_marker(pytest.mark.xdist_group("stack"))
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)
    times = max(_USUAL_TIMES, factor())
    for item in items:
        marked = item.get_closest_marker("timeout")
        seconds = marked.args[0] if marked else float(item.config.getini("timeout"))
        item.add_marker(pytest.mark.timeout(seconds * times), append=False)


@pytest.fixture(scope="session", autouse=True)
def _no_process_is_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Set up before all else, and so the last to look."""
    yield
    assert left_over(tmp_path_factory.getbasetemp()) == []
