"""Keeps connections to one server open, and tracks each post: whether sending its body began, and when it must end.

Socket time-outs bound each read but not the whole, so an answer that arrives byte by byte would never end. And an error
does not show whether a request was sent at all, which decides whether it may be counted twice. Both are handled here.
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

# A connection idle for longer is not reused, because a frozen function does not notice when the server closes it.
_MAX_IDLE_S = 55.0


class KeptConnections:
    """Connections to the server of ``url`` with verified TLS; up to ``most`` are kept between posts.

    It uses urllib3's connections without its pool. The pool costs as much as the rest of a post. It also retries,
    redirects, decodes and uses proxies, all unwanted here, and it treats 1xx as the answer.
    """

    def __init__(self, url: str, connect_timeout_s: float, most: int) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._secure = parts.hostname or "", parts.port, parts.scheme == "https"
        self._connect_timeout_s = connect_timeout_s
        self._most = most
        self._lock = threading.Lock()
        # Each with the time of its last post, the latest last.
        self._idle: list[tuple[HTTPConnection, float]] = []
        weakref.finalize(self, _close_all, self._idle)

    def take(self) -> HTTPConnection:
        """Return a connection that is still open, or a new one to connect, for the caller's exclusive use."""
        while (kept := self._latest()) is not None:
            connection, used_at = kept
            # By wall-clock time, because the monotonic clock may stop while the function is frozen.
            if abs(time.time() - used_at) <= _MAX_IDLE_S and connection.is_connected:
                return connection
            connection.close()
        if self._secure:
            return HTTPSConnection(self._host, self._port, timeout=self._connect_timeout_s, ssl_context=self._context)
        return HTTPConnection(self._host, self._port, timeout=self._connect_timeout_s)

    def keep(self, connection: HTTPConnection) -> None:
        """Keep ``connection`` for another post, or close it if enough are kept."""
        with self._lock:
            if len(self._idle) < self._most:
                self._idle.append((connection, time.time()))
                return
        connection.close()

    @cached_property
    def _context(self) -> ssl.SSLContext:
        """Make one context for all connections, at the first one, because reading the system's CAs takes 20 ms."""
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
    """One post over ``connection``, until it is answered or ``watchdog`` ends it.

    ``begun``: some of the body may have arrived. ``expired``: the time was up and the connection was cut.
    """

    def __init__(self, connection: HTTPConnection, watchdog: Watchdog) -> None:
        self.begun = False
        self.expired = False
        self._over = False
        self._lock = threading.Lock()
        self._connection = connection
        # Kept here too, because the connection drops its own reference when it is closed.
        self._socket: socket.socket | None = connection.sock
        self._watchdog = watchdog

    def __enter__(self) -> Self:
        self._watchdog.watch(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._watchdog.release(self)
        with self._lock:
            # From now on the connection may carry another post.
            self._over = True

    @property
    def is_connected(self) -> bool:
        """Whether the connection is open; before ``connect`` this means that it has carried another post."""
        return self._socket is not None

    def connect(self) -> socket.socket:
        """Connect if necessary and return the open socket; raises TimeoutError if the time was up by then."""
        if self._socket is None:
            self._connection.connect()
        with self._lock:
            self._socket = self._connection.sock
            if self.expired or self._socket is None:
                raise TimeoutError("the time for this post is up")
            return self._socket

    def expire(self) -> None:
        """Cut the connection of the post, because its time is up."""
        with self._lock:
            if self._over:
                return
            self.expired = True
            open_socket = self._connection.sock or self._socket
            if open_socket is not None:
                # Shut down the plain socket, under TLS too: a reader then sees the end, and no socket is closed in use.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(open_socket, socket.SHUT_RDWR)
