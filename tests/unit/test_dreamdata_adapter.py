"""The endpoint over real connections to a real local server."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import trustme
from urllib3.connection import HTTPConnection

from dreamdata_relay.adapters.dreamdata import USER_AGENT, DreamdataEndpoint
from dreamdata_relay.adapters.exchanges import Exchange
from dreamdata_relay.adapters.watchdog import Mortal, Watchdog
from dreamdata_relay.deliver.compression import compressed
from dreamdata_relay.deliver.responses import Answer, NoAnswer
from tests.fakes.server import HttpServer, Reaction
from tests.fakes.wire import OK, Conversation, WireServer
from tests.patience import LONGEST_S
from tests.unit.conftest import tls_of

BODY = json.dumps({"batch": [{"messageId": "e1"}]}).encode()
LARGE = json.dumps({"batch": [{"messageId": "e1", "x": "y" * 490_000}]}).encode()


def endpoint_of(url: str, connect_s: float = 0.5, read_s: float = 0.5, connections: int = 2) -> DreamdataEndpoint:
    return DreamdataEndpoint(url, connect_s, read_s, connections)


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with HttpServer() as running:
        yield running


def answered(outcome: Answer | NoAnswer) -> Answer:
    assert isinstance(outcome, Answer), outcome
    return outcome


def unanswered(outcome: Answer | NoAnswer) -> tuple[bool, str]:
    assert isinstance(outcome, NoAnswer), outcome
    return outcome.sent, outcome.reason


def test_a_payload_arrives_byte_for_byte_with_the_contracts_headers(server: HttpServer) -> None:
    """The body is the one handed over; the key is the user name, the password empty."""
    assert answered(endpoint_of(server.url).post(LARGE, "key")).status == 200
    request = server.requests[0]
    assert (request.line, request.body == LARGE) == ("POST /v1/batch HTTP/1.1", True)
    expected = {"authorization": "Basic a2V5Og==", "content-type": "application/json", "user-agent": USER_AGENT}
    assert expected.items() <= request.headers.items()
    assert request.headers["content-length"] == str(len(LARGE))
    assert not {"transfer-encoding", "content-encoding"} & request.headers.keys()


def test_an_encoded_payload_says_so_and_is_sent_as_it_is_handed_over(server: HttpServer) -> None:
    """The length told is that of what is sent."""
    packed = compressed(LARGE)
    assert answered(endpoint_of(server.url).post(packed, "key", "gzip")).status == 200
    request = server.requests[0]
    assert (request.headers["content-encoding"], request.headers["content-type"]) == ("gzip", "application/json")
    assert (request.headers["content-length"], request.body == packed) == (str(len(packed)), True)


def test_one_connection_serves_many_posts(server: HttpServer) -> None:
    """Keep-alive: the connection outlives a post, and so an invocation."""
    endpoint = endpoint_of(server.url)
    for _ in range(5):
        answered(endpoint.post(BODY, "key"))
    assert (server.connections, len(server.requests)) == (1, 5)


def test_a_connection_that_the_server_closed_is_not_used_again() -> None:
    """A kept connection gone stale costs nothing: a new one is made, the payload is sent once."""
    with HttpServer(Reaction(close=True)) as server:
        endpoint = endpoint_of(server.url)
        answered(endpoint.post(BODY, "key"))
        assert server.closed_connections.acquire(timeout=LONGEST_S)
        assert answered(endpoint.post(BODY, "key")).status == 200
        assert (server.connections, len(server.requests)) == (2, 2)


def test_a_connection_idle_for_a_minute_is_not_used_again(server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that was frozen cannot know whether its connection is still known to the other side."""
    endpoint = endpoint_of(server.url)
    answered(endpoint.post(BODY, "key"))
    thawed_at = time.time() + 3_600
    monkeypatch.setattr(time, "time", lambda: thawed_at)
    answered(endpoint.post(BODY, "key"))
    assert server.connections == 2


def test_a_refused_connection_is_surely_not_received() -> None:
    """Nobody listens: the events may be posted again."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert unanswered(endpoint_of(f"http://127.0.0.1:{port}/").post(BODY, "key")) == (False, "connect")


def test_a_name_that_does_not_resolve_is_surely_not_received() -> None:
    """No address: nothing was sent."""
    assert unanswered(endpoint_of("https://dreamdata.invalid/v1/batch").post(BODY, "key"))[0] is False


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_connection_dropped_once_the_body_was_begun_may_have_arrived(drop: str) -> None:
    """Whether the server read it or not cannot be seen from here, once a byte of the body was on its way."""
    with HttpServer(Reaction(drop=drop)) as server:  # type: ignore[arg-type]  # one of the two literals
        assert unanswered(endpoint_of(server.url).post(LARGE, "key"))[0] is True


def test_a_dropped_connection_is_replaced() -> None:
    """The post after one that failed has a connection of its own."""
    with HttpServer(Reaction(drop="after")) as server:
        endpoint = endpoint_of(server.url)
        unanswered(endpoint.post(BODY, "key"))
        assert answered(endpoint.post(BODY, "key")).status == 200


def test_a_large_error_body_is_read_to_its_first_kilobyte() -> None:
    """Enough for a dead letter's reason; the rest is not waited for."""
    with HttpServer(Reaction(400, body=b"r" * 5_000_000)) as server:
        endpoint = endpoint_of(server.url)
        assert answered(endpoint.post(BODY, "key")).start == b"r" * 1_000
        assert answered(endpoint.post(BODY, "key")).status == 200


