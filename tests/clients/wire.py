"""Clients whose packages no registry of this project's has: their requests, byte for byte as the real ones send them.

The heads and the order of members are those that the named releases sent when they were run; of Java, which was not
run, as its source and OkHttp's say. What is sent is not theirs: one batch, no retry. See ``installed.py`` for the real
ones where a machine has them.
"""

import base64
import gzip
import http.client
import json
import socket
import ssl
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.clients.trust import Trust

type Call = tuple[str, dict[str, Any]]
NOW = "2026-11-28T14:43:21"


@dataclass(frozen=True)
class WireClient:
    """``head`` without its empty line; ``{host}``, ``{basic}`` and ``{length}`` stand for what differs."""

    name: str
    head: str
    body: Callable[[list[Call], str], bytes]
    camel = False
    https_only: bool = True

    def run(self, url: str, key: str, calls: list[Call], trust: Trust) -> list[str]:
        """Send ``calls`` as one batch; the errors that the client would tell of."""
        # As a program has them that read its calls: surrogates that belong together are one character.
        calls = json.loads(json.dumps(calls))
        address, body = urlsplit(url), self.body(calls, key)
        basic = base64.b64encode(f"{key}:".encode()).decode()
        head = self.head.format(host=address.netloc, basic=basic, length=len(body)).replace("\n", "\r\n")
        with socket.create_connection((address.hostname, address.port), 60) as plain:
            if address.scheme == "http":
                return _errors(plain, head, body)
            context = ssl.create_default_context(cafile=str(trust.bundle))
            with context.wrap_socket(plain, server_hostname=address.hostname) as checked:
                return _errors(checked, head, body)


def _errors(connection: socket.socket, head: str, body: bytes) -> list[str]:
    connection.sendall(head.encode() + b"\r\n\r\n" + body)
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    content = answer.read()
    # What the strictest of them ask for.
    good = answer.status == 200 and json.loads(content).get("success") is True
    return [] if good else [f"{answer.status}: {content[:200]!r}"]


def _events(calls: list[Call], **more: Any) -> list[dict[str, Any]]:
    """The calls as events, with members named as all of them name them."""
    names = {"user_id": "userId", "previous_id": "previousId", "group_id": "groupId"}
    return [
        {**{names.get(name, name): value for name, value in message.items()}, "type": kind, **more, "messageId": _id()}
        for kind, message in calls
    ]


def _id() -> str:
    return str(uuid.uuid4())


def _php(calls: list[Call], _key: str) -> bytes:
    library = {"library": {"name": "analytics-php", "version": "3.8.2", "consumer": "LibCurl"}}
    events = _events(calls, context=library, timestamp=f"{NOW}+00:00")
    text = json.dumps({"batch": events, "sentAt": f"{NOW}+00:00"}, separators=(",", ":"))
    return text.replace("/", "\\/").encode()


def _ruby(calls: list[Call], _key: str) -> bytes:
    library = {"library": {"name": "analytics-ruby", "version": "2.5.0"}}
    events = _events(calls, context=library, timestamp=f"{NOW}.303+01:00")
    return _utf8({"sentAt": f"{NOW}.306+01:00", "batch": events})


def _go(calls: list[Call], _key: str) -> bytes:
    context = {"library": {"name": "analytics-go", "version": "3.0.0"}}
    events = _events(calls, timestamp=f"{NOW}.470599103+01:00")
    text = _utf8({"messageId": _id(), "sentAt": f"{NOW}.508050716+01:00", "batch": events, "context": context})
    # Go's encoder escapes what HTML would misread.
    return text.replace(b"<", b"\\u003c").replace(b">", b"\\u003e").replace(b"&", b"\\u0026")


def _java(calls: list[Call], key: str) -> bytes:
    context = {"library": {"name": "analytics-java", "version": "3.5.5"}}
    events = _events(calls, timestamp=f"{NOW}.470Z")
    envelope = {"batch": events, "sentAt": f"{NOW}.508Z", "context": context, "sequence": 1, "writeKey": key}
    return _utf8(envelope)


def _dreamdata(calls: list[Call], _key: str) -> bytes:
    library = {"library": {"name": "@dreamdata/analytics", "version": "6.0.0"}}
    extras = {"_metadata": {"nodeVersion": "20.20.2"}, "timestamp": f"{NOW}.098Z"}
    events = _events(calls, context=library, **extras)
    return _utf8({"batch": events, "timestamp": f"{NOW}.099Z", "sentAt": f"{NOW}.099Z"})


def _utf8(envelope: dict[str, Any]) -> bytes:
    return json.dumps(envelope, separators=(",", ":"), ensure_ascii=False).encode()


_PHP = """POST /v1/batch HTTP/1.1
Host: {host}
Authorization: Basic {basic}
Accept: */*
Content-Type: application/json
User-Agent: analytics-php/3.8.2
Content-Length: {length}"""

_RUBY = """POST /v1/import HTTP/1.1
Accept: application/json
Content-Type: application/json
User-Agent: analytics-ruby/2.5.0
Accept-Encoding: gzip;q=1.0,deflate;q=0.6,identity;q=0.3
Authorization: Basic {basic}
Host: {host}
Content-Length: {length}"""

_GO = """POST /v1/batch HTTP/1.1
Host: {host}
User-Agent: analytics-go (version: 3.0.0)
Content-Length: {length}
Authorization: Basic {basic}
Content-Type: application/json
Accept-Encoding: gzip"""

_JAVA = """POST /v1/import/ HTTP/1.1
Authorization: Basic {basic}
User-Agent: analytics-java/3.5.5
Content-Type: application/json; charset=UTF-8
Content-Length: {length}
Host: {host}
Connection: Keep-Alive
Accept-Encoding: gzip"""

_DREAMDATA = """POST /v1/batch HTTP/1.1
Accept: application/json, text/plain, */*
Content-Type: application/json
user-agent: @dreamdata/analytics/6.0.0
Authorization: Basic {basic}
Content-Length: {length}
Host: {host}
Connection: close"""

WIRE_CLIENTS = [
    WireClient("as analytics-php 3.8.2 sends", _PHP, _php),
    WireClient(
        "as analytics-php 3.8.2 sends, gzip",
        _PHP.replace("User-Agent", "Content-Encoding: gzip\nUser-Agent"),
        lambda calls, key: gzip.compress(_php(calls, key)),
    ),
    WireClient("as analytics-ruby 2.5.0 sends", _RUBY, _ruby),
    WireClient("as dreamdata-io/analytics-go sends", _GO, _go, https_only=False),
    WireClient("as analytics-java 3.5.5 sends", _JAVA, _java, https_only=False),
    WireClient(
        "as analytics-java 3.5.4 sends",
        _JAVA.replace("Authorization: Basic {basic}\n", "").replace("3.5.5", "3.5.4"),
        _java,
        https_only=False,
    ),
    WireClient("as @dreamdata/analytics 6.0.0 sends", _DREAMDATA, _dreamdata, https_only=False),
]
