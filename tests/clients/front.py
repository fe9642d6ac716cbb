"""A small HTTP server in API Gateway's place: each request goes to the ingest handler over fakes."""

import base64
import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.handlers.ingest import Ingest, running_ingest

# What an HTTP API hands over as text; everything else, and here whatever says that it is encoded, comes as base64.
_TEXT_TYPES = ("text/", "application/json", "application/xml", "application/javascript")


@dataclass
class Front:
    """``requests``: the bodies received, unpacked and parsed, with the status each was answered with."""

    ingest: Ingest
    url: str = ""
    failures: int = 0
    requests: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, event: dict[str, Any], data: bytes) -> dict[str, Any]:
        """The handler's answer; of the first ``failures`` requests the relay's own 503."""
        with self.lock:
            if self.failures:
                self.failures -= 1
                result: dict[str, Any] = {
                    "statusCode": 503,
                    "headers": {"Content-Type": "application/json", "Retry-After": "1"},
                    "body": '{"code": "queue_unavailable", "message": "the queue did not take the events"}',
                }
            else:
                result = self.ingest.call(event)
            text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
            self.requests.append((result["statusCode"], json.loads(text)))
        return result

    def sent(self, status: int) -> list[dict[str, Any]]:
        """The events of all requests answered with ``status``."""
        return [event for answered, body in self.requests if answered == status for event in body["batch"]]


def http_api_event(method: str, path: str, headers: dict[str, str], data: bytes) -> dict[str, Any]:
    """The event (payload format 2.0) that an HTTP API makes of a request; names of ``headers`` in lower case."""
    text = headers.get("content-type", "").startswith(_TEXT_TYPES) and "content-encoding" not in headers
    return {
        "version": "2.0",
        "rawPath": path.partition("?")[0],
        "rawQueryString": path.partition("?")[2],
        "headers": headers,
        "requestContext": {"http": {"method": method, "path": path}, "stage": "$default"},
        "body": data.decode("utf-8", "replace") if text else base64.b64encode(data).decode(),
        "isBase64Encoded": not text,
    }


@contextmanager
def running_front() -> Iterator[Front]:
    """A front on a free port of this machine's own address."""
    with running_ingest() as ingest:
        front = Front(ingest)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                result = front.answer(http_api_event("POST", self.path, headers, data), data)
                body = result["body"].encode()
                self.send_response(result["statusCode"])
                for name, value in result["headers"].items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing: pytest shows what matters."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        front.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield front
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
