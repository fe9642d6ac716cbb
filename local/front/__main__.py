"""`python -m local.front STATE_DIR HTTP_PORT HTTPS_PORT`: serves the API of the stack in STATE_DIR until it is ended.

A port that is taken gives way to any free one. The first line of standard output tells, once both listen, which they
are: `{"http": 21470, "https": 21471}`.
"""

import asyncio
import contextlib
import json
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from local.front.app import guarded
from local.front.backend import Backend
from local.front.certificates import Certificates
from local.front.record import Record
from local.places import StateDir
from local.web_guard import App

# Longer than clients leave a connection idle between two batches.
_KEEP_ALIVE_SECONDS = 75


class _Server(uvicorn.Server):
    """One of two servers in a process: signals are for both."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing is captured here."""
        yield


async def serve(app: App, sockets: dict[str, socket.socket], certificates: Certificates) -> None:
    """Serve until SIGTERM or SIGINT, https on the socket of that name."""
    servers = {name: _Server(_config(app, certificates if name == "https" else None)) for name in sockets}
    loop = asyncio.get_running_loop()

    def end() -> None:
        for server in servers.values():
            server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    serving = [asyncio.create_task(server.serve(sockets=[sockets[name]])) for name, server in servers.items()]
    while not all(server.started for server in servers.values()) and not any(task.done() for task in serving):
        await asyncio.sleep(0.01)
    sys.stdout.write(json.dumps({name: found.getsockname()[1] for name, found in sockets.items()}) + "\n")
    sys.stdout.flush()
    await asyncio.gather(*serving)


def _config(app: App, certificates: Certificates | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=2,
        ssl_certfile=certificates.server if certificates else None,
    )


def bound(port: int) -> socket.socket:
    """A socket on the loopback interface: on ``port``, where that is taken on any free one."""
    for wanted in (port, 0):
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind(("127.0.0.1", wanted))
            # Two sockets may bind one port as long as neither listens.
            made.listen(128)
        except OSError:
            made.close()
            continue
        return made
    raise AssertionError("binding port 0 finds a free port")


def main() -> None:
    """Serve; exits with status 1 on wrong arguments."""
    if len(sys.argv) != 4 or not all(argument.isdecimal() for argument in sys.argv[2:]):
        sys.exit("usage: python -m local.front STATE_DIR HTTP_PORT HTTPS_PORT (started by: make up)")
    state = StateDir(Path(sys.argv[1]))
    sockets = {"http": bound(int(sys.argv[2])), "https": bound(int(sys.argv[3]))}
    certificates = Certificates(state.certificates)
    certificates.make()
    app = guarded(Backend(state).answer, Record(state.path))
    asyncio.run(serve(app, sockets, certificates))


if __name__ == "__main__":
    main()
