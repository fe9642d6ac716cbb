"""What an HTTP API of API Gateway answers: what the function returned (payload format 2.0), or something of its own.

Where it stands: https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the client; headers may hold a name more than once."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = field(default=(("content-type", "application/json"),))

    @classmethod
    def of_the_gateway(cls, status: int, message: str) -> "Answer":
        """An answer of API Gateway itself: no function made it."""
        return cls(status, json.dumps({"message": message}, separators=(",", ":")).encode())

    @classmethod
    def of_the_front(cls, status: int, code: str, message: str) -> "Answer":
        """An answer that no function made, in the form of the relay's: SDKs know it for a fault of the request."""
        return cls(status, json.dumps({"code": code, "message": message}).encode())


NOT_FOUND = Answer.of_the_gateway(404, "Not Found")
TOO_LARGE = Answer.of_the_gateway(413, "Request Entity Too Large")
# AWS documents the limit; the answer is as others have seen it.
HEADERS_TOO_LARGE = Answer.of_the_gateway(431, "Request Header Fields Too Large")
NOT_HTTP = Answer.of_the_front(400, "not_http", "the request is no HTTP/1.1 that can be read")
# Lambda did not take the invocation.
NOT_INVOKED = Answer.of_the_gateway(500, "Internal Server Error")
FAILED = Answer.of_the_gateway(502, "Internal Server Error")
TIMED_OUT = Answer.of_the_gateway(503, "Service Unavailable")


def plain_http(http_url: str) -> Answer:
    """What a request by plain http gets on the port for https."""
    return Answer.of_the_front(400, "plain_http", f"this port speaks https only; by http the relay is at {http_url}")


class Nonsense(Exception):
    """Raised for a function's answer of which API Gateway can make none."""


def answer_of(payload: bytes, request_id: str) -> Answer:
    """What the client gets for what the function returned; raises Nonsense."""
    try:
        returned = json.loads(payload)
    except ValueError as error:
        raise Nonsense("it is not JSON") from error
    added = (("apigw-requestid", request_id),)
    if not isinstance(returned, dict) or "statusCode" not in returned:
        # Then the whole of it is the body.
        return Answer(200, payload, (("content-type", "application/json"), *added))
    headers = _headers(returned.get("headers"))
    if all(name != "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    cookies = returned.get("cookies") or []
    if not isinstance(cookies, list) or not all(isinstance(cookie, str) and _is_value(cookie) for cookie in cookies):
        raise Nonsense("cookies is not a list of headers' values")
    cookie_headers = [("set-cookie", cookie) for cookie in cookies]
    return Answer(_status(returned["statusCode"]), _returned_body(returned), (*headers, *cookie_headers, *added))


def _status(value: Any) -> int:
    """The status: a number, or one written as a string."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not re.fullmatch(r"[1-5]\d\d", text, re.ASCII):
        raise Nonsense("statusCode is no HTTP status")
    return int(text)


# Made by the server itself: one of the function's could only contradict it.
_OF_THE_SERVER = frozenset({"content-length", "transfer-encoding", "connection", "date"})


def _headers(value: Any) -> list[tuple[str, str]]:
    if not isinstance(value or {}, Mapping):
        raise Nonsense("headers is not an object")
    headers = []
    for name, content in (value or {}).items():
        if isinstance(content, dict | list):
            raise Nonsense("a header is no text")
        text = json.dumps(content) if isinstance(content, bool) else str(content)
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or not _is_value(text):
            raise Nonsense("a header is not one of HTTP")
        if name.lower() not in _OF_THE_SERVER:
            headers.append((name.lower(), text))
    return headers


def _is_value(text: str) -> bool:
    """Whether it can stand in a header."""
    return re.search(r"[\r\n\0]", text) is None


def _returned_body(returned: Mapping[str, Any]) -> bytes:
    body = returned.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise Nonsense("body is no string")
    if not returned.get("isBase64Encoded"):
        return body.encode("utf-8", "replace")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Nonsense("body is not base64") from error
