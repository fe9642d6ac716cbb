"""Each test of this folder runs against both emulators; the clients are those of the functions' own adapters."""

import itertools
from collections.abc import Iterator

import pytest

from dreamdata_relay.adapters import aws
from tests.witness.differences import reason_of
from tests.witness.emulators import KEY_PAIR, NAMES, REGION, Emulator, running
from tests.witness.queues import Queue

_numbers = itertools.count()


@pytest.fixture(scope="package", params=NAMES)
def emulator(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running(request.param, tmp_path_factory.mktemp(request.param)) as found:
        yield found


@pytest.fixture(autouse=True)
def _differences_are_known(request: pytest.FixtureRequest, emulator: Emulator) -> None:
    if reason := reason_of(request.function, emulator.name):
        request.applymarker(pytest.mark.xfail(strict=True, reason=f"{emulator.name}: {reason}"))


@pytest.fixture(autouse=True)
def _adapters_reach_it(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The adapters' clients as they are in a function, but for where they find AWS."""
    found = {"AWS_ENDPOINT_URL": emulator.url, "AWS_DEFAULT_REGION": REGION, "NO_PROXY": "127.0.0.1", **KEY_PAIR}
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    aws._session.cache_clear()
    yield
    aws._session.cache_clear()


@pytest.fixture
def name() -> str:
    """A name that no other test has."""
    return f"witness-{next(_numbers)}"


@pytest.fixture
def queue(emulator: Emulator, name: str) -> Queue:
    """A new queue whose dead letters go to another after two receives."""
    return Queue.made(emulator.client("sqs"), name)
