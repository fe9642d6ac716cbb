"""Parses one HTTP/1.1 answer from bytes as they arrive, within bounds (RFC 9112). It does not use sockets.

:mod:`http.client` treats every 1xx except 100 as the answer, guesses if the framing contradicts itself, and drops what
follows an answer. Each of these could make the next post read another post's answer.
"""

import re

# The limits of http.client; and no server sends more than a few interim answers.
_MAX_HEAD_BYTES = 65_536
_MAX_HEADERS = 100
_MAX_INTERIM_ANSWERS = 16

_STATUS_LINE = re.compile(rb"HTTP/1\.(\d) +([1-9]\d\d)(?: [^\x00\r]*)?")
_HEADER = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\x00\r]*)")
_LENGTH = re.compile(rb"\d{1,15}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\x00\r]*)?")


class MalformedAnswer(Exception):
    """Raised if the bytes are not an HTTP/1.1 answer, or its framing contradicts itself."""


class AnswerReader:
    """Parses the final answer from the bytes fed, and skips interim answers (1xx).

    ``status`` is known once the status line is complete, ``retry_after`` and the other headers once ``head_read`` is
    true. ``body`` is the content received so far. ``ended``: as far as known, no more bytes belong to the answer.
    """

    def __init__(self) -> None:
        self.status: int | None = None
        self.retry_after: str | None = None
        self.head_read = False
        self.body = b""
        self.ended = False
        self._unread = bytearray()
        self._head_bytes = 0
        self._interim = 0
        # Whether the head being read is a 1xx, and its headers.
        self._head_begun = False
        self._headers: list[tuple[bytes, bytes]] = []
        self._lasts = True
        self._length: int | None = None
        self._chunked = False

    @property
    def begun(self) -> bool:
        """Whether, as far as known, anything but interim answers has arrived."""
        return self.status is not None or (not self._head_begun and bool(self._unread))

    @property
    def reusable(self) -> bool:
        """Whether the answer is complete and its connection can be reused: it stays open and has no surplus bytes."""
        return self.ended and self._lasts

    def feed(self, data: bytes) -> None:
        """Parse ``data``; raises MalformedAnswer, after which ``status`` is unknown and nothing more may be fed."""
        self._unread += data
        if not self.head_read:
            try:
                self._read_heads()
            except MalformedAnswer:
                # RFC 9112, 6.3: an answer with invalid framing is to be discarded.
                self.status = None
                raise
        if self.head_read:
            self._read_body()

    def _read_heads(self) -> None:
        while not self.head_read and (end := self._unread.find(b"\n")) >= 0:
            line = bytes(self._unread[:end]).removesuffix(b"\r")
            del self._unread[: end + 1]
            self._head_bytes += end + 1
            if not self._head_begun:
                self._begin_head(line)
            elif line:
                self._add_header(line)
            else:
                self._end_head()
        if not self.head_read and self._head_bytes + len(self._unread) > _MAX_HEAD_BYTES:
            raise MalformedAnswer("the head is too long")

    def _begin_head(self, line: bytes) -> None:
        match = _STATUS_LINE.fullmatch(line)
        if not match:
            raise MalformedAnswer("no status line")
        self._head_begun = True
        self._headers = []
        status = int(match[2])
        if status >= 200:
            self.status = status
            # HTTP/1.0 closes unless asked not to.
            self._lasts = self._lasts and match[1] != b"0"

    def _add_header(self, line: bytes) -> None:
        if line[:1] in b" \t" and self._headers:
            # A folded line (RFC 9112, 5.2) is obsolete, but its meaning is defined.
            name, value = self._headers[-1]
            self._headers[-1] = (name, value + b" " + line.strip(b" \t"))
            return
        match = _HEADER.fullmatch(line)
        if not match or len(self._headers) >= _MAX_HEADERS:
            raise MalformedAnswer("not a header, or too many")
        self._headers.append((match[1].lower(), match[2].rstrip(b" \t")))

    def _end_head(self) -> None:
        if self.status is None:
            self._interim += 1
            if self._interim > _MAX_INTERIM_ANSWERS:
                raise MalformedAnswer("1xx without end")
            # A server that sends interim answers may send more at any time.
            self._head_begun, self._lasts = False, False
            return
        self._set_framing()
        retry_after = self._values(b"retry-after")
        self.retry_after = retry_after[0].decode("latin-1") if retry_after else None
        self.head_read = True

    def _set_framing(self) -> None:
        """Determine the length of the body (RFC 9112, 6.3), and whether the connection stays open after it."""
        encodings, lengths = self._items(b"transfer-encoding"), self._items(b"content-length")
        if len(set(lengths)) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
            raise MalformedAnswer("no single length")
        self._chunked = encodings == [b"chunked"]
        if not encodings and lengths:
            self._length = int(lengths[0])
        # With two kinds of framing, or an unknown one, the end of the answer is not certain.
        if b"close" in self._items(b"connection") or (encodings and (lengths or not self._chunked)):
            self._lasts = False
        if self.status in (204, 304):
            self._length, self._chunked = 0, False
        if self._length is None and not self._chunked:
            self._lasts = False

    def _values(self, name: bytes) -> list[bytes]:
        return [value for header, value in self._headers if header == name]

    def _items(self, name: bytes) -> list[bytes]:
        return [item.strip(b" \t").lower() for value in self._values(name) for item in value.split(b",")]

    def _read_body(self) -> None:
        if self._chunked:
            try:
                self.body, end = unchunked(self._unread)
            except MalformedAnswer:
                # The status is still valid; the end of the answer is unknown.
                self.ended, self._lasts = True, False
                return
        else:
            end = self._length if self._length is not None and len(self._unread) >= self._length else None
            self.body = bytes(self._unread[:end])
        self.ended = end is not None
        if end is not None and len(self._unread) > end:
            self._lasts = False


def unchunked(wire: bytes | bytearray) -> tuple[bytes, int | None]:
    """Return the content of a chunked body as far as ``wire`` has it, and where the body ends; None if it has not.

    Raises MalformedAnswer.
    """
    content, at = bytearray(), 0
    while (line_end := wire.find(b"\n", at)) >= 0:
        match = _CHUNK_SIZE.fullmatch(wire[at:line_end].removesuffix(b"\r"))
        if not match:
            raise MalformedAnswer("no chunk size")
        size, at = int(match[1], 16), line_end + 1
        if size == 0:
            return bytes(content), _trailer_end(wire, at)
        content += wire[at : at + size]
        at += size
        if len(wire) < at + 2:
            break
        if wire[at : at + 2] != b"\r\n":
            raise MalformedAnswer("a chunk of another size than it says")
        at += 2
    return bytes(content), None


def _trailer_end(wire: bytes | bytearray, at: int) -> int | None:
    while (line_end := wire.find(b"\n", at)) >= 0:
        if wire[at:line_end] in (b"", b"\r"):
            return line_end + 1
        at = line_end + 1
    return None
