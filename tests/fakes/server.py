"""A real HTTP server on the loopback interface that treats each request as it is told to."""

import contextlib
import json
import socket
import socketserver
import ssl
import struct
import threading
from collections import deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

from tests.patience import LONGEST_S

_TRICKLE_S = 0.02


@dataclass(frozen=True)
class Reaction:
    """How one request is answered.

    ``drop``: the connection is reset before the request is read, or closed after it was. ``trickle``: status
    line, headers or body come one byte at a time, without end. ``hang``: the request is read, nothing comes until the
    server is closed. ``close``: the connection is closed after the answer without a word. ``wait_for``: answered once
    this is set.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b'{"success":true}'
    drop: Literal["", "before", "after"] = ""
    trickle: Literal["", "status", "headers", "body"] = ""
    hang: bool = False
    close: bool = False
    wait_for: threading.Event | None = None


class RequestSeen:
    """A request as it was read: ``line``, ``headers`` (names in lower case) and ``body``."""

    def __init__(self, line: str, headers: dict[str, str], body: bytes) -> None:
        self.line = line
        self.headers = headers
        self.body = body

    @property
    def ids(self) -> list[str]:
        """The ids of the events in it."""
        return [event["messageId"] for event in json.loads(self.body)["batch"]]


class HttpServer(socketserver.ThreadingTCPServer):
    """Answers with ``reactions`` in turn, then with 200; counts ``connections``; ``requests`` are those read whole."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, *reactions: Reaction, tls: ssl.SSLContext | None = None) -> None:
        self.reactions = deque(reactions)
        self.connections = 0
        self.requests: list[RequestSeen] = []
        self.closing = threading.Event()
        self.closed_connections = threading.Semaphore(0)
        self._tls = tls
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Where payloads are posted to."""
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self.server_address[1]}/v1/batch"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        at: TracebackType | None = None,
    ) -> None:
        self.closing.set()
        for open_socket in self._sockets:
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
        self.shutdown()
        self.server_close()

    def next_reaction(self) -> Reaction:
        """The reaction to the request that begins."""
        with self._lock:
            return self.reactions.popleft() if self.reactions else Reaction()

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection."""
        accepted, address = super().get_request()
        self.connections += 1
        self._sockets.append(accepted)
        return accepted, address

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection, in its own thread."""
        if self._tls is None:
            super().finish_request(request, client_address)
            return
        with self._tls.wrap_socket(request, server_side=True) as wrapped:
            self._sockets.append(wrapped)
            super().finish_request(wrapped, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection, and only then say so."""
        super().shutdown_request(request)
        self.closed_connections.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


class _Handler(socketserver.StreamRequestHandler):
    server: HttpServer

    def handle(self) -> None:
        # The first byte tells that a request begins; it is left unread.
        while not self.server.closing.is_set() and self.rfile.peek(1):  # type: ignore[attr-defined]  # buffered
            if not self._react(self.server.next_reaction()):
                return

    def _react(self, reaction: Reaction) -> bool:
        if reaction.drop == "before":
            # Closed with nothing to linger for: a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return False
        self.server.requests.append(self._read())
        if reaction.drop == "after":
            return False
        if reaction.hang:
            self.server.closing.wait()
            return False
        if reaction.wait_for is not None:
            reaction.wait_for.wait(LONGEST_S)
        return self._answer(reaction)

    def _read(self) -> RequestSeen:
        line = self.rfile.readline().decode()
        headers = {}
        while (text := self.rfile.readline().decode().strip()) != "":
            name, _, value = text.partition(":")
            headers[name.lower()] = value.strip()
        return RequestSeen(line.strip(), headers, self.rfile.read(int(headers.get("content-length", 0))))

    def _answer(self, reaction: Reaction) -> bool:
        headers = {"Content-Length": str(len(reaction.body)), **reaction.headers}
        head = f"HTTP/1.1 {reaction.status} Said\r\n" + "".join(
            f"{name}: {value}\r\n" for name, value in headers.items()
        )
        if reaction.trickle == "status":
            self._trickle(b"HTTP/1.1 ")
        if reaction.trickle == "headers":
            self._trickle(head.encode() + b"X-Long: ")
        if reaction.trickle == "body":
            self.wfile.write(
                head.replace(f"Content-Length: {len(reaction.body)}", "Content-Length: 100000").encode() + b"\r\n"
            )
            self._trickle(reaction.body)
        self.wfile.write(head.encode() + b"\r\n" + reaction.body)
        return not reaction.close

    def _trickle(self, start: bytes) -> None:
        self.wfile.write(start)
        while not self.server.closing.wait(_TRICKLE_S):
            self.wfile.write(b"x")
