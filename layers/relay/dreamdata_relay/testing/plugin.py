"""The pytest plugin: a sandbox to point an SDK at, and assertions on what it sent.

A test that takes one of the fixtures fails when something came that the relay would refuse; a violation that is meant
is one that the test has asserted by ``events.assert_violation``.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

# Every run of pytest imports this module, also where no test takes a sandbox.
if TYPE_CHECKING:
    from dreamdata_relay.testing.events import Events
    from dreamdata_relay.testing.sandbox import Check
    from dreamdata_relay.testing.server import SandboxServer

_SANDBOX = pytest.StashKey["SandboxServer"]()


@pytest.fixture(scope="session")
def relay_checks() -> "list[Check]":
    """Override this to add checks of your own to the sandbox: each complaint is a violation."""
    return []


@pytest.fixture(scope="session")
def relay_sandbox_server(relay_checks: "list[Check]") -> Iterator["SandboxServer"]:
    """The sandbox of the session, for what is configured once; tests take ``relay_sandbox``."""
    from dreamdata_relay.testing.sandbox import Sandbox
    from dreamdata_relay.testing.server import SandboxServer

    with SandboxServer(Sandbox(checks=relay_checks)) as server:
        yield server


@pytest.fixture
def relay_sandbox(request: pytest.FixtureRequest, relay_sandbox_server: "SandboxServer") -> Iterator["SandboxServer"]:
    """The sandbox, empty at the start of each test: ``url``, ``host``, ``key``, ``events``, ``violations``."""
    relay_sandbox_server.reset()
    request.node.stash[_SANDBOX] = relay_sandbox_server
    yield relay_sandbox_server
    # What a client sent while its own fixture ended came after the test's call.
    _fail_for_violations(relay_sandbox_server)


@pytest.fixture
def events(relay_sandbox: "SandboxServer") -> "Events":
    """What the test has sent, with assertions that wait for it."""
    return relay_sandbox.events


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail the test itself for what the relay would refuse; one that fails anyway shows it beside its own reason."""
    try:
        yield
    except BaseException:
        if (server := item.stash.get(_SANDBOX, None)) is not None and (told := _violations_of(server)):
            item.add_report_section("call", "relay sandbox", told)
        raise
    if (server := item.stash.get(_SANDBOX, None)) is not None:
        _fail_for_violations(server)


def _fail_for_violations(server: "SandboxServer") -> None:
    if told := _violations_of(server):
        pytest.fail(told, pytrace=False)


def _violations_of(server: "SandboxServer") -> str:
    """Return them as text; once, since the end of the fixture looks again."""
    from dreamdata_relay.testing.telling import listed

    violations = server.violations
    server.sandbox.forgive(violations)
    return f"the relay would refuse:\n{listed(violations)}" if violations else ""
