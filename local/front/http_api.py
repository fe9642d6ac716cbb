"""What an HTTP API of API Gateway makes of a request: the event that a function gets (payload format 2.0).

Where it stands: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html;
what that leaves open is as others have seen it on AWS.
"""

import base64
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

MAX_BODY_BYTES = 10 * 1024 * 1024
# The request line and the headers' values, in all: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
MAX_HEAD_BYTES = 10_240
# Lambda's limit for the event of a synchronous invocation: 6 MB, and what AWS allows beyond it.
MAX_EVENT_BYTES = 6 * 1024 * 1024 + 100

_TEXT_TYPES = frozenset({"application/json", "application/xml", "application/javascript"})
_GZIP = b"\x1f\x8b"
# Of one connection, or another member of the event.
_NOT_HANDED_ON = frozenset(
    {
        "connection",
        "cookie",
        "expect",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came.

    path: with its escapes, without the query. headers: names in any case, repeated ones apart. at: when it had come.
    """

    method: str
    path: str
    query: str
    headers: Iterable[tuple[str, str]]
    body: bytes
    scheme: str
    port: int
    at: datetime
    request_id: str

    def head_bytes(self) -> int:
        """How much of it counts against MAX_HEAD_BYTES."""
        target = f"{self.path}?{self.query}" if self.query else self.path
        line = len(f"{self.method} {target} HTTP/1.1")
        return line + sum(len(value) for _, value in self.headers)

    def joined_headers(self) -> dict[str, str]:
        """By name in lower case, the values of one name joined with a comma."""
        joined: dict[str, str] = {}
        for name, value in self.headers:
            lower = name.lower()
            joined[lower] = f"{joined[lower]},{value}" if lower in joined else value
        return joined


def new_request_id() -> str:
    """An id as HTTP APIs give them."""
    return base64.urlsafe_b64encode(secrets.token_bytes(11)).decode()


def event_of(request: Request, api_id: str, account: str) -> dict[str, Any]:
    """The event that the function behind the route ``$default`` gets."""
    headers = request.joined_headers()
    path = decoded_path(request.path)
    host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    sent = {name: value for name, value in headers.items() if name not in _NOT_HANDED_ON}
    sent |= {
        "x-amzn-trace-id": f"Root=1-{int(request.at.timestamp()):08x}-{secrets.token_hex(12)}",
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-port": str(request.port),
        "x-forwarded-proto": request.scheme,
    }
    if request.body:
        sent["content-length"] = str(len(request.body))
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request.query,
        "headers": sent,
        "requestContext": {
            "accountId": account,
            "apiId": api_id,
            "domainName": host,
            "domainPrefix": host.partition(".")[0],
            "http": {
                "method": request.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": request.request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": request.at.astimezone(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(request.at.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    if cookies := [cookie.strip() for cookie in headers.get("cookie", "").split(";") if cookie.strip()]:
        event["cookies"] = cookies
    if query := _query_parameters(request.query):
        event["queryStringParameters"] = query
    return event | _body(request.body, headers.get("content-type", ""))


def decoded_path(path: str) -> str:
    """``rawPath``: without its escapes but for ``%25``, and cut where an escaped ``?`` stood."""
    return _ESCAPES.sub(lambda found: _decoded(found.group()), path).partition("?")[0]


def _decoded(escapes: str) -> str:
    runs = escapes.split("%25")
    return "%25".join(bytes.fromhex(run.replace("%", "")).decode("utf-8", "replace") for run in runs)


def _query_parameters(query: str) -> dict[str, str]:
    """Decoded, the values of one name joined with a comma."""
    found: dict[str, str] = {}
    for part in query.split("&"):
        name, _, value = (piece.replace("+", " ") for piece in part.partition("="))
        name, value = (_ESCAPES.sub(_decoded_wholly, piece) for piece in (name, value))
        if part:
            found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _decoded_wholly(escapes: re.Match[str]) -> str:
    return bytes.fromhex(escapes.group().replace("%", "")).decode("utf-8", "replace")


def _body(body: bytes, content_type: str) -> dict[str, Any]:
    """Text for the types that are text, else base64. A request without a body has none in its event.

    What AWS makes of gzip that calls itself JSON is not documented; here it comes in base64, as other gzip does.
    """
    if not body:
        return {}
    kind = content_type.partition(";")[0].strip().lower()
    if (kind.startswith("text/") or kind in _TEXT_TYPES) and not body.startswith(_GZIP):
        return {"body": body.decode("utf-8", "replace"), "isBase64Encoded": False}
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
