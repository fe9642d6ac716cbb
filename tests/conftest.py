"""What all tests share. Two processes share them; each starts a local stack of its own where a test needs one."""

import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer

from local.patience import factor
from tests.dealing import OfAStackTogether, on_a_stack
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


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist nobody asks
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OfAStackTogether:
    """Deal the tests out to the processes."""
    return OfAStackTogether(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests on a stack begin first, also in one process."""
    items.sort(key=lambda item: on_a_stack(item.nodeid) is None)
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
