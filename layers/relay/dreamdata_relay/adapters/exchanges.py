"""Sends one request and reads its answer over an open socket; an answer is read even while the request is being sent.

A server that will not have a request says so early: it answers (413, 401, 429) before it has read the body and closes,
or reads no further. Sending then fails or stalls, and the answer lies there to be read.
"""

import contextlib
import select
import socket
import ssl
from collections.abc import Callable

from dreamdata_relay.adapters.answers import AnswerReader, MalformedAnswer

# No less than a TLS record holds, so that none is left half read where poll does not see it.
_READ_BYTES = 16_384
# Of an answer's body, with its framing: who says more has said enough, and the connection is not kept.
_MAX_BODY_BYTES = 16_384

# The socket is not ready; TLS says it in words of its own.
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Exchange:
    """``answer`` is what came of it; ``was_answered_early``: some of it came before all was sent.

    ``wait_s`` bounds each wait; what is read once ``is_cut`` says that the time for all is up does not count.
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
        """Whether the connection can carry another exchange: nothing of this one is left to send or to come."""
        return self.answer.reusable and not self.was_answered_early

    def send(self, data: bytes) -> bool:
        """Hand ``data`` over to the connection; False as soon as the other side has answered, the rest is not sent.

        Raises OSError where neither is possible, MalformedAnswer where what came is no answer.
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
        """Read on to the end of the final answer's head, or as far as it comes where its status has come; the status.

        Raises OSError where no status comes, MalformedAnswer where it is none.
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
        """Read the answer's body to its end, to ``most`` bytes, or until nothing comes for ``silence_s``."""
        if not self.answer.head_read or self.answer.ended:
            return
        # Whatever breaks: the status is known, the rest is a courtesy.
        with contextlib.suppress(OSError):
            self._socket.settimeout(silence_s)
            heard = 0
            while not self.answer.ended and len(self.answer.body) < most and heard < _MAX_BODY_BYTES:
                heard += self._hear()

    def _is_readable(self) -> bool:
        """Wait until the socket takes or gives something; True where it gives."""
        ready = self._poll.poll(self._wait_s * 1_000)
        if not ready:
            raise TimeoutError("the other side reads nothing and says nothing")
        return ready[0][1] != select.POLLOUT

    def _hear(self) -> int:
        """Read what has come, 0 bytes where it was nothing but TLS's own; raises OSError at the end of all."""
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
        """Whether a status came before sending failed; after that nothing comes any more."""
        with contextlib.suppress(OSError):
            while self.answer.status is None and self._hear():
                pass
        return self.answer.status is not None