def test_of_an_answer_in_much_wrapping_no_more_than_some_kilobytes_are_read() -> None:
    """Extensions of chunks (RFC 9112, 7.1.1) are no content: whoever sends nothing else would be read for ever."""

    def wraps(conversation: Conversation) -> None:
        conversation.read_request()
        conversation.say(b"HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\n")
        conversation.say((b"1;" + b"x" * 10_000 + b"\r\nr\r\n") * 100 + b"0\r\n\r\n")

    with WireServer(wraps) as wire:
        endpoint = endpoint_of(wire.url)
        assert len(answered(endpoint.post(BODY, "key")).start) < 4
        assert answered(endpoint.post(BODY, "key")).status == 200
        assert wire.connections == 2


def test_an_answer_that_breaks_off_keeps_its_status() -> None:
    """A 200 whose body is cut short is a 200."""
    with HttpServer(Reaction(200, {"Content-Length": "50000"}, b"half", close=True)) as server:
        outcome = answered(endpoint_of(server.url).post(BODY, "key"))
        assert (outcome.status, outcome.start) == (200, b"half")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_never_followed(status: int) -> None:
    """The key and the events go to the endpoint and nowhere else."""
    with HttpServer() as elsewhere, HttpServer(Reaction(status, {"Location": elsewhere.url})) as server:
        assert answered(endpoint_of(server.url).post(BODY, "key")).status == status
        assert (elsewhere.connections, len(server.requests)) == (0, 1)


