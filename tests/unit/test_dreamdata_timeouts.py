"""The endpoint over real connections that take too long: each test waits for a time-out."""

import socket
import threading

import pytest
import trustme

from tests.fakes.server import HttpServer, Reaction
from tests.fakes.wire import Conversation, WireServer
from tests.patience import within
from tests.unit.conftest import tls_of
from tests.unit.test_dreamdata_adapter import BODY, LARGE, answered, endpoint_of, unanswered


def test_a_request_read_without_an_answer_may_have_arrived() -> None:
    """Hung after the request: ambiguous, within the read time-out."""
    with HttpServer(Reaction(hang=True)) as server, within(3):
        assert unanswered(endpoint_of(server.url).post(BODY, "key")) == (True, "timeout")


def test_headers_that_trickle_in_do_not_hide_the_status() -> None:
    """The status line came: Dreamdata has the events, whatever else it meant to say until the time was up."""
    with HttpServer(Reaction(trickle="headers")) as server:
        endpoint = endpoint_of(server.url, read_s=1.5)
        with within(endpoint.longest_s + 1):
            assert answered(endpoint.post(BODY, "key")).status == 200
        assert answered(endpoint.post(BODY, "key")).status == 200
        assert server.connections == 2


def test_a_status_that_trickles_in_ends_with_the_time_of_a_post() -> None:
    """A byte every now and then defeats a read time-out, not the post's own."""
    with HttpServer(Reaction(trickle="status")) as server:
        endpoint = endpoint_of(server.url)
        with within(endpoint.longest_s + 1):
            assert unanswered(endpoint.post(BODY, "key")) == (True, "timeout")
        assert answered(endpoint.post(BODY, "key")).status == 200


@pytest.mark.parametrize("status", [200, 400])
def test_a_body_that_trickles_in_does_not_hide_the_status(status: int) -> None:
    """The status has said what matters; the body gets what is left of the post's time, and 1,000 bytes."""
    with HttpServer(Reaction(status, trickle="body")) as server:
        endpoint = endpoint_of(server.url, read_s=1.5)
        with within(endpoint.longest_s + 1):
            assert answered(endpoint.post(BODY, "key")).status == status


def test_a_request_that_is_read_a_little_at_a_time_ends_with_the_time_of_a_post() -> None:
    """No single wait is too long, all together are."""

    def sips(conversation: Conversation) -> None:
        while conversation.read_a_little():
            pass

    with WireServer(sips, small=True) as wire:
        endpoint = endpoint_of(wire.url)
        with within(endpoint.longest_s + 1):
            assert unanswered(endpoint.post(LARGE * 20, "key")) == (True, "timeout")


def test_an_answer_that_trickles_in_over_tls_ends_with_the_time_of_a_post(trusted: trustme.CA) -> None:
    """The plain socket is cut below TLS."""
    with HttpServer(Reaction(trickle="status"), tls=tls_of(trusted)) as server:
        endpoint = endpoint_of(server.url, connect_s=1, read_s=0.5)
        with within(endpoint.longest_s + 1):
            assert unanswered(endpoint.post(BODY, "key")) == (True, "timeout")


def test_a_handshake_that_hangs_is_surely_not_received() -> None:
    """Connected, but no TLS: the request was never begun."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"https://127.0.0.1:{listening.getsockname()[1]}/v1/batch"
        assert unanswered(endpoint_of(url).post(BODY, "key"))[0] is False


def test_a_name_server_that_takes_too_long_ends_the_post_before_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can cut it short; but once it answers, the post's time is up and nothing is sent."""
    real = socket.getaddrinfo
    begun = threading.Event()

    def slow(*args: object, **kwargs: object) -> object:
        begun.wait(0.6)
        return real(*args, **kwargs)  # type: ignore[arg-type]  # handed on as it came

    with HttpServer() as server:
        endpoint = endpoint_of(server.url, 0.1, 0.1)
        monkeypatch.setattr(socket, "getaddrinfo", slow)
        assert unanswered(endpoint.post(BODY, "key")) == (False, "timeout")
        assert server.requests == []
