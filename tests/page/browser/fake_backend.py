"""The page's server as the tests need it: it says what they tell it, by the same contract as the real one.

Runs in a thread of its own, on a port of 127.0.0.1 that it keeps when it is stopped and started again.
"""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tests.patience import LONGEST_S

STATIC = Path(__file__).resolve().parents[3] / "local" / "page" / "static"
_HEADERS = {"Content-Security-Policy": "default-src 'self'", "Cache-Control": "no-store"}
_CHUNK = 2_000

type Json = dict[str, Any]


def overview(**members: Any) -> Json:
    """An overview with nothing in it, but for `members`."""
    return {
        "counts": {"queued": 0, "held": 0, "delivered": 0, "dead": 0, "dropped": 0, "lost": 0},
        "queue": {"visible": 0, "inFlight": 0, "dead": 0},
        "lag": [],
        "fill": [],
        "mode": "healthy",
        "refused": [],
        "stack": "ok",
        "kept": 20_000,
        "forgotten": 0,
        "refusals": 0,
        "refusal": None,
    } | members


class FakeBackend:
    """Rows, details and answers to be set by a test; `asked` keeps what the page posted."""

    def __init__(self) -> None:
        # A test's thread sets what the server's thread sends: never half of it.
        self._lock = threading.Lock()
        self.forget()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port: int = probe.getsockname()[1]
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def is_up(self) -> bool:
        """Whether it serves."""
        return self._server is not None

    def start(self) -> None:
        """Serve until stopped; returns when it listens."""
        config = uvicorn.Config(self._app(), "127.0.0.1", self._port, log_config=None, timeout_graceful_shutdown=1)
        self._server = server = uvicorn.Server(config)
        self._thread = threading.Thread(target=server.run, daemon=True)
        listening = threading.Event()
        startup = server.startup

        async def start_and_tell(sockets: list[socket.socket] | None = None) -> None:
            await startup(sockets)
            listening.set()

        server.startup = start_and_tell  # type: ignore[method-assign]
        self._thread.start()
        assert listening.wait(LONGEST_S)

    def stop(self) -> None:
        """Be gone, and every connection with it."""
        if self._server and self._thread:
            self._server.should_exit = True
            self._thread.join(LONGEST_S)
            assert not self._thread.is_alive()
        self._server = None

    def forget(self) -> None:
        """Know nothing any more."""
        self.rows: dict[str, Json] = {}
        self.details: dict[str, Json] = {}
        self.overview = overview()
        self.samples: list[Json] = []
        self.answer: Json = {"status": 200, "answer": '{"success": true}', "sent": 1}
        self.asked: list[tuple[str, Json]] = []
        self.version = 0

    def put(self, *rows: Json) -> None:
        """New rows, or rows in a new state, with the counts that follow from them."""
        with self._lock:
            for row in rows:
                self.version += 1
                self.rows[row["key"]] = row | {"version": self.version}
            states = [row["state"] for row in self.rows.values()]
            self.overview["counts"] = {state: states.count(state) for state in self.overview["counts"]}

    def tell(self, **members: Any) -> None:
        """Members of the overview that change."""
        with self._lock:
            self.version += 1
            self.overview |= members

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self._index),
                Route("/api/stream", self._stream),
                Route("/api/events/{key:path}/{action:str}", self._act, methods=["POST"]),
                Route("/api/events/{key:path}", self._event),
                Route("/api/samples", self._samples),
                Route("/api/send", self._send, methods=["POST"]),
                Route("/api/sandbox", self._sandbox, methods=["POST"]),
                Mount("/static", _Static(directory=STATIC)),
            ]
        )

    async def _index(self, _: Request) -> Response:
        return FileResponse(STATIC / "index.html", headers=_HEADERS)

    async def _stream(self, _: Request) -> Response:
        return StreamingResponse(self._messages(), media_type="text/event-stream", headers=_HEADERS)

    async def _messages(self) -> AsyncIterator[str]:
        seen, is_first = -1, True
        server = self._server
        while server is not None and not server.should_exit:
            for message in self._news(seen):
                yield f"data: {json.dumps(message | {'reset': is_first})}\n\n"
                seen, is_first = message["version"], False
            await asyncio.sleep(0.02)

    def _news(self, seen: int) -> list[Json]:
        with self._lock:
            if self.version == seen:
                return []
            rows = [row for row in self.rows.values() if row["version"] > seen]
            parts = [rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK)] or [[]]
            return [{"version": self.version, "rows": part, "overview": dict(self.overview)} for part in parts]

    async def _event(self, request: Request) -> Response:
        detail = self.details.get(request.path_params["key"])
        if detail is None:
            return JSONResponse({"error": "no such event"}, 404, _HEADERS)
        return JSONResponse(detail | {"row": self.rows[request.path_params["key"]]}, headers=_HEADERS)

    async def _act(self, request: Request) -> Response:
        self._keep(request.path_params["action"], request, {"key": request.path_params["key"]})
        return JSONResponse(self.answer, 400 if "error" in self.answer else 200, _HEADERS)

    async def _samples(self, _: Request) -> Response:
        return JSONResponse(self.samples, headers=_HEADERS)

    async def _send(self, request: Request) -> Response:
        self._keep("send", request, await request.json())
        return JSONResponse(self.answer, 400 if "error" in self.answer else 200, _HEADERS)

    async def _sandbox(self, request: Request) -> Response:
        asked = await request.json()
        self._keep("sandbox", request, asked)
        refused = [one for one in self.overview["refused"] if one != asked.get("accept")]
        refused += [asked["refuse"]] if "refuse" in asked else []
        mode = asked.get("mode", self.overview["mode"])
        self.tell(mode=mode, refused=[] if asked.get("mode") == "healthy" else refused)
        return JSONResponse({"mode": mode, "refused": self.overview["refused"]}, headers=_HEADERS)

    def _keep(self, what: str, request: Request, asked: Json) -> None:
        assert request.headers.get("X-Relay-Page") == "1"
        self.asked.append((what, asked))


class _Static(StaticFiles):
    """The page's files, kept by the browser from test to test."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """The file, with the page's headers."""
        response = super().file_response(*args, **kwargs)
        response.headers.update(_HEADERS | {"Cache-Control": "max-age=600"})
        return response
