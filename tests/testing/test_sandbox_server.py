"""A sandbox answers as the relay does, keeps what the relay would pass on, and says what it would refuse."""

import base64
import http.client
import json
import socket
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dreamdata_relay.events.rules import EVENT_TYPES, RULES
from dreamdata_relay.limits import MAX_EVENT_BYTES, MAX_LISTED_REJECTIONS
from dreamdata_relay.testing.sandbox import Sandbox
from dreamdata_relay.testing.server import SandboxServer
from tests.fakes.relay import IngestBench, http_event
from tests.patience import LONGEST_S
from tests.testing.asking import ask, send

SAMPLES = sorted(
    path for name in ("http", "invalid") for path in (Path(__file__).parents[2] / "events" / name).iterdir()
)
IDS = {"userId": "u", "anonymousId": "a", "previousId": "p", "groupId": "g", "event": "E"}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_the_answer_is_the_relays_own(sample: Path) -> None:
    text = sample.read_bytes()

    relayed = IngestBench().post(text)
    answered = Sandbox().answer(http_event(text))

    assert (answered.status, answered.body) == (relayed.status, relayed.body)


def test_an_event_is_kept_as_the_relay_passes_it_on(server: SandboxServer, order: dict[str, Any]) -> None:
    """With what the relay completes: UTC, the batch's own context, an id."""
    del order["messageId"]
    body = json.dumps({"batch": [order], "context": {"library": {"name": "x"}}, "writeKey": "any"}).encode()

    status, answer = ask(server, "POST", "/v1/batch", body)

    assert (status, answer["accepted"], answer["rejected"]) == (200, 1, [])
    (kept,) = server.events.all()
    assert kept.pop("messageId")
    assert kept.pop("context") == {"library": {"name": "x"}}
    del order["timestamp"]
    assert kept == order | {"timestamp": "2026-11-28T11:00:00Z"}
    assert server.violations == []


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_an_event_can_come_to_the_path_of_its_type(server: SandboxServer, kind: str) -> None:
    status, _ = send(server, IDS, path=f"/v1/{kind}")

    assert status == 200
    assert [event["type"] for event in server.events.all()] == [kind]


@pytest.mark.parametrize("how", ["packed", "chunked"])
def test_a_body_can_come_in_gzip_and_in_chunks(server: SandboxServer, order: dict[str, Any], how: str) -> None:
    assert send(server, order, packed=how == "packed", chunked=how == "chunked")[0] == 200
    assert len(server.events.all()) == 1


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.example], ids=lambda rule: rule.code)
def test_what_breaks_a_rule_of_the_relay_is_a_violation(server: SandboxServer, rule: Any) -> None:
    send(server, json.loads(rule.example))

    assert [(one.code, one.status) for one in server.violations] == [(rule.code, 200)]
    assert server.violations[0].event in (json.loads(rule.example), None)
    assert server.events.all() == []


def test_a_refused_event_is_shown_with_the_context_of_its_batch(server: SandboxServer) -> None:
    body = b'{"writeKey": "any", "context": {"ip": "203.0.113.7"}, "batch": [{"type": "track", "userId": "u"}]}'

    ask(server, "POST", "/v1/batch", body)

    (found,) = server.violations
    assert found.code == "event_name_missing"
    assert found.event == {"type": "track", "userId": "u", "context": {"ip": "203.0.113.7"}}


def test_an_event_that_is_too_large_is_a_violation(server: SandboxServer, order: dict[str, Any]) -> None:
    order["properties"] = {"text": "x" * MAX_EVENT_BYTES}

    send(server, order)

    assert [one.code for one in server.violations] == ["event_too_large"]


def test_each_event_of_a_flood_of_refused_ones_is_a_violation(server: SandboxServer) -> None:
    """They share dead letters, and the answer lists only the first of them."""
    count = MAX_LISTED_REJECTIONS + 10

    send(server, *[{"type": "track", "userId": f"u-{number}"} for number in range(count)])

    assert len({one.event["userId"] for one in server.violations if one.event}) == count


@pytest.mark.parametrize(
    ("path", "body", "key", "status", "code"),
    [
        ("/v1/batch", b"not JSON", "any", 400, "not_json"),
        ("/v1/batch", b'{"events": []}', "any", 400, "wrong_shape"),
        ("/v1/batch", b'{"batch": []}', None, 401, "unauthorized"),
        ("/v2/batch", b'{"batch": []}', "any", 404, "not_found"),
    ],
)
def test_a_request_that_the_relay_refuses_is_a_violation(
    server: SandboxServer, path: str, body: bytes, key: str | None, status: int, code: str
) -> None:
    headers = {"Authorization": "Basic YW55Og=="} if key else {}

    assert ask(server, "POST", path, body, headers)[0] == status

    assert [(one.status, one.code, one.event) for one in server.violations] == [(status, code, None)]


def test_a_body_beyond_api_gateways_limit_is_answered_as_there(server: SandboxServer) -> None:
    """Before it is read."""
    status, _ = ask(server, "POST", "/v1/batch", None, {"Content-Length": str(11 * 1024 * 1024)})

    assert status == 413
    assert [one.status for one in server.violations] == [413]


