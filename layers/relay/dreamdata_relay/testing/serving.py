"""Runs a sandbox until it is ended by a signal: the body of both commands, ``relay sandbox`` and ``relay-sandbox``."""

import json
import signal
import threading
from collections.abc import Callable

from dreamdata_relay import __version__
from dreamdata_relay.testing.interface import PREFIX
from dreamdata_relay.testing.sandbox import Sandbox
from dreamdata_relay.testing.server import SandboxServer

_ENDS = (signal.SIGINT, signal.SIGTERM)


def serve(port: int, key: str | None, ready: Callable[[SandboxServer], None]) -> SandboxServer:
    """Serve until SIGINT or SIGTERM and return the server, ended; ``ready`` is called once it answers.

    Raises OSError if the port is not free.
    """
    ended = threading.Event()
    before = {number: signal.signal(number, lambda *_: ended.set()) for number in _ENDS}
    try:
        with SandboxServer(Sandbox(key), port) as server:
            ready(server)
            ended.wait()
        return server
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def facts(server: SandboxServer) -> dict[str, object]:
    """Return what a program has to know of it: the ready line of ``--json``."""
    return {
        "url": server.url,
        "host": server.host,
        "port": server.port,
        "key": server.key,
        "control": server.url + PREFIX,
        "version": __version__,
    }


def guidance(server: SandboxServer) -> str:
    """Return what a person has to know of it."""
    return f"""\
the sandbox listens on {server.url}, for programs on this machine; Ctrl-C ends it
point an SDK at it:
  Node    new Analytics({{ writeKey: "{server.key}", host: "{server.url}" }})
  Python  Client("{server.key}", host="{server.url}")
  Go      analytics.NewWithConfig("{server.key}", analytics.Config{{ Endpoint: "{server.url}" }})
  PHP     'host' => '{server.host}', by a consumer that speaks http
ask it:
  curl '{server.url}{PREFIX}/events?type=track&count=1'
  curl {server.url}{PREFIX}/violations"""


def summary(server: SandboxServer) -> str:
    """Return what came, in a line."""
    events, violations = len(server.sandbox.events), len(server.violations)
    return f"the sandbox has ended; since its last reset {events} events came, and {violations} violations"


def ready_line(server: SandboxServer) -> str:
    """Return :func:`facts` as a line."""
    return json.dumps(facts(server))
