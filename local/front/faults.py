"""What the front says to whoever does not speak HTTP, or not on the port for it.

uvicorn answers the first as text, and asyncio hangs up on the second without a word.
"""

import ssl
import sys
from pathlib import Path

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from local.front import answers
from local.front.answers import Answer

_TOO_LONG = 431


class HttpProtocol(H11Protocol):
    """uvicorn's protocol, which answers what it cannot read in JSON."""

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # the answer has its own text
        """Answer a request that is no HTTP, or whose head is longer than what is read; the connection ends."""
        fault = sys.exception()
        too_long = isinstance(fault, h11.RemoteProtocolError) and fault.error_status_hint == _TOO_LONG
        if self.conn.our_state is h11.SEND_RESPONSE or self.conn.our_state is h11.IDLE:
            self.transport.write(_on_the_wire(answers.HEADERS_TOO_LARGE if too_long else answers.NOT_HTTP))
        self.transport.close()


def https_context(server_pem: Path, http_url: str) -> ssl.SSLContext:
    """Return the context of a server with the certificate in ``server_pem`` that tells plain http to use ``http_url``.

    A connection that begins with a letter is no TLS: it is answered 400 without a handshake.
    """

    class Connection(_Connection):
        answer = _on_the_wire(answers.plain_http(http_url))

    context = _Context(ssl.PROTOCOL_TLS_SERVER)
    context.sslobject_class = Connection
    context.load_cert_chain(server_pem)
    return context


class _Connection(ssl.SSLObject):
    """One connection; ``incoming`` and ``outgoing`` are the bytes of the network."""

    answer = b""
    incoming: ssl.MemoryBIO
    outgoing: ssl.MemoryBIO
    _is_plain: bool | None = None

    def do_handshake(self) -> None:
        """Shake hands, or answer once and read until the client ends."""
        if self._is_plain is None and (first := self.incoming.read()):
            self._is_plain = first[:1].isalpha()
            if self._is_plain:
                self.outgoing.write(self.answer)
            else:
                self.incoming.write(first)
        if not self._is_plain:
            super().do_handshake()
            return
        self.incoming.read()
        # What is outgoing is sent now.
        raise ssl.SSLWantReadError


class _Context(ssl.SSLContext):
    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        made = super().wrap_bio(incoming, outgoing, server_side, server_hostname, session)
        assert isinstance(made, _Connection), "sslobject_class is set"  # noqa: S101  # a fault of this module only
        made.incoming, made.outgoing = incoming, outgoing
        return made


def _on_the_wire(answer: Answer) -> bytes:
    """Return an answer as HTTP, with which the connection ends."""
    headers = [*answer.headers, ("content-length", str(len(answer.body))), ("connection", "close")]
    reason = {400: "Bad Request", _TOO_LONG: "Request Header Fields Too Large"}[answer.status]
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"HTTP/1.1 {answer.status} {reason}\r\n{head}\r\n".encode() + answer.body
