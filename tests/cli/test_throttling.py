"""AWS answers that there are too many calls: they are made again after a while, and then it is said in plain words."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from relay_cli import context
from relay_cli.stack import RelayStack, told
from tests.cli.conftest import OUTPUTS, Bench
from tests.fakes.server import HttpServer, Reaction


def _json(code: str, status: int, **headers: str) -> Reaction:
    body = json.dumps({"__type": code, "message": "Rate exceeded"}).encode()
    return Reaction(status, {"Content-Type": "application/x-amz-json-1.1", **headers}, body)


_XML = (
    b'<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type>'
    b"<Code>Throttling</Code><Message>Rate exceeded</Message></Error><RequestId>1</RequestId></ErrorResponse>"
)
_XML_ANSWER = b"<ListStackResourcesResponse><ListStackResourcesResult/></ListStackResourcesResponse>"
# As each service says it.
SHAPES: dict[str, tuple[Reaction, Reaction, Callable[[RelayStack], Any]]] = {
    "FilterLogEvents": (
        _json("ThrottlingException", 400),
        Reaction(200, {"Content-Type": "application/x-amz-json-1.1"}, b'{"events": []}'),
        lambda stack: stack.logs.filter_log_events(logGroupName="g"),
    ),
    "ListStackResources": (
        Reaction(400, {"Content-Type": "text/xml"}, _XML),
        Reaction(200, {"Content-Type": "text/xml"}, _XML_ANSWER),
        lambda stack: stack.client("cloudformation").list_stack_resources(StackName="shop"),
    ),
    "ListEventSourceMappings": (
        _json("TooManyRequestsException", 429, **{"x-amzn-ErrorType": "TooManyRequestsException"}),
        Reaction(200, {"Content-Type": "application/json"}, b"{}"),
        lambda stack: stack.functions.list_event_source_mappings(),
    ),
    "GetSecretValue": (
        _json("ThrottlingException", 400),
        Reaction(200, {"Content-Type": "application/x-amz-json-1.1"}, b'{"SecretString": "{}", "VersionId": "1"}'),
        lambda stack: stack.secrets.get_secret_value(SecretId="s"),
    ),
}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)


def stack_at(server: HttpServer) -> RelayStack:
    """A stack whose calls go to ``server``."""
    session = boto3.Session(aws_access_key_id="1", aws_secret_access_key="1", region_name="eu-west-1")
    return RelayStack("shop", OUTPUTS, "", session, server.url.removesuffix("/v1/batch"))


@pytest.mark.parametrize("operation", SHAPES)
def test_a_call_that_is_throttled_is_made_again(operation: str) -> None:
    """Nobody notices but for the time that it takes."""
    throttled, answer, call = SHAPES[operation]
    with HttpServer(throttled, throttled, throttled, answer) as server:
        call(stack_at(server))
        assert len(server.requests) == 4


@pytest.mark.parametrize("operation", SHAPES)
def test_what_stays_throttled_is_told_in_plain_words(operation: str) -> None:
    """With the call, and what to do; the tries have an end."""
    throttled, _, call = SHAPES[operation]
    with HttpServer(*[throttled] * 20) as server:
        with pytest.raises(ClientError) as raised:
            call(stack_at(server))
        tries = len(server.requests)
    assert told(raised.value).startswith(f"AWS throttles {operation}, also after {tries} tries: ")


def test_a_command_that_is_throttled_ends_with_the_sentence(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Status 4, one line."""
    with HttpServer(*[SHAPES["GetSecretValue"][0]] * 20) as server:
        stack = stack_at(server)
        monkeypatch.setattr(context, "find_stack", lambda *_: stack)
        done = bench.run("keys", "list")
    assert (done.exit_code, done.stderr.count("\n")) == (4, 1)
    assert "AWS throttles GetSecretValue" in done.stderr
