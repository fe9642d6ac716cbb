"""Serves one application by http and by https, in one process."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

import uvicorn

from local.front.certificates import Certificates
from local.front.faults import HttpProtocol, https_context
from local.web_guard import App

# Longer than clients leave a connection idle between two batches.
_KEEP_ALIVE_SECONDS = 75
_GRACE_SECONDS = 2
_WAITING_CONNECTIONS = 128

type Sockets = Mapping[Literal["http", "https"], socket.socket]


class _Server(uvicorn.Server):
    """One of two servers in a process: signals are for both."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing is captured here."""
        yield


async def serve(
    app: App, sockets: Sockets, certificates: Certificates, ready: Callable[[], None], end: asyncio.Event
) -> None:
    """Serve on ``sockets``, which listen, until ``end`` is set; ``ready`` is called as soon as all are served."""
    http_url = f"http://127.0.0.1:{sockets['http'].getsockname()[1]}"
    https = https_context(certificates.server, http_url)
    servers = [_Server(_config(app, https if name == "https" else None)) for name in sockets]
    serving = [
        asyncio.create_task(server.serve(sockets=[bound_socket]))
        for server, bound_socket in zip(servers, sockets.values(), strict=True)
    ]
    while not all(server.started or task.done() for server, task in zip(servers, serving, strict=True)):
        await asyncio.sleep(0.01)
    ready()
    ended = asyncio.create_task(end.wait())
    await asyncio.wait([ended, *serving], return_when=asyncio.FIRST_COMPLETED)
    ended.cancel()
    for server in servers:
        server.should_exit = True
    await asyncio.gather(*serving)


def _config(app: App, https: ssl.SSLContext | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=HttpProtocol,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        ssl_context_factory=(lambda *_: https) if https else None,
    )


def listening(port: int) -> socket.socket:
    """A socket that listens on the loopback interface: on ``port``, where that is taken on any free one."""
    for wanted in (port, 0):
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind(("127.0.0.1", wanted))
            # At once: two sockets may be bound to one port as long as neither listens.
            made.listen(_WAITING_CONNECTIONS)
        except OSError:
            made.close()
            continue
        return made
    raise AssertionError("binding port 0 finds a free port")
