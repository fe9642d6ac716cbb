"""One event again: the command that is copied does what it says whatever the event holds, and brings that event."""

import http.server
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.page.again import curl_of, request_of
from local.page.arrivals import Arrival, Arrivals
from local.page.came import CameAs
from local.page.requests import events_of
from local.page.requests import request_of as request_of_line
from tests.page.requests import record


class Taken(http.server.ThreadingHTTPServer):
    """Keeps what is posted to it: path, Authorization and body."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, bytes]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Taken

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.path, self.headers["Authorization"], body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # named by the base class
        """Nothing."""


@pytest.fixture
def server() -> Iterator[Taken]:
    server = Taken()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def run_by_bash(command: str, folder: Path) -> None:
    environment = {**os.environ, "RELAY_KEY": "k", "NO_PROXY": "127.0.0.1"}
    bash = subprocess.run(
        ["/bin/bash"], input=command.encode(), cwd=folder, env=environment, capture_output=True, timeout=60
    )
    assert bash.returncode == 0, bash.stderr


def came(text: str) -> CameAs:
    return CameAs(text, "", text, "queue")


HOSTILE = [
    '{"type":"page","userId":"u"}',
    """{"userId":"it's $(touch owned) `touch owned` \\\\ !! \\"; touch owned #"}""",
    '{"userId":"\x1b]0;owned\x07\x9b31m"}',
    '{"userId":"a\u202eb\u200f\u2066"}',
    '{"userId":"\u0000"}',
    '@/etc/passwd',
    '{"userId":"é 😀 漢"}',
    "{\n  \"userId\": \"u\"\r\n}",
    '{"userId":"' + "x" * 300_000 + '"}',
    '{"userId":"\\ud800"}',
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_the_copied_command_brings_the_event_and_nothing_else(text: str, server: Taken, tmp_path: Path) -> None:
    command = curl_of(came(text), server.url, ())

    assert all(character.isprintable() or character in "\n\t" for character in command)
    environment = {**os.environ, "RELAY_KEY": "k", "NO_PROXY": "127.0.0.1"}
    ended = subprocess.run(
        ["/bin/bash"], input=command.encode(), cwd=tmp_path, env=environment, capture_output=True, timeout=60
    )

    assert ended.returncode == 0, ended.stderr
    assert list(tmp_path.iterdir()) == []
    [(path, authorization, body)] = server.taken
    assert (path, authorization) == ("/v1/batch", "Basic azo=")
    assert body == request_of(came(text)).body
    assert text.encode() in body


@pytest.mark.parametrize("text", [r'{"writeKey":"the-relays-key"}', '{"note":"the-relays-key\u202e"}'])
def test_the_copied_command_holds_no_key(text: str, server: Taken, tmp_path: Path) -> None:
    command = curl_of(came(text), server.url, ("the-relays-key",))
    run_by_bash(command, tmp_path)

    assert b"the-relays-key" not in server.taken[0][2]


def arrived(path: str, body: bytes, index: int = 0) -> CameAs:
    request = request_of_line(record(path, body))
    assert request
    event = list(events_of(request))[index]
    text = event.text.decode()
    return CameAs(text, "", text, "http", Arrival(event, request.at, "POST", path, "", 200))


def test_an_event_of_a_batch_takes_what_it_shared_along() -> None:
    body = (
        b'{"context":{"ip":"::1"},"batch":[{"a":1},{"type":"page","n":1.10}],"writeKey":"k","integrations":{"x":true}}'
    )

    again = request_of(arrived("/v1/batch", body, 1))

    assert json.loads(again.body) == {
        "batch": [{"type": "page", "n": 1.1}],
        "context": {"ip": "::1"},
        "integrations": {"x": True},
    }
    assert b'"n":1.10' in again.body


def test_an_event_by_itself_goes_where_it_went() -> None:
    again = request_of(arrived("/v1//track/", b'{"event":"Paid","userId":"u"}'))
    assert (again.path, again.body) == ("/v1/track", b'{"event":"Paid","userId":"u"}')


def test_it_is_the_same_event_again() -> None:
    """Its id, where it has one of its own or of its text, is what it was."""
    arrivals = Arrivals()
    text = b'{"type":"page","userId":"u","timestamp":"2026-01-01T00:00:00.123Z"}'
    ids = []
    for body in (b'{"batch":[' + text + b"]}", request_of(arrived("/v1/batch", b'{"batch":[' + text + b"]}")).body):
        request = request_of_line(record("/v1/batch", body))
        assert request
        [came_again] = arrivals.take(request)
        ids += [event.message_id for event in came_again.events]

    assert len(set(ids)) == 1
