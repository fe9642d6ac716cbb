"""A server whose every byte and silence a test decides: a script for each connection, over TCP or TLS."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.patience import LONGEST_S

SMALL_BUFFER = 16_384


class Conversation:
    """One connection, as the server sees it."""

    def __init__(self, accepted: socket.socket, closing: threading.Event, meeting: threading.Barrier) -> None:
        self._socket = accepted
        self._meeting = meeting
        self._closing = closing
        self._unread = b""
        self._length = 0

    def read_head(self) -> bytes:
        """Read a request's head and no more of it than has to be; raises EOFError when there is none."""
        while b"\r\n\r\n" not in self._unread:
            piece = self._socket.recv(4_096)
            if not piece:
                raise EOFError
            self._unread += piece
        head, _, self._unread = self._unread.partition(b"\r\n\r\n")
        self._length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        return head

    def read_request(self) -> bytes:
        """Read a whole request; its body."""
        self.read_head()
        return self.read_body()

    def read_a_little(self) -> bool:
        """Read some bytes, after a while; False when there is no more to come."""
        return not self._closing.wait(0.02) and bool(self._socket.recv(512))

    def read_body(self) -> bytes:
        """Read the rest of a request whose head was read."""
        length = self._length
        while len(self._unread) < length:
            piece = self._socket.recv(65_536)
            if not piece:
                raise EOFError
            self._unread += piece
        body, self._unread = self._unread[:length], self._unread[length:]
        return body

    def say(self, text: bytes) -> None:
        """Send ``text``."""
        self._socket.sendall(text)

    def hold(self) -> None:
        """Neither read nor speak until the server is closed."""
        self._closing.wait(LONGEST_S)

    def meet(self) -> None:
        """Wait until the test meets, too."""
        self._meeting.wait(LONGEST_S)

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def reset(self) -> None:
        """Break the connection off."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()


type Script = Callable[[Conversation], object]


def answering(answer: bytes) -> Script:
    """Answers every request with ``answer``."""

    def script(conversation: Conversation) -> None:
        while True:
            conversation.read_request()
            conversation.say(answer)

    return script


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class WireServer:
    """Runs ``scripts``, one for each connection in turn, then answers 200 to all; the end of a script closes.

    ``small``: its receive buffer is, so that it takes little of a body that it does not read.
    """

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None, small: bool = False) -> None:
        self.connections = 0
        self._scripts = list(scripts)
        self._tls = tls
        self._meeting = threading.Barrier(2)
        self._closing = threading.Event()
        self._accepted: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listening = socket.socket()
        if small:
            # Before it listens: the window is agreed on when a connection is made.
            self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        self._listening.bind(("127.0.0.1", 0))
        self._listening.listen()

    @property
    def url(self) -> str:
        """Where payloads are posted to."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._listening.getsockname()[1]}/v1/batch"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        at: TracebackType | None = None,
    ) -> None:
        self._closing.set()
        for each in (self._listening, *self._accepted):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(LONGEST_S)
        self._listening.close()

    def meet(self) -> None:
        """Wait until a script meets, too."""
        self._meeting.wait(LONGEST_S)

    def _start(self, what: Callable[..., None], *given: object) -> None:
        thread = threading.Thread(target=what, args=given, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                accepted, _ = self._listening.accept()
            except OSError:
                return
            # What was said is on its way before a reset, which drops what is not.
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._accepted.append(accepted)
            script = self._scripts[self.connections] if self.connections < len(self._scripts) else answering(OK)
            self.connections += 1
            self._start(self._serve, accepted, script)

    def _serve(self, accepted: socket.socket, script: Script) -> None:
        # A client that goes away is no news.
        with contextlib.suppress(OSError, EOFError), accepted:
            if self._tls is None:
                script(Conversation(accepted, self._closing, self._meeting))
                return
            with self._tls.wrap_socket(accepted, server_side=True) as wrapped:
                self._accepted.append(wrapped)
                script(Conversation(wrapped, self._closing, self._meeting))
