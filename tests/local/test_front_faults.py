"""Whoever does not speak HTTP to the front, or not on the port for it, is told so in JSON."""

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
import urllib3

from local.front import http_api
from local.front.answers import Answer
from local.front.app import guarded
from local.front.certificates import Certificates
from local.front.http_api import Request
from local.front.record import NAME, Record
from tests.clients.front import Served, served
from tests.patience import LONGEST_S

OK = Answer(200, b'{"success":true}')


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("front")


@pytest.fixture(scope="module")
def serving(folder: Path) -> Iterator[tuple[Served, list[Request]]]:
    certificates, requests = Certificates(folder / "certificates"), list[Request]()
    certificates.make()

    def answer(request: Request) -> Answer:
        requests.append(request)
        return OK

    with served(guarded(answer, Record(folder)), certificates) as found:
        yield found, requests


def port_of(found: Served, scheme: Any) -> int:
    return urllib3.util.parse_url(found.urls[scheme]).port or 0


def answered(port: int, sent: bytes, context: ssl.SSLContext | None = None) -> tuple[int, dict[str, str], Any]:
    """Status, headers and JSON of the answer to these bytes; the connection ends with it."""
    plain = socket.create_connection(("127.0.0.1", port), LONGEST_S)
    with context.wrap_socket(plain, server_hostname="localhost") if context else plain as connection:
        connection.sendall(sent)
        answer = HTTPResponse(connection)
        answer.begin()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, headers, json.loads(answer.read())


MALFORMED = {
    "no HTTP": b"hello\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    "a length that is none": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
    "chunks that are none": b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_what_is_no_http_is_told_in_json(serving: tuple[Served, list[Request]], scheme: str, sent: bytes) -> None:
    """With the code and message that every answer of the relay has: SDKs know it for a fault that stays."""
    found, requests = serving
    requests.clear()
    context = ssl.create_default_context(cafile=str(found.certificates.authority)) if scheme == "https" else None

    status, headers, body = answered(port_of(found, scheme), sent, context)

    assert (status, headers["content-type"], headers["connection"]) == (400, "application/json", "close")
    assert (body["code"], requests) == ("not_http", [])


REQUESTS = {
    "GET": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "POST": b"POST /v1/batch HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}",
    "a body that goes on": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\n\r\n" + b"x" * 500_000,
}


@pytest.mark.parametrize("sent", REQUESTS.values(), ids=REQUESTS)
def test_plain_http_on_the_https_port_is_told_where_http_is(serving: tuple[Served, list[Request]], sent: bytes) -> None:
    """Instead of a connection that ends without a word."""
    found, requests = serving
    requests.clear()

    status, headers, body = answered(port_of(found, "https"), sent)

    assert (status, headers["connection"], body["code"]) == (400, "close", "plain_http")
    assert body["message"] == f"this port speaks https only; by http the relay is at {found.urls['http']}"
    assert requests == []


def test_a_client_that_sends_its_request_in_pieces_is_told_too(serving: tuple[Served, list[Request]]) -> None:
    """The first bytes decide."""
    with socket.create_connection(("127.0.0.1", port_of(serving[0], "https")), LONGEST_S) as connection:
        connection.sendall(b"P")
        answer = HTTPResponse(connection)
        answer.begin()
        assert answer.status == 400
        assert json.loads(answer.read())["code"] == "plain_http"
        # Nothing more is answered; the end of the client's side is the end of the connection.
        connection.sendall(b"OST / HTTP/1.1\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""


def test_a_handshake_in_pieces_is_a_handshake(serving: tuple[Served, list[Request]]) -> None:
    """Its first byte may come alone."""
    found, _ = serving
    context = ssl.create_default_context(cafile=str(found.certificates.authority))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", port_of(found, "https")), LONGEST_S) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while client.version() is None or not client.cipher():
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                for byte in outgoing.read():
                    connection.sendall(bytes([byte]))
                incoming.write(connection.recv(65536))

    assert client.version() is not None


def request_with(head_bytes: int) -> bytes:
    """A request whose line and headers' values are so many bytes."""
    values = [b"localhost", b"close"]
    line = b"GET / HTTP/1.1"
    value = b"x" * (head_bytes - len(line) - sum(map(len, values)))
    return line + b"\r\nHost: localhost\r\nConnection: close\r\nX-Long: " + value + b"\r\n\r\n"


def test_a_head_of_as_many_bytes_as_aws_takes_is_taken(serving: tuple[Served, list[Request]]) -> None:
    """The request line and the headers' values count."""
    status, _, body = answered(port_of(serving[0], "http"), request_with(http_api.MAX_HEAD_BYTES))

    assert (status, body) == (200, {"success": True})


# Beyond 16 kB the server reads no further, and answers itself.
@pytest.mark.parametrize("head_bytes", [http_api.MAX_HEAD_BYTES + 1, 15_000, 20_000, 60_000])
def test_a_longer_head_is_refused_as_by_api_gateway(serving: tuple[Served, list[Request]], head_bytes: int) -> None:
    """A request that works here works there."""
    found, requests = serving
    requests.clear()

    status, headers, body = answered(port_of(found, "http"), request_with(head_bytes))

    assert (status, headers["content-type"], body) == (
        431, "application/json", {"message": "Request Header Fields Too Large"},
    )  # fmt: skip
    assert requests == []


def test_a_long_line_counts_too_and_is_on_record(serving: tuple[Served, list[Request]], folder: Path) -> None:
    """The query is part of it."""
    with closing(HTTPConnection("127.0.0.1", port_of(serving[0], "http"), timeout=LONGEST_S)) as connection:
        connection.request("POST", "/v1/batch?" + "x" * http_api.MAX_HEAD_BYTES, body=b"{}")
        assert connection.getresponse().status == 431

    last = json.loads((folder / NAME).read_bytes().splitlines()[-1])
    assert (last["method"], last["status"]) == ("POST", 431)
