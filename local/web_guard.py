"""Who may ask a server of the local stack: programs on this machine and the server's own pages, no other web page.

Any page that a browser on this machine shows can send requests to 127.0.0.1, and a name of its site can be made to
point here (DNS rebinding). A browser says for whom it asks, in ``Host``, ``Origin`` and ``Sec-Fetch-Site``, and no page
can change that; other programs do not send the last two. So every server of the stack asks :func:`refusal` first.

The standard library alone: the emulator's Python has nothing of this project.
"""

import json
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

_LOOPBACK = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?")
_OWN_SITE = frozenset({"same-origin"})
# "none" is the address bar, a bookmark, a link in a mail, and wherever such a one was redirected to.
_NO_SITE = frozenset({"same-origin", "none"})
_READING = frozenset({"GET", "HEAD"})

type Scope = MutableMapping[str, Any]
type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type App = Callable[[Scope, Receive, Send], Awaitable[None]]


def refusal(headers: Iterable[tuple[str, str]], method: str, *, changes_by_get: bool = False) -> str | None:
    """Why a request with ``headers`` (names in any case, repeated ones apart) is not answered; None where it may be.

    What is opened from no page (a link in a mail, say) may be read; it may change nothing. ``changes_by_get``: the
    server does so by GET, too, and has nothing to be read by a person.
    """
    values: dict[str, list[str]] = {"host": [], "origin": [], "sec-fetch-site": []}
    for name, value in headers:
        if name.lower() in values:
            values[name.lower()].append(value.strip().lower())
    hosts = values["host"]
    if len(hosts) != 1 or not _LOOPBACK.fullmatch(hosts[0]):
        return "this server is for 127.0.0.1 and localhost only"
    if any(origin != f"http://{hosts[0]}" for origin in values["origin"]):
        return "this server does not answer to web pages of another origin"
    sites = _NO_SITE if method in _READING and not changes_by_get else _OWN_SITE
    if not sites.issuperset(values["sec-fetch-site"]):
        return "this server does not answer to web pages of another site"
    return None


class WebGuard:
    """An ASGI application that lets ``app`` answer whom it may, and tells no browser to show its answers to others."""

    def __init__(self, app: App, *, changes_by_get: bool = False) -> None:
        self._app = app
        self._changes_by_get = changes_by_get

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, one web socket, or the server's own beginning and end."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        # A web socket has no method; it may change what it likes.
        reason = refusal(headers, scope.get("method", ""), changes_by_get=self._changes_by_get)
        if reason is None:
            await self._app(scope, receive, _without_cors(send))
        elif scope["type"] == "http":
            await _refuse(send, reason)
        else:
            # Answered 403: it is not yet accepted.
            await receive()
            await send({"type": "websocket.close", "code": 1008})


async def _refuse(send: Send, reason: str) -> None:
    body = json.dumps({"error": reason}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _without_cors(send: Send) -> Send:
    async def send_without(message: Message) -> None:
        if "headers" in message:
            kept = [pair for pair in message["headers"] if not pair[0].lower().startswith(b"access-control-")]
            message = {**message, "headers": kept}
        await send(message)

    return send_without
