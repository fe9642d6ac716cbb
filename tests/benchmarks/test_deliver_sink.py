import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.deliver.processes import Sink, sink

_HEAD = b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
_ANSWER_END = b'{"success":true}'


@pytest.fixture(scope="module")
def server() -> Iterator[Sink]:
    with sink() as running:
        yield running


def _send(server: Sink, text: bytes, piece: int, answers: int) -> bytes:
    address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
    with socket.create_connection(address, 10) as plain:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(text), piece):
            plain.sendall(text[start : start + piece])
        got = b""
        while got.count(_ANSWER_END) < answers:
            got += plain.recv(65536)
    return got


@pytest.mark.parametrize("piece", [7, 100, 1 << 20])
def test_the_sink_counts_every_body_of_a_connection_in_whatever_pieces_it_comes(server: Sink, piece: int) -> None:
    bodies = [b'{"batch":[]}', b"", b"x" * 1000, b"\xff" * 333]
    server.start()
    _send(server, b"".join(_HEAD % len(body) + body for body in bodies), piece, len(bodies))
    assert server.sizes() == [12, 0, 1000, 333]


def test_the_sink_keeps_bodies_as_they_came(server: Sink, tmp_path: Path) -> None:
    bodies = ['{"a":"東京"}'.encode(), b"y" * 300_000]
    server.start(tmp_path / "kept")
    _send(server, b"".join(_HEAD % len(body) + body for body in bodies), 4096, len(bodies))
    server.sizes()
    assert (tmp_path / "kept").read_bytes().splitlines() == bodies


def test_the_sink_forgets_when_it_starts_anew(server: Sink) -> None:
    _send(server, _HEAD % 1 + b"x", 100, 1)
    server.start()
    assert server.sizes() == []


def test_a_client_that_waits_to_continue_is_told_to(server: Sink) -> None:
    text = b"POST / HTTP/1.1\r\nExpect: 100-continue\r\ncontent-length: 2\r\n\r\n{}"
    assert _send(server, text, 1000, 1).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_the_clock_of_a_process_counts_what_it_does(server: Sink) -> None:
    before = server.seconds()
    _send(server, (_HEAD % 100_000 + b"x" * 100_000) * 20, 1 << 20, 20)
    assert server.seconds() > before
