"""The ingest function's core over a queue in memory, served on loopback as API Gateway serves it."""

import json
import threading
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self

from tests.fakes.relay import IngestBench, http_event

# What happens to a request instead of its being answered: a status, or the connection is closed ``before`` the
# function sees it, or ``after`` the function has taken it.
type Trouble = int | Literal["before", "after"]


class ServedIngest(ThreadingHTTPServer):
    """Requests go to ``bench``, one at a time; the first ones meet ``troubles``, a None among them is none.

    ``bodies`` are those that the function has seen, where it ``keeps`` them. ``seen`` is called with the number of each
    (the first is 1).
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, *troubles: Trouble | None, seen: Callable[[int], None] = lambda _: None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bench = IngestBench()
        self.troubles = deque(troubles)
        self.bodies: list[bytes] = []
        self.keeps = True
        self.events_seen = 0
        self.connections = 0
        self.seen = seen
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """The API's address."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every event on the queue."""
        return self.bench.queued_events()

    @property
    def ids(self) -> list[str]:
        """Their ids, sorted."""
        return sorted(event["messageId"] for event in self.events)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection, and count it."""
        self.connections += 1
        return super().get_request()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: ServedIngest
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Hand the request on, unless trouble comes first."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            trouble = self.server.troubles.popleft() if self.server.troubles else None
            if trouble == "before":
                self.close_connection = True
                return
            if isinstance(trouble, int):
                self._answer(trouble, b'{"message": "from API Gateway"}')
                return
            self.server.events_seen += body.count(b'"messageId"')
            if self.server.keeps:
                self.server.bodies.append(body)
            headers = {"authorization": self.headers["Authorization"]}
            event = http_event(body.decode(), self.path, key=None, headers=headers)
            answer = self.server.bench.intake.answer(event, 15.0)
            self.server.seen(len(self.server.bodies))
        if trouble == "after":
            self.close_connection = True
            return
        self._answer(answer.status, json.dumps(answer.body).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing."""
