"""Reads an HTTP API event (payload format 2.0) as a request: its route, its key and its body as bytes."""

import base64
import binascii
import codecs
import io
import re
import zlib
from collections.abc import Mapping, MutableMapping
from typing import Any

from msgspec import Struct

from dreamdata_relay.errors import RequestError
from dreamdata_relay.events.chunks import utf8_of
from dreamdata_relay.events.rules import EVENT_TYPES
from dreamdata_relay.limits import (
    MAX_GZIP_MEMBERS,
    MAX_INFLATED_BYTES,
    MAX_KEYLESS_BYTES,
    MAX_KEYLESS_GZIP_BYTES,
    MAX_KEYLESS_INFLATED_BYTES,
)

HEALTH = "health"
BATCH = "batch"

_SLASHES = re.compile("/+")
_ROUTES = {
    "/v1/health": (HEALTH, ("GET", "HEAD")),
    "/v1/batch": (BATCH, ("POST",)),
    "/v1/import": (BATCH, ("POST",)),
    **{f"/v1/{kind}": (kind, ("POST",)) for kind in EVENT_TYPES},
}
_GZIP = b"\x1f\x8b"
# The same in base64: three characters hold both bytes and two bits of the next one.
_GZIP_IN_BASE64 = "H4s"
# What remains of it after a gateway treats gzip as text, because the second byte is not UTF-8.
_GZIP_DESTROYED = "\x1f\ufffd"
# In zlib this means gzip framing and the largest window.
_GZIP_WINDOW = 31
# Inflate in slices, because zlib copies what follows a member, and a body can have 200,000 members.
_SLICE_BYTES = 16_384
_CHECKED_BYTES = 65_536


class Request(Struct):
    """``route``: ``health``, ``batch`` or an event type. ``authorization``: the header as it came, if any.

    :func:`body_of` takes ``body`` out.
    """

    route: str
    authorization: str | None
    body: object
    is_base64: bool
    # Its Content-Encoding, used only to explain why a body cannot be read.
    encoding: str | None = None
    # Whether the body was gzip.
    inflated: bool = False


def read_request(event: MutableMapping[str, Any], mapping_path: str = "") -> Request:
    """Read the request of an HTTP API ``event`` and take its body out; raises :class:`RequestError` 404 or 405.

    ``mapping_path`` (``/a/b``): the prefix of paths over the custom domain; the API's own address has none.
    """
    path = event.get("rawPath")
    http = (event.get("requestContext") or {}).get("http") or {}
    method = str(http.get("method", "")).upper()
    folded = _SLASHES.sub("/", path if isinstance(path, str) else "/").rstrip("/")
    if mapping_path and folded not in _ROUTES:
        folded = folded.removeprefix(mapping_path)
    if folded not in _ROUTES:
        raise RequestError(404, "not_found", "no such route; events go to POST /v1/batch")
    route, methods = _ROUTES[folded]
    if method not in methods:
        allowed = ", ".join(methods)
        raise RequestError(405, "method_not_allowed", f"this route takes {allowed}", Allow=allowed)
    return Request(
        route,
        _header(event, "authorization"),
        event.pop("body", None),
        bool(event.get("isBase64Encoded")),
        _header(event, "content-encoding"),
    )


class Bounds(Struct, frozen=True):
    """The most that is read of a body: bytes as they came and, for gzip, bytes before and after inflating and members.

    ``repairs``: whether characters that UTF-8 cannot hold become escapes, one by one.
    """

    text: int
    packed: int
    unpacked: int
    members: int
    repairs: bool


WHOLE = Bounds(MAX_INFLATED_BYTES, MAX_INFLATED_BYTES, MAX_INFLATED_BYTES, MAX_GZIP_MEMBERS, repairs=True)
# For a request without a known key: a stranger must not be able to cause costs.
KEYLESS = Bounds(MAX_KEYLESS_BYTES, MAX_KEYLESS_GZIP_BYTES, MAX_KEYLESS_INFLATED_BYTES, 1, repairs=False)


def body_of(request: Request) -> bytes:
    """Return the body, decoded from base64 and gzip regardless of Content-Type and Content-Encoding.

    Raises :class:`RequestError` 400 if it cannot be read or is larger than 6 MB; inflating stops there.
    """
    return checked(unpacked(request, WHOLE), request)


