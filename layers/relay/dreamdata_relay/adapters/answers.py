"""Reads one HTTP/1.1 answer out of bytes as they come, within bounds (RFC 9112). Knows no socket.

:mod:`http.client` takes every 1xx but 100 for the answer, guesses where the framing contradicts itself and drops what
follows an answer. Each of these can make the next post read another post's answer.
"""

import re

# As http.client bounds them; and no server says more than a few times that it is still there.
_MAX_HEAD_BYTES = 65_536
_MAX_HEADERS = 100
_MAX_INTERIM_ANSWERS = 16

_STATUS_LINE = re.compile(rb"HTTP/1\.(\d) +([1-9]\d\d)(?: [^\x00\r]*)?")
_HEADER = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\x00\r]*)")
_LENGTH = re.compile(rb"\d{1,15}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\x00\r]*)?")


class MalformedAnswer(Exception):
    """What came is no HTTP/1.1 answer, or its framing contradicts itself."""


class AnswerReader:
    """The final answer out of the bytes fed, those before it (1xx) read past.

    ``status`` is known as soon as its line is whole, ``retry_after`` and the rest of the head with ``head_read``;
    ``body`` is what has come of the content. ``ended``: no more bytes belong to it, as far as can be told.
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
        # Of the head that is being read: whether it is a 1xx, and its headers.
        self._head_begun = False
        self._headers: list[tuple[bytes, bytes]] = []
        self._lasts = True
        self._length: int | None = None
        self._chunked = False

    @property
    def begun(self) -> bool:
        """Whether anything has come that is not of a 1xx, as far as can be told."""
        return self.status is not None or (not self._head_begun and bool(self._unread))

    @property
    def reusable(self) -> bool:
        """Whether the answer is whole and its connection is fit for another: kept open, and nothing surplus came."""
        return self.ended and self._lasts

    def feed(self, data: bytes) -> None:
        """Read on; raises MalformedAnswer, after which ``status`` is unknown and nothing may be fed any more."""
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
            # A folded line (RFC 9112, 5.2): obsolete, but it is known what it means.
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
            # Who sends them may send more of them at any time.
            self._head_begun, self._lasts = False, False
            return
        self._set_framing()
        retry_after = self._values(b"retry-after")
        self.retry_after = retry_after[0].decode("latin-1") if retry_after else None
        self.head_read = True

    def _set_framing(self) -> None:
        """How long the body is (RFC 9112, 6.3), and whether the connection outlives it."""
        encodings, lengths = self._items(b"transfer-encoding"), self._items(b"content-length")
        if len(set(lengths)) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
            raise MalformedAnswer("no single length")
        self._chunked = encodings == [b"chunked"]
        if not encodings and lengths:
            self._length = int(lengths[0])
        # Two kinds of framing, or one that is unknown here: what follows cannot be told from the answer.
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
                # The status stands; where the answer ends nobody can tell.
                self.ended, self._lasts = True, False
                return
        else:
            end = self._length if self._length is not None and len(self._unread) >= self._length else None
            self.body = bytes(self._unread[:end])
        self.ended = end is not None
        if end is not None and len(self._unread) > end:
            self._lasts = False


def unchunked(wire: bytes | bytearray) -> tuple[bytes, int | None]:
    """The content of a chunked body as far as ``wire`` has it, and where the body ends; None where it has not ended.

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
