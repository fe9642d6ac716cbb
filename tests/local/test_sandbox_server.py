"""The sandbox over HTTP: keys, control endpoints and scripts, as a test of the relay meets them."""

import base64
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3

from local.errors import LocalError
from local.sandbox.server import SandboxServer
from local.sandbox.service import Sandbox
from local.sandbox_client import SandboxClient

KEY = "sandbox-key"


@pytest.fixture
def client() -> Iterator[SandboxClient]:
    server = SandboxServer(Sandbox(KEY))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield SandboxClient(server.url)
    server.shutdown()
    server.server_close()
    thread.join()


def payload(*message_ids: str, inner: str = "1") -> bytes:
    events = ",".join(
        f'{{"type":"identify","messageId":"{name}","userId":"u","timestamp":"2020-01-01T00:00:00Z","x":{inner}}}'
        for name in message_ids
    )
    return f'{{"messageId":"p","sentAt":"2020-01-01T00:00:00.000Z","batch":[{events}]}}'.encode()


def post(client: SandboxClient, body: bytes, key: str = KEY, path: str = "/v1/batch", **headers: str) -> Any:
    basic = base64.b64encode(f"{key}:".encode()).decode()
    all_headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/json", **headers}
    return urllib3.request("POST", client.url + path, body=body, headers=all_headers, retries=False)


def statuses(client: SandboxClient, body: bytes, times: int) -> list[int]:
    return [post(client, body).status for _ in range(times)]


@pytest.mark.parametrize(
    "header", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
@pytest.mark.parametrize(("method", "path"), [("POST", "reset"), ("POST", "script"), ("GET", "events"), ("PUT", "x")])
def test_a_web_page_of_another_site_is_not_answered(
    client: SandboxClient, header: dict[str, str], method: str, path: str
) -> None:
    client.script({"status": 418, "times": 1})
    before = client.script_now()
    body = b'[{"status": 503}]' if method == "POST" else None
    answer = urllib3.request(method, f"{client.url}/_sandbox/{path}", body=body, headers=header, retries=False)
    assert (answer.status, client.script_now()) == (403, before)


def test_what_is_taken_is_listed_with_its_bytes(client: SandboxClient) -> None:
    body = payload("m-1", "m-2", inner=r'"\ud800 é \u0000"')
    answer = post(client, body)

    assert (answer.status, answer.json()) == (200, {"success": True})
    events = client.events()
    assert [(event.message_id, event.payload, event.index) for event in events] == [("m-1", "p", 0), ("m-2", "p", 1)]
    assert ",".join(event.raw for event in events).encode() in body
    assert events[0].event == json.loads(events[0].raw)
    assert client.events(since=1) == events[1:]


def test_payloads_are_listed_without_the_key(client: SandboxClient) -> None:
    body = payload("m-1")
    post(client, body, **{"User-Agent": "relay/1"})

    [listed] = client.payloads()
    assert (listed.size, listed.status, listed.events, listed.payload, listed.taken) == (len(body), 200, 1, "p", True)
    assert listed.headers["user-agent"] == "relay/1"
    assert "authorization" not in listed.headers


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"key": "other"}, 401),
        ({"key": f"{KEY}:password"}, 401),
        ({"Authorization": f"Bearer {KEY}"}, 401),
        ({"Authorization": "Basic ***"}, 401),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Encoding": "gzip"}, 400),
        ({"Content-Encoding": "br"}, 415),
        ({"Content-Encoding": "gzip, gzip"}, 415),
        ({"path": "/v1/track"}, 404),
    ],
)
def test_a_request_that_is_not_the_vendors_is_refused(
    client: SandboxClient, change: dict[str, str], status: int
) -> None:
    assert post(client, payload("m-1"), **change).status == status
    assert client.events() == []


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v1/batch", 405), ("PUT", "/v1/batch", 405)])
def test_other_methods_are_refused(client: SandboxClient, method: str, path: str, status: int) -> None:
    assert urllib3.request(method, client.url + path, retries=False).status == status


def test_ten_thousand_levels_of_nesting_are_taken(client: SandboxClient) -> None:
    """They are listed too: as text only, since parsers give up on them."""
    inner = "[" * 10_000 + "]" * 10_000

    assert post(client, payload("m-1", inner=inner)).status == 200
    [event] = client.events()
    assert event.event is None
    assert inner in event.raw


def test_a_script_answers_the_next_requests_in_order(client: SandboxClient) -> None:
    client.script({"status": 503, "headers": {"Retry-After": "7"}, "body": "busy", "times": 2}, {"status": 400})

    first = post(client, payload("m-1"))
    assert (first.status, first.headers["Retry-After"], first.data) == (503, "7", b"busy")
    assert statuses(client, payload("m-1"), 3) == [503, 400, 200]
    assert [(item.status, item.taken, item.scripted) for item in client.payloads()] == [
        (503, False, True),
        (503, False, True),
        (400, False, True),
        (200, True, False),
    ]
    assert len(client.events()) == 1


def test_a_new_script_replaces_the_answers_that_wait(client: SandboxClient) -> None:
    client.script({"status": 503, "times": 1000})
    client.script()

    assert post(client, payload("m-1")).status == 200


