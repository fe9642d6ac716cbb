"""Two ways to post: the relay's endpoint, and urllib3's pool as the plainest code would use it."""

import contextlib
from typing import Protocol
from urllib.parse import urlsplit

import urllib3

from dreamdata_relay.adapters.dreamdata import DreamdataEndpoint
from dreamdata_relay.deliver.responses import Answer, NoAnswer

CONNECT_S, READ_S = 3.0, 1.0
# For reading: what a post came to.
MAYBE, NOT_RECEIVED = "maybe received", "not received"


class Poster(Protocol):
    """Posts to one address, over connections that it keeps."""

    def __init__(self, url: str) -> None: ...

    def post(self, body: bytes) -> int | str:
        """The status, or what is known without one."""
        ...


class Relay:
    """What the deliver function posts with."""

    def __init__(self, url: str) -> None:
        self.endpoint = DreamdataEndpoint(url, CONNECT_S, READ_S, 2)

    def post(self, body: bytes) -> int | str:
        """The status, or what is known without one."""
        outcome: Answer | NoAnswer = self.endpoint.post(body, "key")
        if isinstance(outcome, Answer):
            return outcome.status
        return MAYBE if outcome.sent else NOT_RECEIVED


class Pool:
    """urllib3's pool, asked to do nothing of its own: no retries, no redirects, the body left alone."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._path = urlsplit(url).path
        timeout = urllib3.Timeout(connect=CONNECT_S, read=READ_S)
        self._pool = urllib3.connection_from_url(url, timeout=timeout, retries=False, maxsize=2)

    def post(self, body: bytes) -> int | str:
        """The status, or what is known without one."""
        try:
            response = self._pool.urlopen(
                "POST", self._path, body, retries=False, redirect=False, preload_content=False
            )
        except (
            urllib3.exceptions.NewConnectionError,
            urllib3.exceptions.ConnectTimeoutError,
            urllib3.exceptions.SSLError,
        ):
            return NOT_RECEIVED
        except urllib3.exceptions.HTTPError:
            return MAYBE
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            response.drain_conn()
        response.release_conn()
        return response.status
