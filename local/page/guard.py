"""Who may ask: this machine's own browser, on a page of this server, and nobody else's page."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local import web_guard

HEADER = "X-Relay-Page"
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Answers 403 to web pages of others (see :mod:`local.web_guard`), and to a change that does not carry the page's
    header, which another site's form cannot send. Every answer forbids foreign content.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        refusal = _refusal(scope["method"], Headers(scope=scope))
        answer = JSONResponse({"error": refusal}, 403) if refusal else self._app
        await answer(scope, receive, guarded)


def _refusal(method: str, headers: Headers) -> str | None:
    reason = web_guard.refusal(headers.items(), method)
    if reason is None and method not in _SAFE_METHODS and headers.get(HEADER) != "1":
        return f"a change needs the header {HEADER}: 1"
    return reason
