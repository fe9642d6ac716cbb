"""urllib3 connections that know the post they carry: whether its body was begun, and that it ends in time.

urllib3's time-outs bound each read, not the whole: an answer that trickles in a byte at a time never ends. And its
errors do not tell whether a request was sent at all, which decides whether it may be counted twice. Both are seen here.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

import urllib3.connection

from dreamdata_relay.adapters.watchdog import Watchdog

_CURRENT = threading.local()


class PostUnderWay:
    """One post, from here to its answer or until ``watchdog`` ends it; iterating over it gives the body, once.

    ``begun``: the body was asked for, so that some of it may have arrived. ``expired``: the time was up and the
    connection was cut.
    """

    def __init__(self, body: bytes, watchdog: Watchdog) -> None:
        self.begun = False
        self.expired = False
        self._body = body
        self._over = False
        self._lock = threading.Lock()
        self._connection: urllib3.connection.HTTPConnection | None = None
        self._socket: socket.socket | None = None
        self._watchdog = watchdog

    def __enter__(self) -> Self:
        _CURRENT.post = self
        self._watchdog.watch(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._watchdog.release(self)
        with self._lock:
            # From here on the connection may carry another post.
            self._over = True
        _CURRENT.post = None

    def __iter__(self) -> Iterator[bytes]:
        self.begun = True
        yield self._body

    def carried_by(self, connection: urllib3.connection.HTTPConnection) -> None:
        """``connection`` is about to carry, or carries, this post; raises TimeoutError when it is too late for that."""
        with self._lock:
            self._connection = connection
            self._socket = connection.sock or self._socket
            if self.expired:
                raise TimeoutError("the time for this post is up")

    def wait_at_most(self, seconds: float) -> None:
        """From here on no single read takes longer than ``seconds``."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.settimeout(seconds)

    def expire(self) -> None:
        """Its time is up: cut the connection that carries it."""
        with self._lock:
            if self._over:
                return
            self.expired = True
            open_socket = (self._connection.sock if self._connection else None) or self._socket
            if open_socket is not None:
                # The plain socket's, also under TLS: who reads finds the end; closing would pull it from under them.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(open_socket, socket.SHUT_RDWR)


def _tell(connection: urllib3.connection.HTTPConnection) -> None:
    post: PostUnderWay | None = getattr(_CURRENT, "post", None)
    if post is not None:
        post.carried_by(connection)


class HttpConnection(urllib3.connection.HTTPConnection):
    """See the module."""

    def connect(self) -> None:
        """See the module."""
        _tell(self)
        super().connect()
        _tell(self)

    def request(self, *args: Any, **kwargs: Any) -> None:
        """See the module."""
        _tell(self)
        super().request(*args, **kwargs)
        _tell(self)


class HttpsConnection(urllib3.connection.HTTPSConnection):
    """See the module."""

    def connect(self) -> None:
        """See the module."""
        _tell(self)
        super().connect()
        _tell(self)

    def request(self, *args: Any, **kwargs: Any) -> None:
        """See the module."""
        _tell(self)
        super().request(*args, **kwargs)
        _tell(self)
