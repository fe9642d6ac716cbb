"""A Dreamdata that takes everything and counts, in a process of its own, told what to do by lines.

``start PATH`` forgets the counts and keeps the bodies in PATH, one a line; ``start`` keeps none; ``sizes`` leaves both
as they are. Each line is answered with the bodies' sizes so far. The first line printed is the port. It ends with its
standard input.
"""

import json
import os
import selectors
import socket
from pathlib import Path
from typing import BinaryIO

_ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"success":true}'
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_HEAD_END = b"\r\n\r\n"
# One for all connections: what is read is counted, and copied only where it is kept.
_BUFFER = bytearray(1 << 20)
_VIEW = memoryview(_BUFFER)


class Counts:
    """``sizes``: of each body, in the order they ended."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.kept: BinaryIO | None = None

    def start(self, path: str) -> None:
        """Forget everything; keep bodies in ``path`` unless it is empty."""
        if self.kept:
            self.kept.close()
        self.sizes = []
        self.kept = Path(path).open("wb") if path else None  # noqa: SIM115  # closed by the next start

    def text(self) -> str:
        """The sizes so far as JSON."""
        if self.kept:
            self.kept.flush()
        return json.dumps(self.sizes)


class Connection:
    """One connection's requests, one after another."""

    def __init__(self, plain: socket.socket, counts: Counts) -> None:
        self._plain = plain
        self._counts = counts
        self._head = b""
        self._size = self._missing = 0
        self._body: list[bytes] = []

    def read(self) -> bool:
        """Take what has come; whether more may come."""
        try:
            count = self._plain.recv_into(_BUFFER)
        except ConnectionError:
            return False
        start = 0
        while start < count:
            start = self._take(start, count) if self._missing else self._begin(start, count)
        return count > 0

    def _begin(self, start: int, count: int) -> int:
        """The head of a request, which may come in parts; where its body starts."""
        before = len(self._head)
        self._head += bytes(_VIEW[start:count])
        end = self._head.find(_HEAD_END)
        if end < 0:
            return count
        head, self._head = self._head[:end].lower(), b""
        _, found, rest = head.partition(b"\r\ncontent-length:")
        self._size = self._missing = int(rest.partition(b"\r\n")[0]) if found else 0
        if b"100-continue" in head:
            self._plain.sendall(_CONTINUE)
        if not self._missing:
            self._end()
        return start + end + len(_HEAD_END) - before

    def _take(self, start: int, count: int) -> int:
        end = min(count, start + self._missing)
        if self._counts.kept:
            self._body.append(bytes(_VIEW[start:end]))
        self._missing -= end - start
        if not self._missing:
            self._end()
        return end

    def _end(self) -> None:
        if self._counts.kept:
            self._counts.kept.write(b"".join(self._body) + b"\n")
            self._body = []
        self._counts.sizes.append(self._size)
        self._plain.sendall(_ANSWER)


def main() -> None:
    """Serve on a free port of the loopback until standard input ends."""
    counts, selector = Counts(), selectors.DefaultSelector()
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    selector.register(listener, selectors.EVENT_READ)
    selector.register(0, selectors.EVENT_READ)
    print(listener.getsockname()[1], flush=True)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                plain, _ = listener.accept()
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(plain, selectors.EVENT_READ, Connection(plain, counts))
            elif isinstance(key.data, Connection):
                if not key.data.read():
                    selector.unregister(key.fileobj)
                    key.fileobj.close()  # type: ignore[union-attr]  # only sockets have such data
            elif not _obey(counts):
                return


def _obey(counts: Counts) -> bool:
    line = os.read(0, 4096).decode().strip()
    if not line:
        return False
    word, _, path = line.partition(" ")
    if word == "start":
        counts.start(path)
    print(counts.text(), flush=True)
    return True


if __name__ == "__main__":
    main()
