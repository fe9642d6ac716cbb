"""Sends one request and reads its answer over an open socket, even while the request is being sent.

A server that rejects a request may answer early (413, 401, 429): before it has read the body, after which it closes the
connection or stops reading. Sending then fails or stalls, although the answer has already arrived.
"""

import contextlib
import select
import socket
import ssl
from collections.abc import Callable

from dreamdata_relay.adapters.answers import AnswerReader, MalformedAnswer

# At least the size of a TLS record, so that no record is left half read, where poll does not see the rest.
_READ_BYTES = 16_384
# The most that is read of an answer's body, including its framing; the connection of a longer one is not kept.
_MAX_BODY_BYTES = 16_384

# How plain sockets and TLS report that they are not ready.
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Exchange:
    """One request and its ``answer``; ``was_answered_early``: some of the answer came before all was sent.

    ``wait_s`` bounds each wait. What is read after ``is_cut`` reports that the total time is up does not count.
    """

    def __init__(self, open_socket: socket.socket, wait_s: float, is_cut: Callable[[], bool]) -> None:
        self.answer = AnswerReader()
        self.was_answered_early = False
        self._socket = open_socket
        self._wait_s = wait_s
        self._is_cut = is_cut
        self._poll = select.poll()
        self._poll.register(open_socket, select.POLLIN | select.POLLOUT)

    @property
    def is_clean(self) -> bool:
        """Whether the connection can carry another exchange, because nothing of this one is left to send or receive."""
        return self.answer.reusable and not self.was_answered_early

    def send(self, data: bytes) -> bool:
        """Send ``data``; returns False, without sending the rest, once the server has answered.

        Raises OSError if neither is possible, MalformedAnswer if the bytes received are not an answer.
        """
        self._socket.settimeout(0)
        rest = memoryview(data)
        while rest:
            if self._is_readable():
                self._hear()
                self.was_answered_early = self.answer.begun
                if self.answer.status is not None:
                    return False
            try:
                rest = rest[self._socket.send(rest) :]
            except _NOT_NOW:
                continue
            except OSError:
                if not self._has_spoken():
                    raise
                self.was_answered_early = True
                return False
        return True

    def read_head(self) -> int:
        """Read the final answer's head, as far as it arrives after the status, and return the status.

        Raises OSError if no status arrives, MalformedAnswer if it is not valid.
        """
        self._socket.settimeout(self._wait_s)
        while not self.answer.head_read:
            try:
                self._hear()
            except OSError:
                if self.answer.status is None:
                    raise
                break
        if self.answer.status is None:
            raise MalformedAnswer("a head without a status")
        return self.answer.status

    def read_body(self, most: int, silence_s: float) -> None:
        """Read the answer's body to its end, up to ``most`` bytes, or until nothing arrives for ``silence_s``."""
        if not self.answer.head_read or self.answer.ended:
            return
        # Ignore any fault: the status is known, and the rest is optional.
        with contextlib.suppress(OSError):
            self._socket.settimeout(silence_s)
            heard = 0
            while not self.answer.ended and len(self.answer.body) < most and heard < _MAX_BODY_BYTES:
                heard += self._hear()

    def _is_readable(self) -> bool:
        """Wait until the socket is writable or readable; return whether it is readable."""
        ready = self._poll.poll(self._wait_s * 1_000)
        if not ready:
            raise TimeoutError("the other side reads nothing and says nothing")
        return ready[0][1] != select.POLLOUT

    def _hear(self) -> int:
        """Read what has arrived and return its size, 0 if it was only TLS's own data; raises OSError at the end."""
        try:
            data = self._socket.recv(_READ_BYTES)
        except _NOT_NOW:
            return 0
        if self._is_cut():
            raise TimeoutError("the time for this exchange is up")
        if not data:
            raise ConnectionResetError("the other side has closed the connection")
        self.answer.feed(data)
        return len(data)

    def _has_spoken(self) -> bool:
        """Whether a status arrived before sending failed; nothing arrives after that."""
        with contextlib.suppress(OSError):
            while self.answer.status is None and self._hear():
                pass
        return self.answer.status is not None
