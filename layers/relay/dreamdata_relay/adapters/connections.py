"""Kept connections to one server, and the post that one of them carries: whether its body was begun, and its end.

Socket time-outs bound each read, not the whole: an answer that trickles in a byte at a time never ends. And an error
does not tell whether a request was sent at all, which decides whether it may be counted twice. Both are seen here.
"""

import contextlib
import socket
import ssl
import threading
import time
import weakref
from functools import cached_property
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.ssl_ import create_urllib3_context

from dreamdata_relay.adapters.watchdog import Watchdog

# A connection idle for longer is not used again: a frozen function does not notice when the other side forgets it.
_MAX_IDLE_S = 55.0


class KeptConnections:
    """Connections to the server of ``url``, TLS verified; up to ``most`` are kept between posts.

    urllib3's connections without its pool, which costs as much as all else of a post: it retries, redirects, decodes
    and goes through proxies, none of which a post may; and it takes 1xx for the answer.
    """

    def __init__(self, url: str, connect_timeout_s: float, most: int) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._secure = parts.hostname or "", parts.port, parts.scheme == "https"
        self._connect_timeout_s = connect_timeout_s
        self._most = most
        self._lock = threading.Lock()
        # With the times of their last posts, the latest last.
        self._idle: list[tuple[HTTPConnection, float]] = []
        weakref.finalize(self, _close_all, self._idle)

    def take(self) -> HTTPConnection:
        """One that is open still, or a new one that is yet to be connected; nobody else has it."""
        while (kept := self._latest()) is not None:
            connection, used_at = kept
            # By the calendar: a frozen function's monotonic clock may stand still.
            if abs(time.time() - used_at) <= _MAX_IDLE_S and connection.is_connected:
                return connection
            connection.close()
        if self._secure:
            return HTTPSConnection(self._host, self._port, timeout=self._connect_timeout_s, ssl_context=self._context)
        return HTTPConnection(self._host, self._port, timeout=self._connect_timeout_s)

    def keep(self, connection: HTTPConnection) -> None:
        """Keep ``connection`` for another post, or close it where enough are kept."""
        with self._lock:
            if len(self._idle) < self._most:
                self._idle.append((connection, time.time()))
                return
        connection.close()

    @cached_property
    def _context(self) -> ssl.SSLContext:
        """Once for all connections, and not before the first: the machine's authorities take 20 ms to read."""
        context = create_urllib3_context()
        context.load_default_certs()
        return context

    def _latest(self) -> tuple[HTTPConnection, float] | None:
        with self._lock:
            return self._idle.pop() if self._idle else None


def _close_all(idle: list[tuple[HTTPConnection, float]]) -> None:
    for connection, _ in idle:
        connection.close()


class PostUnderWay:
    """One post over ``connection``, from here to its answer or until ``watchdog`` ends it.

    ``begun``: some of the body may have arrived. ``expired``: the time was up and the connection was cut.
    """

    def __init__(self, connection: HTTPConnection, watchdog: Watchdog) -> None:
        self.begun = False
        self.expired = False
        self._over = False
        self._lock = threading.Lock()
        self._connection = connection
        # Kept beside the connection's own, which lets go of it when it is closed.
        self._socket: socket.socket | None = connection.sock
        self._watchdog = watchdog

    def __enter__(self) -> Self:
        self._watchdog.watch(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._watchdog.release(self)
        with self._lock:
            # From here on the connection may carry another post.
            self._over = True

    @property
    def is_connected(self) -> bool:
        """Whether the connection is open; before ``connect`` that is one that has carried another post."""
        return self._socket is not None

    def connect(self) -> socket.socket:
        """The open socket, connected where it was not; raises TimeoutError when the time was up by then."""
        if self._socket is None:
            self._connection.connect()
        with self._lock:
            self._socket = self._connection.sock
            if self.expired or self._socket is None:
                raise TimeoutError("the time for this post is up")
            return self._socket

    def expire(self) -> None:
        """Its time is up: cut the connection that carries it."""
        with self._lock:
            if self._over:
                return
            self.expired = True
            open_socket = self._connection.sock or self._socket
            if open_socket is not None:
                # The plain socket's, also under TLS: who reads finds the end; closing would pull it from under them.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(open_socket, socket.SHUT_RDWR)
