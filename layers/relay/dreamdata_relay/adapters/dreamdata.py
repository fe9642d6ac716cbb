"""Dreamdata's endpoint through urllib3: one post, one answer or the reason why there is none."""

import base64
import threading
import time
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, ReadTimeoutError, SSLError

from dreamdata_relay import __version__
from dreamdata_relay.adapters.connections import HttpConnection, HttpsConnection, PostUnderWay
from dreamdata_relay.adapters.watchdog import Watchdog
from dreamdata_relay.outcomes import Answer, NoAnswer

USER_AGENT = f"dreamdata-relay/{__version__}"

# Enough to see why an event was refused, and all that a dead letter can carry.
_ANSWER_START_BYTES = 1_000
# How long to wait for more of an answer's body: its status has said what matters.
_BODY_SILENCE_S = 2.0
# A connection idle for longer is not used again: a frozen function does not notice when the other side forgets it.
_MAX_IDLE_S = 55.0


class DreamdataEndpoint:
    """Posts to ``url`` over kept connections; TLS is verified, redirects are never followed.

    ``connect_timeout_s`` and ``read_timeout_s`` bound each post, however slowly the other side takes or gives;
    ``connections`` is how many are kept.
    """

    def __init__(self, url: str, connect_timeout_s: float, read_timeout_s: float, connections: int) -> None:
        self._url = url
        self._path = urlsplit(url).path or "/"
        self._timeout = urllib3.Timeout(connect=connect_timeout_s, read=read_timeout_s)
        self._longest_s = connect_timeout_s + read_timeout_s
        self._watchdog = Watchdog(self._longest_s)
        self._connections = connections
        self._lock = threading.Lock()
        self._pool: urllib3.HTTPConnectionPool | None = None
        self._used_at = 0.0

    @property
    def longest_s(self) -> float:
        """The longest that one post can take."""
        return self._longest_s

    def post(self, body: bytes, key: str) -> Answer | NoAnswer:
        """Post ``body`` (JSON, UTF-8) with ``key`` as the Basic user name and an empty password."""
        started = time.monotonic()
        with PostUnderWay(body, self._watchdog) as under_way:
            try:
                response = self._request(under_way, len(body), key)
            except Exception as error:  # noqa: BLE001  # its place is the answer: whatever broke, events wait
                reason = "timeout" if under_way.expired else _reason(error, under_way.begun)
                return NoAnswer(under_way.begun, reason, time.monotonic() - started)
            start = _start_of(response, under_way)
            seconds = time.monotonic() - started
            return Answer(response.status, response.headers.get("Retry-After"), start, seconds)

    def _request(self, under_way: PostUnderWay, size: int, key: str) -> urllib3.BaseHTTPResponse:
        headers = {
            "Authorization": "Basic " + base64.b64encode(key.encode() + b":").decode(),
            "Content-Type": "application/json",
            # Told here: the body is handed over as parts, to see when the first of them is asked for.
            "Content-Length": str(size),
            "User-Agent": USER_AGENT,
        }
        return self._fresh_pool().urlopen(
            "POST",
            self._path,
            body=under_way,
            headers=headers,
            timeout=self._timeout,
            retries=False,
            redirect=False,
            preload_content=False,
        )

    def _fresh_pool(self) -> urllib3.HTTPConnectionPool:
        with self._lock:
            # By the calendar: a frozen function's monotonic clock may stand still.
            now = time.time()
            if self._pool is None or abs(now - self._used_at) > _MAX_IDLE_S:
                if self._pool is not None:
                    self._pool.close()
                self._pool = _pool(self._url, self._connections)
            self._used_at = now
            return self._pool


def _pool(url: str, connections: int) -> urllib3.HTTPConnectionPool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        pool: urllib3.HTTPConnectionPool = urllib3.HTTPSConnectionPool(
            host, parts.port, maxsize=connections, cert_reqs="CERT_REQUIRED"
        )
        pool.ConnectionCls = HttpsConnection
    else:
        pool = urllib3.HTTPConnectionPool(host, parts.port, maxsize=connections)
        pool.ConnectionCls = HttpConnection
    return pool


def _reason(error: Exception, begun: bool) -> str:
    if isinstance(error, ReadTimeoutError):
        return "timeout"
    if isinstance(error, SSLError):
        return "tls"
    if isinstance(error, HTTPError | OSError):
        return "connection" if begun else "connect"
    return "error"


def _start_of(response: urllib3.BaseHTTPResponse, under_way: PostUnderWay) -> bytes:
    """The start of the answer's body; the status counts even where the body breaks off or trickles in."""
    start = b""
    under_way.wait_at_most(_BODY_SILENCE_S)
    try:
        while len(start) < _ANSWER_START_BYTES and not under_way.expired:
            piece = response.read1(_ANSWER_START_BYTES - len(start))
            if not piece:
                if not under_way.expired:
                    response.release_conn()
                return start
            start += piece
    except Exception:  # noqa: BLE001, S110  # its place is the answer: the status is known, the rest is a courtesy
        pass
    # A long answer is not worth the connection.
    response.close()
    return start
