"""Posts to Dreamdata's endpoint over urllib3's connections; a post gives an answer, or the reason why there is none."""

import base64
import ssl
import time
from urllib.parse import SplitResult, quote, urlsplit

from urllib3.exceptions import HTTPError

from dreamdata_relay import __version__
from dreamdata_relay.adapters.answers import MalformedAnswer
from dreamdata_relay.adapters.connections import KeptConnections, PostUnderWay
from dreamdata_relay.adapters.exchanges import Exchange
from dreamdata_relay.adapters.watchdog import Watchdog
from dreamdata_relay.deliver.responses import Answer, NoAnswer

USER_AGENT = f"dreamdata-relay/{__version__}"

# Enough to show why an event was refused, and as much as a dead letter can carry.
_ANSWER_START_BYTES = 1_000
# How long to wait for more of an answer's body; short, because the status says what matters.
_BODY_SILENCE_S = 2.0


class UnprovenAnswer(Exception):
    """Raised for an answer that cannot belong to the request: one that was there before, or an early success."""


class DreamdataEndpoint:
    """Posts to ``url`` over kept connections; TLS is verified, redirects are never followed.

    ``connect_timeout_s`` and ``read_timeout_s`` bound each post, however slowly the server reads or answers;
    ``connections`` is how many are kept.
    """

    def __init__(self, url: str, connect_timeout_s: float, read_timeout_s: float, connections: int) -> None:
        self._first_lines = _first_lines(urlsplit(url))
        self._read_timeout_s = read_timeout_s
        self._longest_s = connect_timeout_s + read_timeout_s
        self._watchdog = Watchdog(self._longest_s)
        self._connections = KeptConnections(url, connect_timeout_s, connections)

    @property
    def longest_s(self) -> float:
        """Return the longest that one post can take."""
        return self._longest_s

    def post(self, body: bytes, key: str, encoding: str | None = None) -> Answer | NoAnswer:
        """Post ``body`` (JSON, UTF-8, in ``encoding``) with ``key`` as the Basic user name and an empty password."""
        started = time.monotonic()
        connection = self._connections.take()
        under_way = PostUnderWay(connection, self._watchdog)
        try:
            with under_way:
                status, exchange = self._exchange(under_way, self._head(len(body), key, encoding), body)
        except Exception as error:  # noqa: BLE001  # it becomes the answer: events wait, whatever failed
            connection.close()
            reason = "timeout" if under_way.expired else _reason(error, under_way.begun)
            return NoAnswer(under_way.begun, reason, time.monotonic() - started)
        if exchange.is_clean and not under_way.expired:
            self._connections.keep(connection)
        else:
            # Reading a long answer costs more than a new connection; one that may hold another answer is not reused.
            connection.close()
        answer = exchange.answer
        return Answer(status, answer.retry_after, answer.body[:_ANSWER_START_BYTES], time.monotonic() - started)

    def _head(self, length: int, key: str, encoding: str | None) -> bytes:
        credentials = base64.b64encode(key.encode() + b":").decode()
        lines = f"{self._first_lines}Authorization: Basic {credentials}\r\nContent-Length: {length}\r\n"
        if encoding is not None:
            lines += f"Content-Encoding: {encoding}\r\n"
        return f"{lines}\r\n".encode()

    def _exchange(self, under_way: PostUnderWay, head: bytes, body: bytes) -> tuple[int, Exchange]:
        was_used = under_way.is_connected
        exchange = Exchange(under_way.connect(), self._read_timeout_s, lambda: under_way.expired)
        if exchange.send(head):
            under_way.begun = True
            exchange.send(body)
        status = exchange.read_head()
        # A success before the body was sent does not concern its events; neither does an answer older than the request.
        if exchange.was_answered_early and (200 <= status < 300 or (was_used and not under_way.begun)):
            raise UnprovenAnswer
        exchange.read_body(_ANSWER_START_BYTES, _BODY_SILENCE_S)
        return status, exchange


def _first_lines(url: SplitResult) -> str:
    host = url.hostname or ""
    if not host.isascii():
        host = host.encode("idna").decode()
    if ":" in host:
        host = f"[{host}]"
    if url.port is not None:
        host = f"{host}:{url.port}"
    path = quote(url.path or "/", safe="/%:@!$&'()*+,;=~")
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\n"
        "Accept-Encoding: identity\r\nContent-Type: application/json\r\n"
    )


def _reason(error: Exception, begun: bool) -> str:
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLError):
        return "tls"
    if isinstance(error, MalformedAnswer):
        return "malformed"
    if isinstance(error, UnprovenAnswer):
        return "unproven"
    if isinstance(error, HTTPError | OSError):
        return "connection" if begun else "connect"
    return "error"
