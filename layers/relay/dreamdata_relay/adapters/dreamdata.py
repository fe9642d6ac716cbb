"""Dreamdata's endpoint through urllib3's connections: one post, one answer or the reason why there is none."""

import base64
import http.client
import ssl
import time
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError

from dreamdata_relay import __version__
from dreamdata_relay.adapters.connections import KeptConnections, PostUnderWay
from dreamdata_relay.adapters.watchdog import Watchdog
from dreamdata_relay.outcomes import Answer, NoAnswer

USER_AGENT = f"dreamdata-relay/{__version__}"

# Enough to see why an event was refused, and all that a dead letter can carry.
_ANSWER_START_BYTES = 1_000
# How long to wait for more of an answer's body: its status has said what matters.
_BODY_SILENCE_S = 2.0


class DreamdataEndpoint:
    """Posts to ``url`` over kept connections; TLS is verified, redirects are never followed.

    ``connect_timeout_s`` and ``read_timeout_s`` bound each post, however slowly the other side takes or gives;
    ``connections`` is how many are kept.
    """

    def __init__(self, url: str, connect_timeout_s: float, read_timeout_s: float, connections: int) -> None:
        self._path = urlsplit(url).path or "/"
        self._read_timeout_s = read_timeout_s
        self._longest_s = connect_timeout_s + read_timeout_s
        self._watchdog = Watchdog(self._longest_s)
        self._connections = KeptConnections(url, connect_timeout_s, connections)

    @property
    def longest_s(self) -> float:
        """The longest that one post can take."""
        return self._longest_s

    def post(self, body: bytes, key: str, encoding: str | None = None) -> Answer | NoAnswer:
        """Post ``body`` (JSON, UTF-8, in ``encoding``) with ``key`` as the Basic user name and an empty password."""
        started = time.monotonic()
        connection = self._connections.take()
        with PostUnderWay(connection, self._watchdog) as under_way:
            try:
                response = self._request(connection, under_way, body, key, encoding)
            except Exception as error:  # noqa: BLE001  # its place is the answer: whatever broke, events wait
                connection.close()
                reason = "timeout" if under_way.expired else _reason(error, under_way.begun)
                return NoAnswer(under_way.begun, reason, time.monotonic() - started)
            start = _start_of(response, under_way)
        if response.isclosed() and connection.sock and not under_way.expired:
            self._connections.keep(connection)
        else:
            # A long answer is not worth the connection.
            response.close()
            connection.close()
        return Answer(response.status, response.headers.get("Retry-After"), start, time.monotonic() - started)

    def _request(
        self, connection: HTTPConnection, under_way: PostUnderWay, body: bytes, key: str, encoding: str | None
    ) -> http.client.HTTPResponse:
        under_way.connect()
        under_way.wait_at_most(self._read_timeout_s)
        connection.putrequest("POST", self._path)
        connection.putheader("Authorization", "Basic " + base64.b64encode(key.encode() + b":").decode())
        connection.putheader("Content-Type", "application/json")
        if encoding is not None:
            connection.putheader("Content-Encoding", encoding)
        connection.putheader("Content-Length", str(len(body)))
        connection.putheader("User-Agent", USER_AGENT)
        connection.endheaders()
        under_way.begun = True
        connection.send(body)
        # The standard library's, which urllib3's answer wraps: nothing is decoded, followed or looked up again.
        return http.client.HTTPConnection.getresponse(connection)


def _reason(error: Exception, begun: bool) -> str:
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLError):
        return "tls"
    if isinstance(error, HTTPError | http.client.HTTPException | OSError):
        return "connection" if begun else "connect"
    return "error"


def _start_of(response: http.client.HTTPResponse, under_way: PostUnderWay) -> bytes:
    """The start of the answer's body; the status counts even where the body breaks off or trickles in."""
    start = b""
    under_way.wait_at_most(_BODY_SILENCE_S)
    try:
        while len(start) < _ANSWER_START_BYTES and not under_way.expired:
            piece = response.read1(_ANSWER_START_BYTES - len(start))
            if not piece:
                break
            start += piece
    except Exception:  # noqa: BLE001, S110  # its place is the answer: the status is known, the rest is a courtesy
        pass
    return start
