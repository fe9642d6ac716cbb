"""Requests as an HTTP API hands them to a function."""

from datetime import UTC, datetime
from typing import Any

from local.front import http_api
from local.front.http_api import Request

ACCOUNT, API = "123456789012", "abcdef1234"


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> Request:
    """A request by https, as the front reads it."""
    raw_path, _, query = path.partition("?")
    at = datetime(2026, 3, 2, 8, 20, tzinfo=UTC)
    return Request(method, raw_path, query, list(headers.items()), body, "https", 443, at, "JKJaXmPLvHcESHA=")


def http_api_event(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> dict[str, Any]:
    """The event (payload format 2.0) that an HTTP API makes of a request."""
    return http_api.event_of(request(method, path, headers, body), API, ACCOUNT)
