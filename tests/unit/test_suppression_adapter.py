"""The suppression list from a real server that answers as S3 does, and as S3 should not."""

import hashlib
import re
import threading

import pytest
import trustme

from dreamdata_relay.adapters.suppression_list import StoredList
from dreamdata_relay.errors import ListUnavailable
from dreamdata_relay.privacy.suppression import MAX_LIST_BYTES
from dreamdata_relay.privacy.suppression_list import Stored
from tests.fakes.server import HttpServer, Reaction
from tests.patience import within
from tests.unit.conftest import tls_of

LIST = bytes(range(256)) * 1_000
ETAG = f'"{hashlib.sha256(LIST).hexdigest()[:32]}"'
WHOLE = Reaction(200, {"ETag": ETAG}, LIST)
BUSY = Reaction(503, {}, b"<Error><Code>SlowDown</Code></Error>")


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dreamdata_relay.adapters.suppression_list.credentials", _credentials)


def _credentials(region: str | None) -> tuple[object, str]:
    from botocore.credentials import Credentials

    return Credentials("AKIDTEST", "secret-of-tests", "token-of-tests"), region or "eu-west-1"


def list_at(server: HttpServer, longest_s: float = 30.0) -> StoredList:
    return StoredList(server.url.replace("/v1/batch", "/bucket/suppression-list"), longest_s=longest_s)


def reason_of(server: HttpServer, etag: str | None = None, longest_s: float = 30.0) -> str:
    with pytest.raises(ListUnavailable) as raised:
        list_at(server, longest_s).fetch(etag)
    assert "bucket" not in str(raised.value)
    return raised.value.reason


def missing(code: str = "NoSuchKey", **headers: str) -> Reaction:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reaction(404, named, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())


def test_the_list_comes_whole_with_its_etag_over_one_signed_request() -> None:
    with HttpServer(WHOLE) as server:
        assert list_at(server).fetch(None) == Stored(bytearray(LIST), ETAG)
        [request] = server.requests
    assert request.line == "GET /bucket/suppression-list HTTP/1.1"
    assert "if-none-match" not in request.headers
    assert request.headers["x-amz-security-token"] == "token-of-tests"
    assert re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=AKIDTEST/\d{8}/eu-west-1/s3/aws4_request, "
        r"SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}",
        request.headers["authorization"],
    )


def test_a_list_that_is_known_is_not_sent_again() -> None:
    with HttpServer(Reaction(304, {"ETag": ETAG}, b"")) as server:
        assert list_at(server).fetch(ETAG) is None
        assert server.requests[0].headers["if-none-match"] == ETAG
        assert "if-none-match;" in server.requests[0].headers["authorization"]


def test_a_list_comes_over_tls_that_is_verified(trusted: trustme.CA) -> None:
    with HttpServer(WHOLE, tls=tls_of(trusted)) as server:
        assert list_at(server).fetch(None) == Stored(bytearray(LIST), ETAG)
    with HttpServer(WHOLE, WHOLE, tls=tls_of(trusted, "localhost")) as server:
        assert reason_of(server) == "list_unavailable"
        assert server.requests == []


def test_a_list_that_was_never_there_is_no_failure() -> None:
    with HttpServer(missing()) as server:
        assert list_at(server).fetch(None) == Stored(None, None)


@pytest.mark.parametrize("reaction", [missing(x_amz_delete_marker="true"), missing("NoSuchBucket"), Reaction(404)])
def test_a_list_or_bucket_that_is_gone_is_one(reaction: Reaction) -> None:
    with HttpServer(reaction) as server:
        assert reason_of(server) == "list_deleted"


def test_a_list_that_is_denied_is_withdrawn_and_not_asked_for_twice() -> None:
    with HttpServer(Reaction(403)) as server:
        assert reason_of(server, ETAG) == "list_withdrawn"
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "reaction",
    [
        BUSY,
        Reaction(500),
        Reaction(301, {"Location": "http://127.0.0.1:1/"}),
        Reaction(307, {"Location": "http://127.0.0.1:1/"}),
        Reaction(206, {"ETag": ETAG}, LIST),
        Reaction(drop="before"),
        Reaction(drop="after"),
        Reaction(200, {"ETag": ETAG, "Content-Length": str(len(LIST) + 1)}, LIST, close=True),
    ],
)
def test_what_fails_at_once_is_tried_once_more(reaction: Reaction) -> None:
    with HttpServer(reaction, WHOLE) as server:
        assert list_at(server).fetch(None) == Stored(bytearray(LIST), ETAG)
    with HttpServer(reaction, reaction, WHOLE) as server:
        assert reason_of(server) == "list_unavailable"


@pytest.mark.parametrize(
    ("reaction", "etag"),
    [
        (Reaction(304, {"ETag": ETAG}, b""), None),
        (Reaction(304, {"ETag": '"another"'}, b""), ETAG),
        (Reaction(200, {}, LIST), ETAG),
        (Reaction(200, {"ETag": ETAG, "Content-Length": "some"}, LIST, close=True), ETAG),
    ],
)
def test_an_answer_that_does_not_fit_the_request_is_none(reaction: Reaction, etag: str | None) -> None:
    with HttpServer(reaction, reaction) as server:
        assert reason_of(server, etag) == "list_unavailable"


def test_a_list_beyond_any_size_is_not_read() -> None:
    with HttpServer(Reaction(200, {"ETag": ETAG, "Content-Length": str(MAX_LIST_BYTES + 1)}, b"x")) as server:
        assert reason_of(server) == "list_malformed"


@pytest.mark.parametrize("trickle", ["status", "headers", "body"])
def test_a_list_that_trickles_in_ends_with_the_time_of_an_attempt(trickle: str) -> None:
    slow = Reaction(200, {"ETag": ETAG}, b"x", trickle=trickle)  # type: ignore[arg-type]  # one of them
    with HttpServer(slow, WHOLE) as server, within(5):
        assert reason_of(server, longest_s=1.0) == "list_unavailable"
        assert len(server.requests) == 1


def test_a_server_that_says_nothing_ends_with_the_time_of_an_attempt() -> None:
    with HttpServer(Reaction(hang=True), WHOLE) as server, within(5):
        assert reason_of(server, longest_s=1.0) == "list_unavailable"


def test_no_thread_and_no_connection_stays() -> None:
    others = set(threading.enumerate())
    with HttpServer(WHOLE, missing(), BUSY, BUSY) as server:
        stored = list_at(server, longest_s=0.5)
        stored.fetch(None)
        stored.fetch(None)
        with pytest.raises(ListUnavailable):
            stored.fetch(None)
        for _ in range(4):
            assert server.closed_connections.acquire(timeout=60)
    for thread in set(threading.enumerate()) - others:
        thread.join(60)
        assert not thread.is_alive()


def test_without_credentials_the_list_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import NoCredentialsError

    def none(region: str | None) -> tuple[object, str]:
        raise NoCredentialsError

    monkeypatch.setattr("dreamdata_relay.adapters.suppression_list.credentials", none)
    with HttpServer() as server:
        assert reason_of(server) == "list_unavailable"
        assert server.requests == []
