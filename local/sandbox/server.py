"""The sandbox's HTTP: `POST /v1/batch` as Dreamdata has it, and the control endpoints below `/_sandbox/`."""

import contextlib
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from local import web_guard
from local.sandbox.service import NO_LIMIT, Reply, Sandbox, json_reply

_MAX_READ_BYTES = 64 * 1024 * 1024
_IDLE_SECONDS = 120
_WITHOUT_BODY = {204, 304}


class SandboxServer(ThreadingHTTPServer):
    """Serves one sandbox on the loopback interface; port 0 takes any free port."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, sandbox: Sandbox, port: int = 0) -> None:
        self.sandbox = sandbox
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SandboxServer
    timeout = _IDLE_SECONDS
    wbufsize = -1
    disable_nagle_algorithm = True

    def parse_request(self) -> bool:
        """Read a request's head; False where it is answered by that already."""
        if not super().parse_request():
            return False
        reason = web_guard.refusal(self.headers.items(), self.command)
        if reason is not None:
            self.close_connection = True
            self._send(json_reply({"success": False, "message": reason}, 403))
        return reason is None

    def do_GET(self) -> None:
        sandbox, url = self.server.sandbox, urlsplit(self.path)
        asked = parse_qs(url.query)
        since, limit = asked.get("since", ["0"])[0], asked.get("limit", [str(NO_LIMIT)])[0]
        reads = {
            "/_sandbox/events": sandbox.events,
            "/_sandbox/payloads": sandbox.payloads,
        }
        if url.path == "/_sandbox/health":
            self._send(sandbox.health())
        elif url.path == "/_sandbox/script":
            self._send(sandbox.script_now(self.headers.get("Authorization", "")))
        elif url.path not in reads:
            self._send(_not_here(url.path, "GET"))
        elif not (since.isdecimal() and limit.isdecimal()):
            self._send(json_reply({"message": "since or limit is not a number"}, 400))
        else:
            self._send(reads[url.path](int(since), int(limit)))

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        sandbox, path = self.server.sandbox, urlsplit(self.path).path
        if path == "/v1/batch":
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._send(sandbox.post_batch(headers, body))
        elif path == "/_sandbox/reset":
            self._send(sandbox.reset())
        elif path == "/_sandbox/script":
            self._send(sandbox.script(body))
        else:
            self._send(_not_here(path, "POST"))

    def do_PUT(self) -> None:
        self.close_connection = True
        self._send(_not_here(urlsplit(self.path).path, self.command))

    do_DELETE = do_PATCH = do_PUT

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # named by the base class
        """Nothing is logged: the record tells it all, and bodies are customers' events."""

    def _body(self) -> bytes | None:
        """The request's whole body; None when there is no telling its length (already answered)."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _MAX_READ_BYTES:
            self.close_connection = True
            status = 413 if length.isdecimal() else 411
            self._send(json_reply({"success": False, "message": "Content-Length missing or far too large"}, status))
            return None
        return self.rfile.read(int(length))

    def _send(self, reply: Reply) -> None:
        if reply.delay_s:
            time.sleep(reply.delay_s)
        if reply.drop:
            self.close_connection = True
            return
        body = b"" if reply.status in _WITHOUT_BODY else reply.body
        headers = {"Content-Type": "application/json", **reply.headers, "Content-Length": str(len(body))}
        self.send_response(reply.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body)
            self.wfile.flush()


def _not_here(path: str, method: str) -> Reply:
    known = path in {"/v1/batch", "/_sandbox/events", "/_sandbox/payloads", "/_sandbox/reset", "/_sandbox/script"}
    return json_reply({"success": False, "message": f"no {method} {path} here"}, 405 if known else 404)
