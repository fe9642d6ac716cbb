"""What the front answers when the deployed function, its route or the emulator is not well."""

import dataclasses
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.front import backend, http_api
from local.front.backend import Backend
from local.front.http_api import Answer
from local.places import StateDir
from tests.fakes.http_api import request
from tests.fakes.server import HttpServer, Reaction
from tests.local.test_stack_file import stack_in

ARN = "arn:aws:lambda:us-east-1:000000000000:function:ingest:live"
ROUTE = {"routeKey": "$default", "target": "integrations/i1", "routeId": "r1"}
INTEGRATION = {"integrationId": "i1", "integrationUri": ARN, "integrationType": "AWS_PROXY"}
BATCH = request("POST", "/v1/batch", {"content-type": "application/json"}, b'{"batch":[]}')


def told(value: object, status: int = 200, **headers: str) -> Reaction:
    return Reaction(
        status, {name.replace("_", "-"): text for name, text in headers.items()}, json.dumps(value).encode()
    )


def emulator(folder: Path, *reactions: Reaction, routes: tuple[object, ...] = (ROUTE,)) -> HttpServer:
    """A stand-in for the emulator, named in the stack file: tells of the route and then answers invocations."""
    server = HttpServer(told({"items": routes}), *([told(INTEGRATION)] if routes else []), *reactions)
    url = server.url.removesuffix("/v1/batch").rstrip("/")
    stack = dataclasses.replace(stack_in(folder), aws_endpoint_url=url, outputs={"HttpApiId": "abc"})
    stack.save()
    return server


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Backend]:
    # However long a test takes: what the emulator tells is told in this order.
    monkeypatch.setattr(backend, "_ROUTE_SECONDS", 3600)
    made = Backend(StateDir(tmp_path))
    yield made
    made.close()


def test_the_function_that_the_route_names_gets_the_event_with_its_alias(tmp_path: Path, asked: Backend) -> None:
    with emulator(tmp_path, told({"statusCode": 200, "body": "yes"})) as server:
        answer = asked.answer(BATCH)

    assert (answer.status, answer.body) == (200, b"yes")
    assert server.requests[-1].line.split()[1].replace("%3A", ":").endswith(f"/functions/{ARN}/invocations")
    assert json.loads(server.requests[-1].body) == http_api.event_of(BATCH, "abc", "000000000000") | {
        "headers": json.loads(server.requests[-1].body)["headers"]
    }


def test_a_route_is_looked_up_once_for_many_requests(tmp_path: Path, asked: Backend) -> None:
    with emulator(tmp_path, *[told({"statusCode": 200})] * 3) as server:
        assert [asked.answer(BATCH).status for _ in range(3)] == [200, 200, 200]

    assert len(server.requests) == 5


def test_a_route_that_was_changed_is_seen(tmp_path: Path, asked: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "_ROUTE_SECONDS", -1)
    with emulator(tmp_path, told({"statusCode": 200}), told({"items": ()})):
        assert [asked.answer(BATCH).status for _ in range(2)] == [200, 404]


@pytest.mark.parametrize(
    ("reaction", "answer"),
    [
        (told({"errorType": "E", "errorMessage": "secret"}, X_Amz_Function_Error="Unhandled"), http_api.FAILED),
        (told("text", X_Amz_Function_Error="Unhandled"), http_api.FAILED),
        (told({"statusCode": "no"}), http_api.FAILED),
        (Reaction(200, {}, b"{"), http_api.FAILED),
        (told({"Message": "Rate Exceeded."}, 429, X_Amzn_ErrorType="TooManyRequestsException"), http_api.NOT_INVOKED),
        (told({"Message": "gone"}, 404, X_Amzn_ErrorType="ResourceNotFoundException"), http_api.NOT_INVOKED),
        (Reaction(drop="after"), http_api.NOT_INVOKED),
    ],
    ids=["failed", "failed without reason", "nonsense", "no JSON", "throttled", "no function", "gone meanwhile"],
)
def test_a_function_that_is_not_well_is_told_as_api_gateway_does(
    tmp_path: Path, asked: Backend, reaction: Reaction, answer: Answer, capfd: pytest.CaptureFixture[str]
) -> None:
    with emulator(tmp_path, reaction):
        assert asked.answer(BATCH) == answer

    assert json.loads(answer.body) == {"message": "Internal Server Error"}
    log = capfd.readouterr().err
    assert log.startswith(f"{answer.status}: ")
    assert "secret" not in log


def test_a_function_that_takes_too_long_is_not_waited_for(
    tmp_path: Path, asked: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "_TIMEOUT_SECONDS", 0.05)
    with emulator(tmp_path, Reaction(hang=True)):
        answer = asked.answer(BATCH)

    assert (answer.status, json.loads(answer.body)) == (503, {"message": "Service Unavailable"})


def test_without_a_route_nothing_is_found(tmp_path: Path, asked: Backend) -> None:
    with emulator(tmp_path, routes=()):
        answer = asked.answer(BATCH)

    assert (answer.status, json.loads(answer.body)) == (404, {"message": "Not Found"})


def test_what_is_too_large_for_lambda_is_refused(tmp_path: Path, asked: Backend) -> None:
    large = dataclasses.replace(BATCH, body=b"0" * http_api.MAX_EVENT_BYTES)
    with emulator(tmp_path) as server:
        assert asked.answer(large) == http_api.TOO_LARGE

    # None but those for the route.
    assert len(server.requests) == 2


def test_without_a_stack_or_its_emulator_the_answer_is_an_error(tmp_path: Path, asked: Backend) -> None:
    assert asked.answer(BATCH) == http_api.NOT_INVOKED
    with emulator(tmp_path):
        pass

    assert asked.answer(BATCH) == http_api.NOT_INVOKED


def test_requests_at_the_same_time_are_all_answered(tmp_path: Path, asked: Backend) -> None:
    """The first of them all want to make boto3's clients."""
    answers: list[Answer] = []
    with emulator(tmp_path, *[told({"statusCode": 200})] * 8):
        threads = [threading.Thread(target=lambda: answers.append(asked.answer(BATCH))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert [answer.status for answer in answers] == [200] * 8
