"""Reads the suppression list from S3 over urllib3's connections, signed by botocore.

boto3's client for S3 would take a sixth of a cold start, for one GET a minute.
"""

import contextlib
import http.client
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from dreamdata_relay.adapters.aws import LONGEST_CALL_S, credentials
from dreamdata_relay.adapters.connections import KeptConnections, PostUnderWay
from dreamdata_relay.adapters.watchdog import Watchdog
from dreamdata_relay.errors import ListUnavailable
from dreamdata_relay.privacy.suppression import MAX_LIST_BYTES
from dreamdata_relay.privacy.suppression_list import Stored

_CONNECT_S = 1.0
# A failure that comes sooner is worth a second attempt: a reset, or a server that is busy for a moment.
_QUICK_S = 0.5
_READ_BYTES = 65_536
# S3's errors are some 300 bytes of XML.
_MAX_ERROR_BYTES = 4_096
_NO_SUCH_KEY = b"<Code>NoSuchKey</Code>"


class _Busy(ListUnavailable):
    """Raised if another attempt may succeed at once."""


class StoredList:
    """The object at ``url`` in a bucket of ``region`` (None: the function's own), which has versions.

    ``longest_s`` bounds an attempt, however slowly S3 answers; a second one is made only after a quick failure.
    """

    def __init__(self, url: str, region: str | None = None, longest_s: float = LONGEST_CALL_S) -> None:
        self._url = url
        self._region = region
        parts = urlsplit(url)
        self._target = parts.path or "/"
        # None is kept: S3 closes a connection long before the minute until the next request.
        self._connections = KeptConnections(url, _CONNECT_S, 0)
        self._watchdog = Watchdog(longest_s)
        self._longest_s = longest_s

    def fetch(self, etag: str | None) -> Stored | None:
        """See :class:`dreamdata_relay.privacy.suppression_list.ListStore`."""
        begun = time.monotonic()
        try:
            return self._attempt(etag)
        except _Busy:
            if time.monotonic() - begun > _QUICK_S:
                raise
            return self._attempt(etag)

    def _attempt(self, etag: str | None) -> Stored | None:
        headers = self._signed({} if etag is None else {"If-None-Match": etag})
        connection = self._connections.take()
        try:
            with PostUnderWay(connection, self._watchdog) as under_way:
                under_way.connect().settimeout(self._longest_s)
                connection.request("GET", self._target, headers=headers, preload_content=False, decode_content=False)
                with contextlib.closing(connection.getresponse()) as response:
                    return _stored(response, etag)
        except (OSError, HTTPError, http.client.HTTPException):
            # Not chained: the text of some names the bucket.
            raise _Busy("list_unavailable") from None
        finally:
            connection.close()

    def _signed(self, headers: Mapping[str, str]) -> dict[str, str]:
        try:
            found, region = credentials(self._region)
            request = AWSRequest("GET", self._url, headers=dict(headers))
            S3SigV4Auth(found, "s3", region).add_auth(request)
        except BotoCoreError:
            raise ListUnavailable("list_unavailable") from None
        return dict(request.headers.items())


def _stored(response: BaseHTTPResponse, etag: str | None) -> Stored | None:
    status, found = response.status, response.headers.get("ETag")
    if status == 200:
        if not found:
            raise ListUnavailable("list_unavailable")
        return Stored(_body(response), found)
    if status == 304 and etag is not None and found in (None, etag):
        return None
    if status == 403:
        raise ListUnavailable("list_withdrawn")
    if status == 404:
        # Those who may list the bucket are told the difference between a missing object (404) and a denied one (403),
        # and in a bucket with versions between one that was never there and a deleted one.
        is_missing = _NO_SUCH_KEY in response.read(_MAX_ERROR_BYTES)
        if is_missing and "x-amz-delete-marker" not in response.headers:
            return Stored(None, None)
        raise ListUnavailable("list_deleted")
    raise _Busy("list_unavailable")


def _body(response: BaseHTTPResponse) -> bytearray:
    """Return the body, which is held once: it may have 16 MB."""
    try:
        length = int(response.headers.get("Content-Length", ""))
    except ValueError:
        raise ListUnavailable("list_unavailable") from None
    if not 0 <= length <= MAX_LIST_BYTES:
        raise ListUnavailable("list_malformed")
    body, at = bytearray(length), 0
    while at < length:
        piece = response.read(min(_READ_BYTES, length - at))
        if not piece:
            raise _Busy("list_unavailable")
        body[at : at + len(piece)] = piece
        at += len(piece)
    return body
