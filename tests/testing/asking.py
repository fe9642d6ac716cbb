"""Speaks HTTP to a sandbox as SDKs and tests in other languages do."""

import base64
import gzip
import http.client
import json
from collections.abc import Mapping
from typing import Any

from dreamdata_relay.testing.server import SandboxServer


def ask(
    server: SandboxServer,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    chunked: bool = False,
) -> tuple[int, Any]:
    """Status and parsed body of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    sent = iter([body[:7], body[7:]]) if chunked and body else body
    try:
        connection.request(method, path, sent, dict(headers or {}), encode_chunked=chunked)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    finally:
        connection.close()


def send(
    server: SandboxServer,
    *events: object,
    path: str = "/v1/batch",
    key: str | None = "any",
    packed: bool = False,
    chunked: bool = False,
) -> tuple[int, Any]:
    """Send ``events`` as an SDK does: a batch of them, or one to its own path."""
    text = json.dumps({"batch": events} if path == "/v1/batch" else events[0]).encode()
    headers = {"Content-Type": "application/json"}
    if chunked:
        headers["Transfer-Encoding"] = "chunked"
    if key is not None:
        headers["Authorization"] = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
    return ask(server, "POST", path, gzip.compress(text) if packed else text, headers, chunked=chunked)