def test_retry_after_is_handed_on_as_it_came() -> None:
    """What it means is for the judge to say."""
    with HttpServer(Reaction(429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"})) as server:
        assert answered(endpoint_of(server.url).post(BODY, "key")).retry_after == "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize("garbage", [b"", b"\x00\xff" * 3, b"{" * 2_000])
def test_any_body_of_an_answer_is_bytes(garbage: bytes) -> None:
    """Nothing is made of it here."""
    with HttpServer(Reaction(400, body=garbage)) as server:
        assert answered(endpoint_of(server.url).post(BODY, "key")).start == garbage[:1_000]


def test_an_encoding_that_is_a_lie_keeps_the_status() -> None:
    """A body that cannot be inflated is a courtesy lost."""
    with HttpServer(Reaction(400, {"Content-Encoding": "gzip"}, b"not gzip")) as server:
        assert answered(endpoint_of(server.url).post(BODY, "key")).status == 400


class _Rude(threading.Thread):
    """A server of another protocol: says ``greeting`` and listens no further."""

    def __init__(self, greeting: bytes) -> None:
        super().__init__(daemon=True)
        self._greeting = greeting
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]

    def run(self) -> None:
        with self._listening, self._listening.accept()[0] as accepted:
            accepted.recv(65_536)
            accepted.sendall(self._greeting)


@pytest.mark.parametrize(
    "greeting", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 500]
)
def test_what_is_no_http_may_have_arrived(greeting: bytes) -> None:
    """The request was sent; the other side's words say nothing of it."""
    rude = _Rude(greeting)
    rude.start()
    assert unanswered(endpoint_of(f"http://127.0.0.1:{rude.port}/").post(BODY, "key"))[0] is True


def test_posts_go_in_parallel() -> None:
    """Several threads post at once, each over a connection of its own."""
    go = threading.Event()
    with HttpServer(*[Reaction(wait_for=go)] * 4) as server:
        endpoint = endpoint_of(server.url, read_s=LONGEST_S, connections=4)
        outcomes: list[Answer | NoAnswer] = []
        threads = [threading.Thread(target=lambda: outcomes.append(endpoint.post(BODY, "key"))) for _ in range(4)]
        for thread in threads:
            thread.start()
        until = time.monotonic() + LONGEST_S
        while len(server.requests) < 4 and time.monotonic() < until:
            time.sleep(0.01)
        go.set()
        for thread in threads:
            thread.join(LONGEST_S)
        assert ([answered(outcome).status for outcome in outcomes], server.connections) == ([200] * 4, 4)


def test_a_body_sent_between_the_halves_of_a_1xx_is_not_answered_early() -> None:
    """A 1xx is no answer, however it comes; what follows it is."""

    def informs(conversation: Conversation) -> None:
        conversation.read_head()
        conversation.say(b"HTTP/1.1 103 Early Hints\r\nLi")
        conversation.read_body()
        conversation.say(b"nk: </a>\r\n\r\n" + OK)

    with WireServer(informs, small=True) as wire:
        endpoint = endpoint_of(wire.url, read_s=60)
        assert answered(endpoint.post(LARGE * 20, "key")).status == 200


# -- what does not count


def test_a_post_that_nobody_can_watch_is_not_sent(server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounded time is a promise: without a thread to keep it nothing is sent, and the next post is as any other."""

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    endpoint = endpoint_of(server.url)
    with monkeypatch.context() as exhausted:
        exhausted.setattr(threading.Thread, "start", refuse)
        assert unanswered(endpoint.post(BODY, "key")) == (False, "error")
    assert server.requests == []
    assert answered(endpoint.post(BODY, "key")).status == 200


def test_an_answer_that_lay_waiting_is_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes after a kept connection was found silent and before anything is sent over it."""

    def answers_twice(conversation: Conversation) -> None:
        conversation.read_request()
        conversation.say(OK)
        conversation.meet()
        conversation.say(b"HTTP/1.1 408 Too slow\r\nContent-Length: 0\r\n\r\n")
        conversation.meet()
        conversation.hold()

    with WireServer(answers_twice) as wire:
        endpoint = endpoint_of(wire.url)
        answered(endpoint.post(BODY, "key"))
        wire.meet()
        wire.meet()
        monkeypatch.setattr(HTTPConnection, "is_connected", True)
        assert unanswered(endpoint.post(BODY, "key")) == (False, "unproven")


def test_an_early_answer_keeps_its_retry_after_and_its_reason() -> None:
    """What is said before the body was read is as much of an answer as any."""

    def refuses_early(conversation: Conversation) -> None:
        conversation.read_head()
        conversation.say(b"HTTP/1.1 429 No\r\nRetry-After: 60\r\nContent-Length: 9\r\n\r\nslow down")

    with WireServer(refuses_early, small=True) as wire:
        outcome = answered(endpoint_of(wire.url).post(LARGE * 20, "key"))
    assert (outcome.status, outcome.retry_after, outcome.start) == (429, "60", b"slow down")


@pytest.mark.parametrize("ending", [Conversation.close, Conversation.reset])
def test_what_was_said_is_read_when_sending_fails_first(
    ending: Callable[[Conversation], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes between the look for it and the next bytes, which then find the connection gone."""

    def refuses_early(conversation: Conversation) -> None:
        conversation.read_head()
        conversation.say(b"HTTP/1.1 413 Too large\r\nContent-Length: 0\r\n\r\n")
        ending(conversation)

    monkeypatch.setattr(Exchange, "_is_readable", lambda exchange: False)
    with WireServer(refuses_early, small=True) as wire:
        assert answered(endpoint_of(wire.url).post(LARGE * 20, "key")).status == 413


class _Impatient(Watchdog):
    """The time of everything it watches is up the moment it is done."""

    def release(self, mortal: Mortal) -> None:
        mortal.expire()
        super().release(mortal)


def test_a_connection_cut_when_its_answer_was_whole_is_never_kept(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer counts, its connection does not carry another post."""
    monkeypatch.setattr("dreamdata_relay.adapters.dreamdata.Watchdog", _Impatient)
    # Nothing else would notice that it was cut.
    monkeypatch.setattr(HTTPConnection, "is_connected", True)
    endpoint = endpoint_of(server.url)
    assert [answered(endpoint.post(BODY, "key")).status for _ in range(3)] == [200] * 3
    assert server.connections == 3


def test_what_is_read_after_the_time_is_up_does_not_count() -> None:
    """It was said, but to nobody who waits for it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(OK)
        exchange = Exchange(ours, 1.0, lambda: True)
        with pytest.raises(TimeoutError):
            exchange.read_head()
        assert exchange.answer.status is None


# -- TLS


def test_a_certificate_nobody_vouches_for_is_refused_before_anything_is_sent(authority: trustme.CA) -> None:
    """TLS is verified; surely not received, and no byte of the key left the machine."""
    with HttpServer(tls=tls_of(authority)) as server:
        assert unanswered(endpoint_of(server.url).post(BODY, "key")) == (False, "tls")
        assert server.requests == []


def test_a_certificate_of_another_host_is_refused(trusted: trustme.CA) -> None:
    """A known authority is not enough."""
    with HttpServer(tls=tls_of(trusted, "elsewhere.example")) as server:
        assert unanswered(endpoint_of(server.url).post(BODY, "key")) == (False, "tls")


def test_a_payload_arrives_over_tls_and_the_connection_is_kept(trusted: trustme.CA) -> None:
    """The usual case, end to end."""
    with HttpServer(tls=tls_of(trusted)) as server:
        endpoint = endpoint_of(server.url, connect_s=3)
        assert [answered(endpoint.post(LARGE, "key")).status for _ in range(3)] == [200] * 3
        assert ([request.body == LARGE for request in server.requests], server.connections) == ([True] * 3, 1)
