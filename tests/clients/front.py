"""The local stack's front before the ingest handler over fakes: http and https, without an emulator."""

import asyncio
import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from local.front import http_api
from local.front.app import guarded
from local.front.certificates import Certificates
from local.front.http_api import Answer, Request
from local.front.record import Record
from local.front.serving import Sockets, listening, serve
from local.web_guard import App
from tests.fakes.http_api import ACCOUNT, API
from tests.handlers.ingest import Ingest, running_ingest

type Scheme = Literal["http", "https"]
UNAVAILABLE: dict[str, Any] = {
    "statusCode": 503,
    "headers": {"Content-Type": "application/json", "Retry-After": "1"},
    "body": '{"code": "queue_unavailable", "message": "the queue did not take the events"}',
}


@dataclass
class Served:
    """An application on free ports: its ``urls`` by scheme, and the files of its certificate."""

    urls: dict[Scheme, str]
    certificates: Certificates


@dataclass
class Front:
    """``requests``: the bodies received, unpacked and parsed, with the status each was answered with."""

    ingest: Ingest
    served: Served
    failures: int = 0
    requests: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request) -> Answer:
        """The handler's answer; to the first ``failures`` requests the relay's own 503."""
        with self.lock:
            if self.failures:
                self.failures -= 1
                result = UNAVAILABLE
            else:
                result = self.ingest.call(http_api.event_of(request, API, ACCOUNT))
            text = gzip.decompress(request.body) if request.body[:2] == b"\x1f\x8b" else request.body
            self.requests.append((result["statusCode"], json.loads(text)))
        return http_api.answer_of(json.dumps(result).encode(), request.request_id)

    def sent(self, status: int) -> list[dict[str, Any]]:
        """The events of all requests answered with ``status``, with the context that stands beside them."""
        return [
            event | ({"context": body["context"]} if "context" in body else {})
            for answered, body in self.requests
            if answered == status
            for event in body["batch"]
        ]


@contextmanager
def served(app: App, certificates: Certificates) -> Iterator[Served]:
    """``app`` as the front serves it, in a thread, by http and https."""
    sockets: Sockets = {"http": listening(0), "https": listening(0)}
    urls = {name: f"{name}://127.0.0.1:{found.getsockname()[1]}" for name, found in sockets.items()}
    ready, loops = threading.Event(), []

    async def run() -> None:
        end = asyncio.Event()
        loops.append((asyncio.get_running_loop(), end))
        await serve(app, sockets, certificates, ready.set, end)

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    assert ready.wait(60)
    try:
        yield Served(urls, certificates)
    finally:
        loop, end = loops[0]
        loop.call_soon_threadsafe(end.set)
        thread.join()


@contextmanager
def running_front(folder: Path) -> Iterator[Front]:
    """A front whose record and certificates are in ``folder``."""
    certificates = Certificates(folder / "certificates")
    certificates.make()
    fronts: list[Front] = []
    app = guarded(lambda request: fronts[0].answer(request), Record(folder))
    with running_ingest() as ingest, served(app, certificates) as found:
        fronts.append(Front(ingest, found))
        yield fronts[0]
