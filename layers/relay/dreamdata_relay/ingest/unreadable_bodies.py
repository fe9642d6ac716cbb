"""Recognizes by its first bytes what a body is that is not JSON in UTF-8, so that the answer can say it.

Hardly any request needs this module, so it is imported only when needed.
"""

import codecs
import re
import zlib

_READ = "the relay reads JSON in UTF-8, as it is or in gzip (once)"
_DESTROYED = "\ufffd".encode()
# How formats begin, by their specifications; the second of two is what a gateway leaves that treats it as text.
_FORMATS = (
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x28" + _DESTROYED + b"/" + _DESTROYED, "zstd"),
    (b"\xff\x06\x00\x00sNaPpY", "snappy"),
    (_DESTROYED + b"\x06\x00\x00sNaPpY", "snappy"),
    (b"\x82SNAPPY\x00", "snappy"),
    (_DESTROYED + b"SNAPPY\x00", "snappy"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"PK\x03\x04", "zip"),
    (b"\xff\xfe\x00\x00", "JSON in UTF-32"),
    (b"\x00\x00\xfe\xff", "JSON in UTF-32"),
    (b"\xff\xfe", "JSON in UTF-16"),
    (b"\xfe\xff", "JSON in UTF-16"),
)
_GZIP = b"\x1f\x8b"
_NAMES = {
    "br": "brotli",
    "zstd": "zstd",
    "deflate": "deflate",
    "snappy": "snappy",
    "x-snappy-framed": "snappy",
    "lz4": "lz4",
    "compress": "compress",
    "bzip2": "bzip2",
}
# Enough to see how an inflated body begins.
_HEAD_BYTES = 512
_SHORTEST = 4
_STARTS = (b"{", b"[")
# No text contains any of these.
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f]")


def told(body: bytes, announced: str | None = None, *, unpacked: bool = False) -> str | None:
    """Return a sentence on what ``body`` is, without any of its content; None if that is not known.

    ``announced``: its Content-Encoding, used only if the bytes do not show the format. ``unpacked``: it came in gzip.
    """
    head = body[:_HEAD_BYTES]
    name = _named(head)
    if name is None and head.lstrip(b" \t\r\n")[:1] not in _STARTS:
        name = _NAMES.get((announced or "").rsplit(",", 1)[-1].strip().lower())
    if name is None:
        return None
    return f"the body is {name}{' within gzip' if unpacked else ''}: {_READ}"


def _named(head: bytes) -> str | None:
    if head.startswith(_GZIP):
        return "gzip"
    for start, name in _FORMATS:
        if head.startswith(start):
            return name
    return _unmarked_text(head) or ("deflate" if _is_deflate(head) else "snappy" if _is_snappy(head) else None)


def _unmarked_text(head: bytes) -> str | None:
    """Recognize UTF-16 and UTF-32 without a byte order mark, for a text that begins with ASCII, as JSON always does."""
    zeros = [not byte for byte in head[:4]]
    if zeros in ([False, True, True, True], [True, True, True, False]):
        return "JSON in UTF-32"
    if zeros[:2] in ([False, True], [True, False]) and zeros[2:] in (zeros[:2], []):
        return "JSON in UTF-16"
    return None


def _is_binary(head: bytes) -> bool:
    """Whether ``head`` is no text in UTF-8, or what a gateway left of something else that it took for one."""
    if _CONTROLS.search(head) or _DESTROYED in head:
        return True
    try:
        # The last character may be cut.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return True
    return False


def _is_deflate(head: bytes) -> bool:
    """Recognize deflate, in zlib's format (RFC 1950) or raw (RFC 1951), of JSON or of what a gateway left of it."""
    if head[:1] == b"x" and head[1:4] == _DESTROYED:
        return True
    for window in (zlib.MAX_WBITS, -zlib.MAX_WBITS) if _is_binary(head) else ():
        try:
            inflated = zlib.decompressobj(window).decompress(head, _HEAD_BYTES)
        except zlib.error:
            continue
        if inflated.lstrip(b" \t\r\n\xef\xbb\xbf")[:1] in _STARTS:
            return True
    return False


def _is_snappy(head: bytes) -> bool:
    """Recognize an unframed Snappy block: its length as a varint, then a literal, with which JSON begins."""
    end = next((at for at, byte in enumerate(head[:5]) if byte < 0x80), None)
    if not _is_binary(head) or end is None or len(head) < end + _SHORTEST or head[end + 1] & 3:
        return False
    extra = max(0, (head[end + 1] >> 2) - 59)
    return head[end + 2 + extra : end + 3 + extra] in _STARTS
