"""The front's ASGI application: reads a request whole, has it answered in a thread, and records it."""

import asyncio
import os
import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from local.front import answers, http_api
from local.front.answers import Answer
from local.front.http_api import Request
from local.front.record import Exchange, Record
from local.web_guard import App, Receive, Scope, Send, WebGuard

_WITHOUT_BODY = frozenset({204, 304})
# Who takes the front for a proxy names it in the path, and means the path alone.
_ORIGIN = re.compile(r"^https?://[^/]*", re.IGNORECASE)
# Read to its end, and forgotten: a client that is answered while it sends may see a broken connection, not the answer.
_MAX_FORGOTTEN_BYTES = 64 * 1024 * 1024
# As many requests wait for functions at once. Each may start one anew: far more than the cores can start in the seconds
# that a function gives itself would all end as 503, where in turn none does.
MOST_AT_ONCE = min(40, 4 * (os.process_cpu_count() or 1))


class Front:
    """Answers each request with what ``answer`` makes of it, and writes both to ``record``."""

    def __init__(self, answer: Callable[[Request], Answer], record: Record) -> None:
        self._answer = answer
        self._record = record
        # A request waits for a function most of its time.
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="front")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; nobody else is let in by the server's settings."""
        body = await _whole_body(receive)
        if body is None:
            return
        request = _request_of(scope, body)
        answer = await asyncio.get_running_loop().run_in_executor(self._threads, self._handled, request)
        headers = list(answer.headers)
        if answer.status not in _WITHOUT_BODY:
            headers.append(("content-length", str(len(answer.body))))
        raw = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": b"" if answer.status in _WITHOUT_BODY else answer.body})

    def _handled(self, request: Request) -> Answer:
        large = len(request.body) > http_api.MAX_BODY_BYTES
        answer = _refusal(request) or self._answer(request)
        path = f"{request.path}?{request.query}" if request.query else request.path
        exchange = Exchange(
            request.at,
            request.request_id,
            request.method,
            path,
            request.joined_headers(),
            None if large else request.body,
            answer.status,
            answer.body,
        )
        try:
            self._record.add(exchange)
        except OSError as error:
            sys.stderr.write(f"the record cannot be written: {error}\n")
            sys.stderr.flush()
        return answer


def _refusal(request: Request) -> Answer | None:
    """What API Gateway answers a request that no function gets for its size."""
    if request.head_bytes() > http_api.MAX_HEAD_BYTES:
        return answers.HEADERS_TOO_LARGE
    return answers.TOO_LARGE if len(request.body) > http_api.MAX_BODY_BYTES else None


def guarded(answer: Callable[[Request], Answer], record: Record) -> App:
    """The application behind the guard of all servers of the stack."""
    return WebGuard(Front(answer, record))


async def _whole_body(receive: Receive) -> bytes | None:
    """The body, of one that is too large its beginning; None where the client went away."""
    kept, read, more = bytearray(), 0, True
    while more and read < _MAX_FORGOTTEN_BYTES:
        message = await receive()
        if message["type"] != "http.request":
            return None
        chunk = message.get("body", b"")
        read += len(chunk)
        if len(kept) <= http_api.MAX_BODY_BYTES:
            kept += chunk
        more = message.get("more_body", False)
    return bytes(kept)


def _request_of(scope: Scope, body: bytes) -> Request:
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    raw_path = scope.get("raw_path") or scope["path"].encode()
    return Request(
        method=scope["method"],
        path=_ORIGIN.sub("", raw_path.decode("latin-1")),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=body,
        scheme=scope["scheme"],
        port=scope["server"][1],
        at=datetime.now(UTC),
        request_id=http_api.new_request_id(),
    )
