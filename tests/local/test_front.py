"""The front as its server shows it: by http and https, to programs of this machine and to no web page."""

import asyncio
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import urllib3

from local.front import http_api
from local.front.answers import Answer
from local.front.app import MOST_AT_ONCE, guarded
from local.front.certificates import Certificates
from local.front.http_api import Request
from local.front.record import NAME, Record
from local.web_guard import Receive, Scope, Send
from tests.clients.front import Served, served
from tests.patience import LONGEST_S

ECHO = Answer(
    200, b'{"success":true}', (("content-type", "application/json"), ("set-cookie", "a=1"), ("set-cookie", "b=2"))
)


class Echo:
    """Answers all with ECHO, unless told otherwise."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.next: Answer = ECHO

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        return self.next


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("front")


@pytest.fixture(scope="module")
def serving(folder: Path) -> Iterator[tuple[Served, Echo]]:
    certificates, echo = Certificates(folder / "certificates"), Echo()
    certificates.make()
    with served(guarded(echo.answer, Record(folder)), certificates) as found:
        yield found, echo


@pytest.fixture
def echo(serving: tuple[Served, Echo]) -> Echo:
    serving[1].requests.clear()
    serving[1].next = ECHO
    return serving[1]


@pytest.fixture(params=["http", "https"])
def url(serving: tuple[Served, Echo], request: pytest.FixtureRequest) -> str:
    return serving[0].urls[request.param]


@pytest.fixture
def http_url(serving: tuple[Served, Echo]) -> str:
    return serving[0].urls["http"]


@pytest.fixture
def client(serving: tuple[Served, Echo]) -> Iterator[urllib3.PoolManager]:
    """Trusts what it is told to trust, and nobody else."""
    with urllib3.PoolManager(ca_certs=str(serving[0].certificates.authority), retries=False, timeout=30) as pool:
        yield pool


def recorded(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / NAME).read_bytes().splitlines()]


def test_a_request_comes_as_it_was_sent_and_is_answered(url: str, client: urllib3.PoolManager, echo: Echo) -> None:
    answer = client.request("POST", f"{url}/v1/b%61tch?a=%20", body=b"\x00\xff", headers={"X-A": "1"})

    assert (answer.status, answer.json()) == (200, {"success": True})
    assert answer.headers.getlist("set-cookie") == ["a=1", "b=2"]
    (request,) = echo.requests
    assert (request.method, request.path, request.query, request.body) == ("POST", "/v1/b%61tch", "a=%20", b"\x00\xff")
    assert request.joined_headers()["x-a"] == "1"
    assert f"{request.scheme}://127.0.0.1:{request.port}" == url


def test_who_does_not_trust_the_authority_sends_nothing(serving: tuple[Served, Echo], echo: Echo) -> None:
    with urllib3.PoolManager(retries=False) as pool, pytest.raises(urllib3.exceptions.SSLError):
        pool.request("POST", serving[0].urls["https"], body=b"1")

    assert echo.requests == []


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_the_certificate_is_for_all_names_of_this_machine(serving: tuple[Served, Echo], name: str) -> None:
    context = ssl.create_default_context(cafile=str(serving[0].certificates.authority))
    address = urllib3.util.parse_url(serving[0].urls["https"])

    with (
        socket.create_connection((address.host, address.port), 30) as plain,
        context.wrap_socket(plain, server_hostname=name) as checked,
    ):
        assert checked.version() is not None


def test_it_listens_on_loopback_alone(url: str) -> None:
    address = urllib3.util.parse_url(url)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe, pytest.raises(OSError):
        # Were it bound to every interface, this address of the loopback network would be taken, too.
        probe.connect(("127.0.0.2", address.port or 0))


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.test"},
        {"Host": "127.0.0.1.evil.test"},
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=lambda headers: "-".join(*headers.items()),
)
@pytest.mark.parametrize("method", ["POST", "GET", "OPTIONS"])
def test_a_foreign_host_origin_or_site_is_refused(
    url: str, client: urllib3.PoolManager, echo: Echo, folder: Path, headers: dict[str, str], method: str
) -> None:
    before = recorded(folder)

    answer = client.request(method, f"{url}/v1/track", headers=headers, body=b"{}")

    assert (answer.status, echo.requests, recorded(folder)) == (403, [], before)


def test_no_page_of_another_origin_may_read_an_answer(url: str, client: urllib3.PoolManager, echo: Echo) -> None:
    echo.next = Answer(200, b"", (("access-control-allow-origin", "*"),))

    assert "access-control-allow-origin" not in client.request("GET", url).headers


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_every_method_reaches_the_function(url: str, client: urllib3.PoolManager, echo: Echo, method: str) -> None:
    """The API has one route for all; it has no CORS rules, with which API Gateway would answer OPTIONS itself."""
    assert client.request(method, f"{url}/v1/health").status == 200
    assert [request.method for request in echo.requests] == [method]


def test_a_body_of_ten_megabytes_is_taken_and_one_more_byte_is_not(
    url: str, client: urllib3.PoolManager, echo: Echo
) -> None:
    taken = client.request("POST", url, body=b"0" * http_api.MAX_BODY_BYTES)
    refused = client.request("POST", url, body=b"0" * (http_api.MAX_BODY_BYTES + 1))

    assert (taken.status, refused.status) == (200, 413)
    assert refused.json() == {"message": "Request Entity Too Large"}
    assert [len(request.body) for request in echo.requests] == [http_api.MAX_BODY_BYTES]


def test_a_body_in_pieces_is_put_together(url: str, client: urllib3.PoolManager, echo: Echo) -> None:
    client.request("POST", url, body=iter([b"a" * 70_000, b"b"]), chunked=True)

    assert echo.requests[0].body == b"a" * 70_000 + b"b"


def test_a_client_that_waits_to_be_told_to_go_on_is_told(http_url: str, echo: Echo) -> None:
    """As curl and PHP do before a large body."""
    address = urllib3.util.parse_url(http_url)
    head = (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((address.host, address.port), 30) as connection:
        connection.sendall(head)
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        connection.sendall(b"{}")
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status == 200

    assert echo.requests[0].body == b"{}"


def test_a_connection_is_kept(url: str, client: urllib3.PoolManager, echo: Echo) -> None:
    for _ in range(3):
        client.request("POST", url, body=b"{}")

    pool = client.connection_from_url(url)
    assert (len(echo.requests), pool.num_connections) == (3, 1)


def test_an_answer_without_a_body_has_none(url: str, client: urllib3.PoolManager, echo: Echo) -> None:
    echo.next = Answer(204, b"ignored", ())
    answer = client.request("POST", url, body=b"{}")

    assert (answer.status, answer.data, answer.headers.get("content-length")) == (204, b"", None)


def test_each_request_is_recorded_with_its_answer(
    url: str, client: urllib3.PoolManager, echo: Echo, folder: Path
) -> None:
    client.request("POST", f"{url}/v1/batch?x=1", body=b"{}", headers={"Authorization": "Basic c2VjcmV0Og=="})

    last = recorded(folder)[-1]
    assert (last["method"], last["path"], last["status"]) == ("POST", "/v1/batch?x=1", 200)
    assert (last["body_base64"], last["answer_base64"]) == ("e30=", "eyJzdWNjZXNzIjp0cnVlfQ==")
    assert last["request_id"] == echo.requests[0].request_id
    assert "authorization" not in last["headers"]


def test_a_body_that_was_too_large_is_recorded_without_it(
    http_url: str, client: urllib3.PoolManager, echo: Echo, folder: Path
) -> None:
    client.request("POST", http_url, body=b"0" * (http_api.MAX_BODY_BYTES + 1))

    last = recorded(folder)[-1]
    assert (last["status"], last["body_base64"]) == (413, None)


def test_only_as_many_requests_as_the_machine_can_serve_are_with_functions_at_once(folder: Path) -> None:
    """Hundreds of connections at once start a few functions, and the others wait their turn."""
    certificates, count = Certificates(folder / "certificates"), MOST_AT_ONCE + 8
    certificates.make()
    lock, all_came, release = threading.Lock(), threading.Event(), threading.Event()
    inside, peak, came = 0, 0, 0

    def answer(_request: Request) -> Answer:
        nonlocal inside, peak
        with lock:
            inside += 1
            peak = max(peak, inside)
        assert release.wait(LONGEST_S)
        with lock:
            inside -= 1
        return ECHO

    front = guarded(answer, Record(folder))

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        async def body() -> Any:
            nonlocal came
            message = await receive()
            came += not message.get("more_body", False)
            # Once the last one's turn on the loop is over it is with a function, or waits for one.
            asyncio.get_running_loop().call_later(0, lambda: all_came.set() if came == count else None)
            return message

        await front(scope, body, send)

    with served(counted, certificates) as found, ThreadPoolExecutor(count) as clients:
        address = ("127.0.0.1", int(found.urls["http"].rpartition(":")[2]))
        answered = [clients.submit(_asked, address) for _ in range(count)]
        assert all_came.wait(LONGEST_S)
        release.set()
        assert {one.result()[:15] for one in answered} == {b"HTTP/1.1 200 OK"}
    assert peak <= MOST_AT_ONCE


def _asked(address: tuple[str, int]) -> bytes:
    with socket.create_connection(address) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: connection.recv(65536), b""))
