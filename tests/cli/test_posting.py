"""What `relay` posts by itself: an event to the relay, and a try of the key to Dreamdata."""

import base64
import json
from typing import Any

import pytest

from relay_cli import context
from relay_cli.stack import RelayStack
from tests.cli.conftest import DREAMDATA, OUTPUTS, Bench
from tests.fakes.server import HttpServer, Reaction


@pytest.fixture
def point_at(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a server both the relay's API and the deliver function's endpoint."""

    def point(server: HttpServer) -> None:
        bench.environment["DREAMDATA_ENDPOINT"] = server.url
        stack = RelayStack("shop", OUTPUTS, server.url.rstrip("/"), bench)
        monkeypatch.setattr(context, "find_stack", lambda *_: stack)

    return point


@pytest.mark.parametrize(
    ("post", "answer", "status"),
    [("empty", 200, 0), ("empty", 503, 5), ("empty", 401, 1), ("event", 200, 0), ("event", 403, 1), ("event", 503, 5)],
)
def test_the_key_is_tried_by_a_post_only_when_asked_to(
    bench: Bench, point_at: Any, post: str, answer: int, status: int
) -> None:
    """Only 401 and 403 refuse the key, only a 2xx takes it; it is never shown."""
    with HttpServer(Reaction(answer)) as server:
        point_at(server)
        assert bench.run("key", "check").exit_code == 0
        assert server.requests == []
        done = bench.run("key", "check", "--post", post)
        (request,) = server.requests
    assert done.exit_code == status
    assert request.headers["authorization"] == "Basic " + base64.b64encode(b"the-key:").decode()
    assert len(json.loads(request.body)["batch"]) == (post == "event")
    assert "the-key" not in done.output


@pytest.mark.parametrize(
    ("post", "reactions", "verdict", "status"),
    [
        ("empty", [Reaction(200)], "taken", 0),
        ("empty", [Reaction(401)], "refused", 1),
        ("empty", [Reaction(403)], "refused", 1),
        *(("empty", [Reaction(answer)], "not known", 5) for answer in (302, 404, 429, 500, 503)),
        ("empty", [Reaction(drop="after")], "not known", 5),
        ("event", [Reaction(400)], "not known", 5),
        ("empty", [Reaction(400), Reaction(401)], "taken", 0),
        ("empty", [Reaction(400), Reaction(400)], "not known", 5),
        ("empty", [Reaction(422), Reaction(503)], "not known", 5),
        ("empty", [Reaction(400), Reaction(drop="after")], "not known", 5),
    ],
)
def test_no_key_is_called_good_that_nobody_took(
    bench: Bench, point_at: Any, post: str, reactions: list[Reaction], verdict: str, status: int
) -> None:
    """Nor bad that nobody refused; an empty batch that is refused is posted once more, with a key that is made up."""
    with HttpServer(*reactions) as server:
        point_at(server)
        done = bench.run("key", "check", "--post", post)
        keys = [request.headers["authorization"] for request in server.requests]
    assert done.stdout.startswith(f"{verdict}: ")
    assert done.exit_code == status
    assert ("relay --stack shop key set" in done.stderr) is (verdict == "refused")
    assert len(set(keys)) == len(keys) == len(reactions)
    with HttpServer(*reactions) as server:
        point_at(server)
        assert bench.json("key", "check", "--post", post)["verdict"] == verdict
    assert bench.run("key", "check").stdout.startswith("present: ")


@pytest.mark.parametrize(
    ("options", "reaction", "is_put", "asked"),
    [
        ((), Reaction(401), True, 0),
        (("--check",), Reaction(401), False, 1),
        (("--check",), Reaction(403), False, 1),
        (("--check",), Reaction(503), False, 1),
        (("--check",), Reaction(drop="after"), False, 1),
        (("--check",), Reaction(200), True, 1),
        (("--check",), Reaction(404), False, 1),
        (("--check",), Reaction(400), True, 2),
        (("--check", "--force"), Reaction(401), True, 1),
        (("--check", "--force"), Reaction(drop="after"), True, 1),
    ],
)
def test_a_key_is_tried_before_it_is_put_only_on_request(
    bench: Bench, point_at: Any, options: tuple[str, ...], reaction: Reaction, is_put: bool, asked: int
) -> None:
    """With the new key, an empty batch; what Dreamdata does not take is put only by force."""
    with HttpServer(reaction) as server:
        point_at(server)
        done = bench.run("key", "set", *options, typed="the-new-key\n")
        tried = [request.headers["authorization"] for request in server.requests]
    assert done.exit_code == (0 if is_put else 1)
    assert json.loads(bench.secrets.current(DREAMDATA))["api_key"] == ("the-new-key" if is_put else "the-key")
    assert len(tried) == asked
    assert tried[:1] == ["Basic " + base64.b64encode(b"the-new-key:").decode()] * min(asked, 1)
    assert "the-new-key" not in done.output


@pytest.mark.parametrize(
    "endpoint", ["http://api.example.com/v1/batch", "https://user:word@127.0.0.1/", "https://127.0.0.1/?a=b", "nowhere"]
)
def test_an_endpoint_that_deliver_would_refuse_does_not_get_the_key(bench: Bench, endpoint: str) -> None:
    """By deliver's own rules, in its own words; a part of the URL may be a secret and is not shown."""
    bench.environment["DREAMDATA_ENDPOINT"] = endpoint
    done = bench.run("key", "check", "--post", "event")
    assert done.exit_code == 1
    assert "DREAMDATA_ENDPOINT is n" in done.stderr
    assert "word" not in done.output


def test_a_redirect_does_not_get_the_key(bench: Bench, point_at: Any) -> None:
    """It is told as the answer that it is."""
    with HttpServer() as other, HttpServer(Reaction(302, {"Location": other.url})) as server:
        point_at(server)
        assert bench.run("key", "check", "--post", "event").exit_code == 5
        assert other.requests == []


def test_an_event_is_sent_with_the_named_relay_key(bench: Bench, point_at: Any) -> None:
    """As an SDK sends it; without following, being accepted is the end."""
    accepted = Reaction(body=b'{"success":true,"accepted":1,"rejected":[]}')
    with HttpServer(accepted) as server:
        point_at(server)
        done = bench.run("send", "--user", "u1", "--seconds", "0", "--json")
        (request,) = server.requests
    assert (done.exit_code, json.loads(done.stdout)["end"]) == (0, "accepted")
    assert request.headers["authorization"] == "Basic " + base64.b64encode(b"key-of-old:").decode()
    (event,) = json.loads(request.body)["batch"]
    assert (event["type"], event["userId"]) == ("track", "u1")


@pytest.mark.parametrize(
    ("reaction", "status", "text"),
    [
        (Reaction(401, body=b'{"code":"unauthorized","message":"no"}'), 1, "401: unauthorized no"),
        (Reaction(drop="after"), 5, "does not answer (ProtocolError); the event may have been taken all the same"),
        (Reaction(502, body=b"<html>"), 1, "502; the event may have been taken all the same"),
    ],
)
def test_a_relay_that_refuses_is_one_line(
    bench: Bench, point_at: Any, reaction: Reaction, status: int, text: str
) -> None:
    """With what it said; a key that nobody has is wrong input."""
    with HttpServer(reaction) as server:
        point_at(server)
        done = bench.run("send")
        assert bench.run("send", "--key", "nobody").exit_code == 2
    assert done.exit_code == status
    assert text in done.stderr
    assert done.stderr.count("\n") == 1
    sent = json.loads(server.requests[0].body)["batch"][0]["messageId"]
    assert (f"look with: relay --stack shop find {sent}" in done.stderr) is (reaction.status != 401)


def test_a_relay_that_is_not_reached_has_taken_nothing(bench: Bench, point_at: Any) -> None:
    """Nothing was sent."""
    with HttpServer() as server:
        point_at(server)
    done = bench.run("send")
    assert (done.exit_code, "is not reached, nothing was sent" in done.stderr) == (4, True)
    assert "may have been taken" not in done.stderr
