"""Dreamdata's endpoint through urllib3: one post, one answer or the reason why there is none."""

import base64
import ssl
import time

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from dreamdata_relay import __version__
from dreamdata_relay.outcomes import Answer, NoAnswer

USER_AGENT = f"dreamdata-relay/{__version__}"

# Enough to see why an event was refused, and all that a dead letter can carry.
_ANSWER_START_BYTES = 1_000
_SURELY_NOT_SENT = (ConnectTimeoutError, NewConnectionError, NameResolutionError)


class DreamdataEndpoint:
    """Posts to ``url`` over kept connections; TLS is verified, redirects are never followed.

    ``connect_timeout_s`` and ``read_timeout_s`` bound each post; ``connections`` is how many are kept.
    """

    def __init__(self, url: str, connect_timeout_s: float, read_timeout_s: float, connections: int) -> None:
        self._url = url
        self._timeout = urllib3.Timeout(connect=connect_timeout_s, read=read_timeout_s)
        self._longest_s = connect_timeout_s + read_timeout_s
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=connections, retries=False, cert_reqs="CERT_REQUIRED")

    @property
    def longest_s(self) -> float:
        """The longest that one post can take."""
        return self._longest_s

    def post(self, body: bytes, key: str) -> Answer | NoAnswer:
        """Post ``body`` (JSON, UTF-8) with ``key`` as the Basic user name and an empty password."""
        started = time.monotonic()
        headers = {
            "Authorization": "Basic " + base64.b64encode(key.encode() + b":").decode(),
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
        }
        try:
            response = self._pool.request(
                "POST",
                self._url,
                body=body,
                headers=headers,
                timeout=self._timeout,
                redirect=False,
                preload_content=False,
            )
        except _SURELY_NOT_SENT:
            return NoAnswer(sent=False, reason="connect", seconds=time.monotonic() - started)
        except SSLError as error:
            # A certificate fails before anything is sent; of other TLS errors urllib3 does not tell when they came.
            sent = not isinstance(error.args[0], ssl.SSLCertVerificationError)
            return NoAnswer(sent=sent, reason="tls", seconds=time.monotonic() - started)
        except ReadTimeoutError:
            return NoAnswer(sent=True, reason="timeout", seconds=time.monotonic() - started)
        except (HTTPError, OSError):
            return NoAnswer(sent=True, reason="connection", seconds=time.monotonic() - started)
        start = _start_of(response, started + self._longest_s)
        seconds = time.monotonic() - started
        return Answer(response.status, response.headers.get("Retry-After"), start, seconds)


def _start_of(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """The start of the answer's body; the status counts even where the body breaks off or trickles in."""
    start = b""
    try:
        while len(start) < _ANSWER_START_BYTES and time.monotonic() < deadline:
            piece = response.read1(_ANSWER_START_BYTES - len(start))
            if not piece:
                response.release_conn()
                return start
            start += piece
    except (HTTPError, OSError):
        pass
    # A long answer is not worth the connection.
    response.close()
    return start
