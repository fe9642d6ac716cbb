"""Serves a sandbox on the loopback interface: the relay's API at the root, the sandbox's own below ``/_sandbox``."""

import base64
import contextlib
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import unquote, urlsplit

from dreamdata_relay.testing.events import Events
from dreamdata_relay.testing.guard import refusal
from dreamdata_relay.testing.interface import PREFIX, Interface, Reply
from dreamdata_relay.testing.record import Violation
from dreamdata_relay.testing.sandbox import Sandbox

USUAL_KEY = "sandbox"
# API Gateway's limit.
_MAX_BODY_BYTES = 10 * 1024 * 1024
_MAX_LINE_BYTES = 1_024
_IDLE_S = 120


class _Unreadable(Exception):
    """Raised when a body has no length or too much of it; carries the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class SandboxServer:
    """Serves ``sandbox`` in a thread of its own, from ``with`` on and until its end; port 0 takes a free port.

    The port is taken at once: raises OSError if it is not free.
    """

    def __init__(self, sandbox: Sandbox | None = None, port: int = 0) -> None:
        self.sandbox = Sandbox() if sandbox is None else sandbox
        self._server = _Server(self.sandbox, port)
        # Looks ten times a second whether it shall end.
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="sandbox", daemon=True)

    @property
    def port(self) -> int:
        """Return the port that it listens on."""
        return self._server.server_port

    @property
    def host(self) -> str:
        """Return the address without a scheme, as some SDKs take it: ``127.0.0.1:<port>``."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Return the address to point an SDK at, without a slash at its end."""
        return f"http://{self.host}"

    @property
    def key(self) -> str:
        """Return a key that it accepts, for the SDK's write key."""
        return self.sandbox.key or USUAL_KEY

    @property
    def events(self) -> Events:
        """Return what has come, with the assertions on it."""
        return Events(self.sandbox, address=self.url)

    @property
    def violations(self) -> list[Violation]:
        """Return what the relay would refuse."""
        return self.sandbox.violations

    def reset(self) -> None:
        """Forget everything that has come."""
        self.sandbox.reset()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # An SDK keeps its connection open for longer than a test runs.
    block_on_close = False
    request_queue_size = 128

    def __init__(self, sandbox: Sandbox, port: int) -> None:
        self.sandbox = sandbox
        self.interface = Interface(sandbox)
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that goes away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = _IDLE_S
    # An answer goes out as one packet.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        # First: nothing of what a web page sends is read, or noted.
        if reason := refusal(self.headers.items(), self.command):
            self.close_connection = True
            self._send(Reply.of(403, {"message": reason}))
            return
        try:
            body = self._body()
        except _Unreadable as error:
            self.close_connection = True
            self.server.sandbox.refuse(error.status, "body_unreadable", error.message)
            self._send(Reply.of(error.status, {"message": error.message}))
            return
        url = urlsplit(self.path)
        if url.path == PREFIX or url.path.startswith(f"{PREFIX}/"):
            self._send(self.server.interface.answer(self.command, url.path, url.query, body))
        else:
            self._send(self._relayed(unquote(url.path), body))

    do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_GET

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # named by the base class
        """Log nothing: the record has it all."""

    def _relayed(self, path: str, body: bytes) -> Reply:
        """Answer as the ingest function behind an HTTP API."""
        event = {
            "rawPath": path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "requestContext": {"http": {"method": self.command, "path": path}},
            "body": base64.b64encode(body).decode() if body else None,
            "isBase64Encoded": bool(body),
        }
        try:
            response = self.server.sandbox.answer(event)
        except Exception as error:  # noqa: BLE001  # as the function's handler does; the test that runs is told
            self.server.sandbox.refuse(503, "internal", f"the relay failed: {type(error).__name__}")
            return Reply.of(503, {"code": "internal", "message": "the relay failed; send again"}, {"Retry-After": "5"})
        return Reply.of(response.status, response.body, response.headers)

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(self._chunks())
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal():
            raise _Unreadable(400, "Content-Length is not a number")
        if int(length) > _MAX_BODY_BYTES:
            raise _Unreadable(413, "Request Entity Too Large")
        return self.rfile.read(int(length))

    def _chunks(self) -> Iterable[bytes]:
        room = _MAX_BODY_BYTES
        while True:
            try:
                size = int(self.rfile.readline(_MAX_LINE_BYTES).partition(b";")[0], 16)
            except ValueError:
                raise _Unreadable(400, "a chunk of the body has no size") from None
            room -= size
            if size < 0 or room < 0:
                raise _Unreadable(413, "Request Entity Too Large")
            if size == 0:
                break
            yield self.rfile.read(size)
            self.rfile.readline(_MAX_LINE_BYTES)
        # Trailers, and the empty line that ends the body.
        while self.rfile.readline(_MAX_LINE_BYTES).strip():
            pass

    def _send(self, reply: Reply) -> None:
        with contextlib.suppress(ConnectionError):
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body)
            self.wfile.flush()
