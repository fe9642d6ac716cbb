"""The sandbox's own HTTP interface, which tests in any language can ask."""

import json
import threading
from typing import Any

import pytest

from dreamdata_relay.testing.server import SandboxServer
from tests.testing.asking import ask, send

BAD = {"type": "track", "userId": "u-1", "event": "E", "timestamp": "yesterday"}


def asserted(server: SandboxServer, **wanted: object) -> tuple[int, Any]:
    """The answer to an assertion."""
    return ask(server, "POST", "/_sandbox/assert", json.dumps(wanted).encode())


def test_it_says_what_it_is(server: SandboxServer, order: dict[str, Any]) -> None:
    send(server, order, BAD)

    status, answer = ask(server, "GET", "/_sandbox")

    assert status == 200
    assert answer == {"version": answer["version"], "events": 1, "violations": 1}


def test_events_can_be_chosen(server: SandboxServer, order: dict[str, Any]) -> None:
    send(server, order, {"type": "identify", "userId": "u-2"}, order | {"userId": "u-2", "messageId": "m-2"})

    for query, count in {"": 3, "?type=track": 2, "?type=track&userId=u-2": 1, "?event=Order%20Completed": 2}.items():
        status, answer = ask(server, "GET", f"/_sandbox/events{query}")
        assert (status, len(answer["events"])) == (200, count), query
    assert ask(server, "GET", "/_sandbox/events?messageId=m-1")[1]["events"][0]["properties"]["revenue"] == 99.5


def test_events_that_are_on_their_way_are_waited_for(server: SandboxServer, order: dict[str, Any]) -> None:
    """Whoever waits does not keep others from sending."""
    answers: list[Any] = []
    asking = threading.Thread(
        target=lambda: answers.append(ask(server, "GET", "/_sandbox/events?type=track&count=2&seconds=60"))
    )
    asking.start()
    send(server, order)
    send(server, order | {"messageId": "m-2"})
    asking.join(60)

    assert [event["messageId"] for event in answers[0][1]["events"]] == ["m-1", "m-2"]


def test_those_that_have_not_come_in_time_are_not_in_the_answer(server: SandboxServer, order: dict[str, Any]) -> None:
    send(server, order)

    assert len(ask(server, "GET", "/_sandbox/events?count=2&seconds=0")[1]["events"]) == 1


def test_violations_are_told_with_their_event(server: SandboxServer) -> None:
    send(server, BAD)
    ask(server, "POST", "/v1/nothing")

    _, answer = ask(server, "GET", "/_sandbox/violations?count=2&seconds=60")
    event, request = answer["violations"]

    assert (event["code"], event["status"], event["event"]) == ("timestamp_invalid", 200, BAD)
    assert event["text"] == 'track event="E" userId="u-1": timestamp_invalid: timestamp is not ISO 8601'
    assert (request["code"], request["status"], request["event"]) == ("not_found", 404, None)
    assert len(ask(server, "GET", "/_sandbox/violations?code=not_found")[1]["violations"]) == 1


def test_an_assertion_answers_200_with_the_events(server: SandboxServer, order: dict[str, Any]) -> None:
    send(server, order)

    status, answer = asserted(server, where={"event": "Order Completed", "properties": {"revenue": 99.5}}, count=1)

    assert (status, answer["success"], answer["events"][0]["messageId"]) == (200, True, "m-1")
    assert asserted(server, where={"type": "identify"}, count=0, seconds=0) == (200, {"success": True, "events": []})


def test_the_number_of_violations_can_be_asserted(server: SandboxServer, order: dict[str, Any]) -> None:
    """Alone, or beside events."""
    assert asserted(server, violations=0)[0] == 200
    send(server, order, BAD)

    assert asserted(server, where={"type": "track"}, violations=1)[0] == 200
    for violations in (0, 2):
        status, answer = asserted(server, violations=violations, seconds=0)
        assert (status, answer["success"]) == (422, False)
        assert f"1 instead of {violations} violations came" in answer["message"]
        assert "timestamp_invalid" in answer["message"]
    assert asserted(server, where={"type": "page"}, violations=1, seconds=0)[0] == 422


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"where": {"type": "track", "properties": {"revenue": 1}}}, "properties.revenue is 99.5, expected 1"),
        ({"where": {"type": "track"}, "count": 2}, "did not come 2 times"),
        ({"where": {"type": "track"}, "count": 0}, "an event came that must not"),
    ],
)
def test_an_assertion_that_fails_answers_422_with_the_reason(
    server: SandboxServer, order: dict[str, Any], wanted: dict[str, Any], message: str
) -> None:
    send(server, order)

    status, answer = asserted(server, seconds=0, **wanted)

    assert (status, answer["success"]) == (422, False)
    assert message in answer["message"]


def test_a_reset_forgets_everything(server: SandboxServer, order: dict[str, Any]) -> None:
    send(server, order, BAD)

    assert ask(server, "POST", "/_sandbox/reset") == (200, {"success": True})

    assert (server.events.all(), server.violations) == ([], [])


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("GET", "/_sandbox/nothing", None, 404, "POST /_sandbox/assert"),
        ("POST", "/_sandbox/events", None, 405, "GET"),
        ("GET", "/_sandbox/events?colour=red", None, 400, "no parameter colour"),
        ("GET", "/_sandbox/events?count=-1", None, 400, "count is not a whole number"),
        ("GET", "/_sandbox/events?seconds=soon", None, 400, "seconds is not a number"),
        ("GET", "/_sandbox/events?seconds=1e9", None, 400, "between 0 and 60"),
        ("GET", "/_sandbox/violations?seconds=nan", None, 400, "between 0 and 60"),
        ("POST", "/_sandbox/assert", b"{", 400, "an assertion is"),
        ("POST", "/_sandbox/assert", b'{"were": {}}', 400, "were"),
        ("POST", "/_sandbox/assert", b'{"seconds": 1e9}', 400, "between 0 and 60"),
        ("POST", "/_sandbox/assert", b'{"count": -1}', 400, "count"),
        ("POST", "/_sandbox/assert", b'{"violations": -1}', 400, "violations"),
    ],
)
def test_what_cannot_be_answered_is_said(
    server: SandboxServer, method: str, path: str, body: bytes | None, status: int, message: str
) -> None:
    """And is no violation: it is not the SDK that is wrong."""
    answered, answer = ask(server, method, path, body)

    assert answered == status
    assert message in answer["message"]
    assert server.violations == []
