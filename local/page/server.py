"""The page's HTTP: its files, the stream of changes, one event in detail, and what can be switched and sent."""

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from local.errors import LocalError
from local.page import again, sending, stream
from local.page.details import detail_of
from local.page.guard import Guard
from local.page.observer import Observer
from relay_cli.errors import WrongInput

STATIC = Path(__file__).parent / "static"
_MOST_BYTES = 8 * 1024 * 1024


def app(observer: Observer) -> Starlette:
    """The application; it begins and ends the observer."""

    async def index(_request: Request) -> Response:
        return FileResponse(STATIC / "index.html")

    async def changes(_request: Request) -> Response:
        return StreamingResponse(stream.changes(observer), media_type="text/event-stream")

    async def event(request: Request) -> Response:
        key = request.path_params["key"]
        found = await _asked(lambda: detail_of(observer, key))
        return JSONResponse(found) if found else _error("no such event, or one too old to be kept", 404)

    async def samples(_request: Request) -> Response:
        return JSONResponse(await _asked(sending.samples))

    async def send(request: Request) -> Response:
        wish = await _wish(request)
        return JSONResponse(await _asked(lambda: sending.send(observer.stack(), observer.stack_keys(), wish)))

    async def resend(request: Request) -> Response:
        return JSONResponse(await _asked(lambda: again.resend(observer, request.path_params["key"])))

    async def redrive(request: Request) -> Response:
        return JSONResponse(await _asked(lambda: again.redrive(observer, request.path_params["key"])))

    async def sandbox(request: Request) -> Response:
        wish = await _wish(request)
        return JSONResponse(await _asked(lambda: observer.switches().change(wish)))

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        observer.start()
        yield
        observer.stop()

    routes = [
        Route("/", index),
        Route("/api/stream", changes),
        Route("/api/events/{key}", event),
        Route("/api/events/{key}/resend", resend, methods=["POST"]),
        Route("/api/events/{key}/redrive", redrive, methods=["POST"]),
        Route("/api/samples", samples),
        Route("/api/send", send, methods=["POST"]),
        Route("/api/sandbox", sandbox, methods=["POST"]),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    handlers = {LocalError: _told, WrongInput: _told, HTTPException: _plain}
    return Starlette(routes=routes, middleware=[Middleware(Guard)], exception_handlers=handlers, lifespan=lifespan)  # type: ignore[arg-type]


async def _asked[T](ask: Callable[[], T]) -> T:
    return await run_in_threadpool(ask)


async def _wish(request: Request) -> dict[str, Any]:
    """The request's JSON object; raises LocalError for anything else."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise LocalError(f"more than {_MOST_BYTES} bytes")
    try:
        wish = json.loads(body)
    except ValueError as error:
        raise LocalError("the body is not JSON") from error
    if not isinstance(wish, dict):
        raise LocalError("the body is not a JSON object")
    return wish


async def _told(_request: Request, error: Exception) -> Response:
    return _error(str(error), 400)


async def _plain(_request: Request, error: HTTPException) -> Response:
    return _error(error.detail, error.status_code)


def _error(text: str, status: int) -> Response:
    return JSONResponse({"error": text}, status)
