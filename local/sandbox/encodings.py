"""A request's body out of its Content-Encoding: none or gzip, read strictly."""

import zlib
from collections.abc import Mapping

from local.sandbox.rules import RefusedError

# Some bytes over any limit, so that a bomb is not unpacked whole.
_MOST_UNPACKED = 64 * 1024 * 1024
_GZIP_WINDOW = 31


def encoding_of(headers: Mapping[str, str]) -> str:
    """What the headers (names in lower case) say the body is in; `identity` where they say nothing."""
    return headers.get("content-encoding", "identity").strip().lower()


def unpacked(encoding: str, body: bytes) -> bytes:
    """The body itself.

    Raises RefusedError: 415 for an encoding that is neither gzip nor none, 400 for what is not one whole gzip member,
    413 for one that is far too large.
    """
    if encoding == "identity":
        return body
    if encoding != "gzip":
        raise RefusedError("the body is in an encoding that is not known here", status=415)
    reader = zlib.decompressobj(_GZIP_WINDOW)
    try:
        text = reader.decompress(body, _MOST_UNPACKED)
    except zlib.error as error:
        raise RefusedError("the body is not gzip") from error
    if reader.unconsumed_tail:
        raise RefusedError("the body is far too large unpacked", status=413)
    if not reader.eof:
        raise RefusedError("the gzip ends too early")
    if reader.unused_data:
        raise RefusedError("there is more behind the gzip")
    return text