def test_with_a_key_of_its_own_it_accepts_no_other(order: dict[str, Any]) -> None:
    with SandboxServer(Sandbox(key="the-key")) as server:
        assert send(server, order, key="another")[0] == 401
        assert send(server, order, key=server.key)[0] == 200


def test_checks_of_ones_own_add_violations(server: SandboxServer, order: dict[str, Any]) -> None:
    server.sandbox.checks.append(lambda event: [("no_email", "an order has an email")] if "traits" not in event else [])

    send(server, order)

    assert [(one.code, one.detail, one.event) for one in server.violations] == [
        ("no_email", "an order has an email", server.events.all()[0])
    ]


def test_a_check_that_fails_is_a_violation_and_the_sender_is_answered(
    server: SandboxServer, order: dict[str, Any]
) -> None:
    """It may be an assertion, too."""
    server.sandbox.checks.append(lambda event: [(event["no such member"], "")])

    assert send(server, order)[0] == 200

    assert [(one.code, one.detail) for one in server.violations] == [("check_failed", "KeyError: 'no such member'")]
    assert len(server.events.all()) == 1


def test_a_fault_of_the_relay_is_answered_as_by_the_function_and_told(
    server: SandboxServer, order: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who sends tries again."""
    monkeypatch.setattr(server.sandbox, "answer", lambda _request: 1 / 0)

    assert send(server, order)[0] == 503

    assert [(one.status, one.code) for one in server.violations] == [(503, "internal")]


def test_what_nests_as_deep_as_the_relay_takes_can_be_read(server: SandboxServer) -> None:
    """By the programs that ask for it, too."""
    deep = b'{"type":"track","userId":"u","event":"E","properties":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}"
    ask(server, "POST", "/v1/batch", b'{"writeKey":"any","batch":[' + deep + b"]}")

    _, answer = ask(server, "GET", "/_sandbox/events")

    assert len(answer["events"]) == len(server.events.all()) == 1


def test_it_listens_on_the_loopback_interface_only(server: SandboxServer) -> None:
    assert server._server.socket.getsockname()[0] == "127.0.0.1"


def test_a_port_that_is_taken_is_said_at_once(server: SandboxServer) -> None:
    with pytest.raises(OSError, match="in use"):
        SandboxServer(port=server.port)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "attacker.example"},
        {"Origin": "https://attacker.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
    ids=lambda headers: next(iter(headers)),
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/_sandbox/events"), ("POST", "/_sandbox/reset")])
def test_no_web_page_is_answered(
    server: SandboxServer, order: dict[str, Any], headers: dict[str, str], method: str, path: str
) -> None:
    send(server, order)

    status, answer = ask(server, method, path, None, headers)

    assert (status, set(answer)) == (403, {"message"})
    assert len(server.events.all()) == 1


def test_what_a_web_page_sends_is_neither_read_nor_noted(server: SandboxServer) -> None:
    """Any site could fail a developer's tests with a body that is too large."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=LONGEST_S)) as connection:
        connection.putrequest("POST", "/v1/batch")
        connection.putheader("Origin", "https://attacker.example")
        connection.putheader("Content-Length", str(10 * 1024 * 1024 + 1))
        connection.endheaders()
        with connection.getresponse() as answer:
            assert answer.status == 403
    assert server.violations == []


def test_what_is_opened_from_no_page_changes_nothing(server: SandboxServer, order: dict[str, Any]) -> None:
    """A link in a mail is opened so, wherever it is redirected to."""
    send(server, order)
    opened = {"Sec-Fetch-Site": "none"}
    assert ask(server, "POST", "/_sandbox/reset", None, opened)[0] == 403
    assert ask(server, "GET", "/_sandbox/events", None, opened)[0] == 200
    assert len(server.events.all()) == 1


@pytest.mark.parametrize(
    "event",
    [
        r'{"type":"track","event":"a","userId":"u","properties":{"a":"\ud800"}}',
        r'{"type":"track","event":"a","userId":"\ud800"}',
        '{"type":"track","event":"a","userId":"u","properties":{"n":1e400}}',
        '{"type":"track","event":"a","userId":"u","properties":{"n":NaN}}',
        r'{"type":"track","userId":"\ud800","properties":{"n":1e400}}',
    ],
)
def test_what_only_a_lenient_reader_reads_is_answered_as_the_relay_does(server: SandboxServer, event: str) -> None:
    sent = f'{{"batch":[{event},{{"type":"page","userId":"u"}}]}}'.encode()
    answer = IngestBench().post(sent)
    authorization = {"Authorization": "Basic " + base64.b64encode(b"any:").decode()}
    told = ask(server, "POST", "/v1/batch", sent, authorization)
    assert told == (answer.status, json.loads(json.dumps(answer.body)))
    assert len(server.events.all()) == answer.body["accepted"]
    assert ask(server, "GET", "/_sandbox/events", None)[0] == 200


def test_it_ends_while_a_client_keeps_its_connection() -> None:
    """As SDKs do."""
    with SandboxServer() as server:
        connection = socket.create_connection(("127.0.0.1", server.port), 60)
        connection.sendall(b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(15) == b"HTTP/1.1 200 OK"
    connection.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), 60)
