"""Programs on this machine are answered, web pages of others are not, whatever server of the stack they ask."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from local import web_guard
from local.web_guard import Message, Receive, Scope, Send, WebGuard

HOST = ("Host", "127.0.0.1:21466")
PAGE = ("Origin", "http://127.0.0.1:21466")


def refusal(headers: Iterable[tuple[str, str]], method: str = "GET", **more: bool) -> str | None:
    return web_guard.refusal(headers, method, **more)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST:80", "127.0.0.1:21466", "[::1]:21466"])
def test_this_machines_names_are_served(host: str) -> None:
    assert refusal([("host", host), ("Origin", f"http://{host}")]) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:21466",
        "127.0.0.1.evil.example",
        "localhost.evil.example:80",
        "evil:127.0.0.1",
        "127.0.0.1:80@evil.example",
        "127.0.0.1 evil.example",
        "127.0.0.1,evil.example",
        "127.0.0.1:",
        "0.0.0.0:21466",
        "",
    ],
)
def test_a_name_that_was_made_to_point_here_is_not(host: str) -> None:
    assert refusal([("Host", host)]) is not None


@pytest.mark.parametrize("headers", [[], [HOST, ("Host", "evil.example")], [HOST, HOST]])
def test_a_request_is_for_one_host(headers: list[tuple[str, str]]) -> None:
    assert refusal(headers) is not None


@pytest.mark.parametrize("more", [[], [PAGE], [("Sec-Fetch-Site", "same-origin"), PAGE], [("Sec-Fetch-Site", "none")]])
def test_programs_and_the_servers_own_pages_are_answered(more: list[tuple[str, str]]) -> None:
    assert refusal([HOST, *more]) is None


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_is_opened_from_no_page_may_be_read(method: str) -> None:
    assert refusal([HOST, ("Sec-Fetch-Site", "none")], method) is None


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", ""])
def test_what_is_opened_from_no_page_changes_nothing(method: str) -> None:
    """A link in a mail is opened so, and redirected here by the site that it leads to."""
    assert refusal([HOST, ("Sec-Fetch-Site", "none")], method) is not None


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_server_that_changes_things_by_get_is_opened_from_no_page(method: str) -> None:
    """The emulator of AWS makes stacks, and so runs code, by a GET."""
    assert refusal([HOST, ("Sec-Fetch-Site", "none")], method, changes_by_get=True) is not None
    assert refusal([HOST], method, changes_by_get=True) is None


@pytest.mark.parametrize(
    "header",
    [
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("ORIGIN", ""),
        ("Origin", "http://127.0.0.1:3000"),
        ("Origin", "http://localhost:21466"),
        ("Origin", "https://127.0.0.1:21466"),
        ("Sec-Fetch-Site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("Sec-Fetch-Site", "Cross-Site"),
        ("Sec-Fetch-Site", ""),
    ],
)
def test_a_page_of_another_origin_is_not(header: tuple[str, str]) -> None:
    assert refusal([HOST, header]) is not None


def test_one_header_of_its_own_does_not_hide_another() -> None:
    assert refusal([HOST, PAGE, ("Origin", "null")]) is not None
    assert refusal([HOST, ("Sec-Fetch-Site", "none"), ("Sec-Fetch-Site", "cross-site")]) is not None


async def open_to_all(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers whoever asks, for every page to read."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept", "headers": [(b"access-control-allow-origin", b"*")]})
        return
    headers = [(b"Access-Control-Allow-Origin", b"*"), (b"access-control-max-age", b"9"), (b"etag", b"1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"secret"})


def said(kind: str, headers: Iterable[tuple[bytes, bytes]]) -> list[Message]:
    """What the guarded application sends for one request."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": f"{kind}.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {"type": kind, "headers": list(headers)}
    asyncio.run(WebGuard(open_to_all)(scope, receive, send))
    return sent


OWN = [(b"host", b"localhost:1")]
FOREIGN = [*OWN, (b"origin", b"http://evil.example")]


def test_no_answer_is_for_other_pages_to_read() -> None:
    start, body = said("http", OWN)
    assert (start["headers"], body["body"]) == ([(b"etag", b"1")], b"secret")


def test_a_foreign_request_does_not_reach_the_application() -> None:
    start, body = said("http", FOREIGN)
    assert start["status"] == 403
    assert b"secret" not in body["body"]


def test_a_foreign_web_socket_is_closed_before_it_is_open() -> None:
    assert [message["type"] for message in said("websocket", FOREIGN)] == ["websocket.close"]
    assert [message["type"] for message in said("websocket", OWN)] == ["websocket.accept"]