def unpacked(request: Request, bounds: Bounds) -> bytes:
    """Do the same within ``bounds``, but leave the check for UTF-8 of a base64 body to :func:`checked`."""
    # Drop the only reference, because the text may take twice as much memory as the bytes.
    body, request.body = request.body, None
    if body is None:
        return b""
    if not isinstance(body, str):
        raise RequestError(400, "body_unreadable", "the body is not text")
    if request.is_base64:
        request.inflated = body.startswith(_GZIP_IN_BASE64)
        return _decoded(body, bounds)
    # A character takes at least one byte.
    if len(body) > bounds.text:
        raise _too_large(bounds.text)
    text = _text(body, bounds)
    if len(text) > bounds.text:
        raise _too_large(bounds.text)
    return text


def checked(body: bytes, request: Request) -> bytes:
    """Return ``body``, which came in ``request``; raises :class:`RequestError` 400 if it is not UTF-8."""
    # msgspec skips strings without checking their bytes; JSON is UTF-8 (RFC 8259, 8.1).
    if request.is_base64 and not _is_utf8(body):
        raise _not_utf8(body, request.encoding, unpacked=request.inflated)
    return body


def _text(body: str, bounds: Bounds) -> bytes:
    if body.startswith(_GZIP_DESTROYED):
        message = "the gzip body was taken for text on its way: send it as application/octet-stream, or unpacked"
        raise RequestError(400, "body_unreadable", message)
    if bounds.repairs:
        return utf8_of(body)
    try:
        return body.encode()
    except UnicodeEncodeError:
        raise RequestError(400, "not_json", "the body is not UTF-8") from None


def _decoded(body: str, bounds: Bounds) -> bytes:
    # Check before decoding, because the limit for gzip may be lower than the one for other bodies.
    most = bounds.packed if body.startswith(_GZIP_IN_BASE64) else bounds.text
    if len(body) > 4 * (most // 3 + 1):
        raise _too_large(most)
    try:
        data = base64.b64decode(body)
    except (binascii.Error, ValueError):
        raise RequestError(400, "body_unreadable", "the body is not base64 as announced") from None
    if data.startswith(_GZIP):
        return _inflated(data, bounds)
    if len(data) > bounds.text:
        raise _too_large(bounds.text)
    return data


def _not_utf8(text: bytes, encoding: str | None, *, unpacked: bool) -> RequestError:
    from dreamdata_relay.ingest.unreadable_bodies import told

    told_ = told(text, encoding, unpacked=unpacked)
    return (
        RequestError(400, "body_unreadable", told_) if told_ else RequestError(400, "not_json", "the body is not UTF-8")
    )


def _is_utf8(text: bytes) -> bool:
    """Check slice by slice, because six megabytes take twelve as text."""
    view, position = memoryview(text), 0
    try:
        while position < len(view):
            part = view[position : position + _CHECKED_BYTES]
            position += codecs.utf_8_decode(part, "strict", position + len(part) == len(view))[1]
    except UnicodeDecodeError:
        return False
    return True


def _too_large(most: int) -> RequestError:
    return RequestError(400, "body_too_large", f"the body is, unpacked, larger than {most} bytes")


def _inflated(data: bytes, bounds: Bounds) -> bytes:
    if len(data) > bounds.packed:
        raise _too_large(bounds.packed)
    # BytesIO, because its getvalue returns what was written without a copy.
    inflated = io.BytesIO()
    room = bounds.unpacked + 1
    position, members, inflater = 0, 1, zlib.decompressobj(_GZIP_WINDOW)
    while not inflater.eof:
        if position >= len(data):
            raise RequestError(400, "body_unreadable", "the gzip body breaks off")
        piece_of_data = data[position : position + _SLICE_BYTES]
        try:
            piece = inflater.decompress(piece_of_data, room)
        except zlib.error:
            raise RequestError(400, "body_unreadable", "the body begins as gzip does but is not gzip") from None
        inflated.write(piece)
        room -= len(piece)
        if room <= 0:
            raise _too_large(bounds.unpacked)
        position += len(piece_of_data) - len(inflater.unused_data)
        # A gzip file may have several members (RFC 1952, 2.2); anything else that follows is padding.
        if inflater.eof and data.startswith(_GZIP, position):
            members += 1
            if members > bounds.members:
                raise RequestError(400, "body_unreadable", f"the gzip body has more than {bounds.members} members")
            inflater = zlib.decompressobj(_GZIP_WINDOW)
    return inflated.getvalue()


def _header(event: Mapping[str, Any], name: str) -> str | None:
    # HTTP APIs send names in lower case; a hand-made event (sam local, a test) may not.
    for key, value in (event.get("headers") or {}).items():
        if isinstance(key, str) and key.lower() == name and isinstance(value, str):
            return value
    return None
