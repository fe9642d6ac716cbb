"""The page's HTTP without a stack: who may ask, what is answered to nonsense, and how changes are streamed."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from local.page import stream
from local.page.observations import Received, SeenEvent
from local.page.observer import Observer
from local.page.server import app
from local.places import StateDir
from local.waiting import wait_until

CHANGE = {"X-Relay-Page": "1"}


@pytest.fixture
def observer(tmp_path: Path) -> Observer:
    return Observer(StateDir(tmp_path))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    # Without a lifespan: nothing is observed.
    observer = Observer(StateDir(tmp_path_factory.mktemp("page")))
    server = uvicorn.Server(uvicorn.Config(app(observer), port=0, lifespan="off", ws="none", log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started or None, 10, "the server's start", poll_seconds=0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        yield client
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.1:21490", "localhost:80"])
def test_this_machines_names_are_served(client: httpx.Client, host: str) -> None:
    assert client.get("/api/samples", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:21490", "127.0.0.1.evil.example", "", "evil:127.0.0.1"])
@pytest.mark.parametrize(("method", "path"), [("GET", "/api/samples"), ("POST", "/api/sandbox"), ("GET", "/")])
def test_a_name_that_was_made_to_point_here_is_not(client: httpx.Client, host: str, method: str, path: str) -> None:
    answer = client.request(method, path, headers={"Host": host, **CHANGE})
    assert answer.status_code == 403


@pytest.mark.parametrize("header", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
@pytest.mark.parametrize(("method", "path"), [("GET", "/api/samples"), ("POST", "/api/sandbox"), ("GET", "/")])
def test_a_page_of_another_site_is_not(client: httpx.Client, header: dict[str, str], method: str, path: str) -> None:
    answer = client.request(method, path, headers={**header, **CHANGE})
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/api/sandbox", "/api/send"])
@pytest.mark.parametrize("headers", [{}, {"X-Relay-Page": "0"}])
def test_a_change_without_the_pages_header_is_refused(client: httpx.Client, path: str, headers: dict[str, str]) -> None:
    """A form of another site cannot send it."""
    answer = client.post(path, json={"mode": "outage"}, headers=headers)

    assert answer.status_code == 403
    assert "X-Relay-Page" in answer.json()["error"]


@pytest.mark.parametrize("path", ["/", "/api/samples", "/api/events/none", "/static/none.js", "/none"])
def test_every_answer_forbids_foreign_content(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers

    assert headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("path", ["/static/../server.py", "/static/%2e%2e/server.py", "/static/..%2f..%2fcli.py"])
def test_nothing_but_the_pages_files_is_served(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_samples_are_listed(client: httpx.Client) -> None:
    listed = client.get("/api/samples").json()
    assert {"name": "guide-batch", "title": "the vendor guide's own example", "way": "http"} in listed


@pytest.mark.parametrize("path", ["/api/events/none", "/none"])
def test_what_is_not_there_is_told_in_json(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, list(answer.json())) == (404, ["error"])


@pytest.mark.parametrize("body", ["", "no JSON", "[]", '{"sample": 1}', "{}"])
@pytest.mark.parametrize("path", ["/api/send", "/api/sandbox"])
def test_a_wish_that_makes_no_sense_is_told_so(client: httpx.Client, path: str, body: str) -> None:
    answer = client.post(path, content=body, headers=CHANGE)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])


def test_a_wish_too_long_is_not_read_to_its_end(client: httpx.Client) -> None:
    answer = client.post("/api/send", content=b"x" * (9 * 1024 * 1024), headers=CHANGE)

    assert answer.status_code == 400
    assert "bytes" in answer.json()["error"]


def test_before_the_stack_is_there_the_page_says_so(client: httpx.Client, observer: Observer) -> None:
    assert observer.look() == "the stack is being started"
    assert observer.overview().stack == "the stack is being started"
    answer = client.post("/api/sandbox", json={"mode": "outage"}, headers=CHANGE)
    assert (answer.status_code, answer.json()) == (400, {"error": "the stack is being started"})


def received(number: int) -> Received:
    event = SeenEvent(f"m-{number}", "", b"", "track", "Paid", "u")
    return Received(number, 1_000_000.0 + number, "p", event)


def next_messages(observer: Observer, change: Any = None, count: int = 1) -> list[dict[str, Any]]:
    """The first `count` messages, and one more after `change`, if there is one."""

    async def follow() -> list[bytes]:
        found = []
        messages = stream.changes(observer)
        async for message in messages:
            found.append(message)
            if len(found) == count and change:
                change()
            if len(found) == count + (1 if change else 0):
                await messages.aclose()  # type: ignore[attr-defined]  # an async generator
                break
        return found

    texts = asyncio.run(follow())
    assert all(text.startswith(b"data: ") and text.endswith(b"\n\n") for text in texts)
    return [json.loads(text.removeprefix(b"data: ")) for text in texts]


def test_the_first_messages_hold_everything(observer: Observer) -> None:
    observer.take(received(number) for number in range(4_500))

    messages = next_messages(observer, count=3)

    assert [message["reset"] for message in messages] == [True, False, False]
    assert [len(message["rows"]) for message in messages] == [2_000, 2_000, 500]
    assert [message["version"] for message in messages] == [2_000, 4_000, 4_500]
    assert messages[0]["overview"]["counts"]["delivered"] == 4_500


def test_then_only_changes_come(observer: Observer) -> None:
    observer.take([received(1)])

    _, change = next_messages(observer, lambda: observer.take([received(2)]))

    assert change["reset"] is False
    assert [row["messageId"] for row in change["rows"]] == ["m-2"]


def test_an_id_that_no_utf8_holds_does_not_break_the_stream(observer: Observer) -> None:
    event = SeenEvent("m-\ud800", "", b"", "track", "Paid", "u")
    observer.take([Received(1, 1_000_000.0, "p", event)])

    [message] = next_messages(observer)

    assert [row["messageId"] for row in message["rows"]] == ["m-\\ud800"]


def test_a_row_has_the_members_that_the_page_reads(observer: Observer) -> None:
    observer.take([received(1)])

    [message] = next_messages(observer)

    assert message["rows"] == [
        {
            "key": message["rows"][0]["key"], "messageId": "m-1", "type": "track", "name": "Paid", "user": "u",
            "way": "", "state": "delivered", "reason": "", "takenAt": "1970-01-12T13:46:41.000Z",
            "deliveredAt": "1970-01-12T13:46:41.000Z", "nextTryAt": None, "lagSeconds": None, "payload": "p",
            "tries": 1, "version": 1,
        }
    ]  # fmt: skip