@pytest.mark.parametrize("take", [False, True])
def test_a_dropped_connection_may_have_taken_the_events_or_not(client: SandboxClient, take: bool) -> None:
    client.script({"drop": True, "take": take})

    with pytest.raises(urllib3.exceptions.ProtocolError):
        post(client, payload("m-1"))
    [listed] = client.payloads()
    assert (listed.status, listed.taken, len(client.events())) == (None, take, int(take))


def test_an_error_can_be_answered_although_the_events_were_taken(client: SandboxClient) -> None:
    client.script({"status": 504, "take": True})

    assert post(client, payload("m-1")).status == 504
    assert [event.message_id for event in client.events()] == ["m-1"]


def test_a_scripted_success_does_not_take_what_breaks_the_rules(client: SandboxClient) -> None:
    client.script({"status": 202, "times": 2})

    assert statuses(client, payload("m-1", "m-1"), 1) == [400]
    assert statuses(client, payload("m-1"), 1) == [202]


def test_a_delay_comes_after_the_events_were_taken(client: SandboxClient) -> None:
    client.script({"delay_s": 0.3})
    thread = threading.Thread(target=post, args=(client, payload("m-1")))
    thread.start()

    assert client.wait_for_ids(["m-1"], 5)
    assert thread.is_alive()
    thread.join()


def test_named_events_have_their_payload_refused_until_reset(client: SandboxClient) -> None:
    client.script({"reject_message_ids": ["m-2"]})

    assert statuses(client, payload("m-1", "m-2"), 2) == [400, 400]
    assert statuses(client, payload("m-1"), 1) == [200]
    client.reset()
    assert statuses(client, payload("m-2"), 1) == [200]


def test_a_smaller_limit_holds_until_reset(client: SandboxClient) -> None:
    body = payload("m-1")
    client.script({"max_bytes": len(body) - 1})

    assert statuses(client, body, 2) == [413, 413]
    client.reset()
    assert statuses(client, body, 1) == [200]


def test_a_new_key_holds_from_now_on(client: SandboxClient) -> None:
    client.script({"key": "new"})
    client.reset()

    assert post(client, payload("m-1")).status == 401
    assert post(client, payload("m-1"), key="new").status == 200


def test_reset_forgets_everything(client: SandboxClient) -> None:
    post(client, payload("m-1"))
    client.script({"status": 503})
    client.reset()

    assert client.health() == {"status": "ok", "events": 0, "payloads": 0, "answers_waiting": 0, "resets": 1}


def test_how_it_answers_at_the_moment_can_be_asked(client: SandboxClient) -> None:
    """Of the key only whether it is the usual one."""
    usual: dict[str, Any] = {
        "answers_waiting": 0,
        "next": None,
        "reject_message_ids": [],
        "max_bytes": None,
        "refuse_gzip": None,
        "usual_key": True,
    }
    assert client.script_now() == usual

    client.script({"key": "another"}, {"reject_message_ids": ["m-2", "m-1"]}, {"status": 503, "delay_s": 1, "times": 3})
    scripted = client.script_now()
    assert scripted["next"] == {"status": 503, "delay_s": 1, "drop": False, "take": False}
    assert (scripted["answers_waiting"], scripted["reject_message_ids"]) == (3, ["m-1", "m-2"])
    assert not scripted["usual_key"]
    assert "another" not in str(scripted)

    client.script({"key": KEY}, {"reject_message_ids": []})
    assert client.script_now() == usual


def test_a_list_can_be_read_piece_by_piece(client: SandboxClient) -> None:
    post(client, payload("m-1", "m-2", "m-3"))

    assert [event.message_id for event in client.events(since=1, limit=1)] == ["m-2"]
    assert client.payloads(limit=0) == []


@pytest.mark.parametrize(
    "script",
    [{"status": "503"}, {"status": 99}, {"tiems": 2}, {"times": 0}, {"status": 503, "key": "x"}, {"max_bytes": "1"},
     {"drop": 1}, {"delay_s": -1}, {"reject_message_ids": "m-1"}],
)  # fmt: skip
def test_a_script_with_a_mistake_is_refused_whole(client: SandboxClient, script: dict[str, Any]) -> None:
    with pytest.raises(LocalError, match="script"):
        client.script({"status": 503}, script)

    assert post(client, payload("m-1")).status == 200


def test_a_wait_that_is_over_says_so(client: SandboxClient) -> None:
    with pytest.raises(LocalError, match="0 events"):
        client.wait_for_ids(["m-1"], 0.05)


def test_a_sandbox_that_is_gone_is_told_in_a_line() -> None:
    with pytest.raises(LocalError, match="does not answer"):
        SandboxClient("http://127.0.0.1:9").health()


def test_at_another_address_of_this_machine_it_does_not_listen(client: SandboxClient) -> None:
    """As little as at one that another machine could reach."""
    with pytest.raises(OSError, match=r"refused|assign"):
        socket.create_connection(("127.0.0.2", urlsplit(client.url).port or 0), timeout=10)
