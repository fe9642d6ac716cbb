"""The sandbox reads gzip strictly, counts the limit on what is in it, and can play an endpoint that knows none."""

import gzip
import json
from typing import Any

import pytest

from local.sandbox.service import Sandbox
from local.sandbox_client import ReceivedPayload

HEADERS = {"authorization": "Basic a2V5Og==", "content-type": "application/json"}
BODY = (
    b'{"messageId":"p","sentAt":"2020-01-01T00:00:00.000Z","batch":[{"type":"identify","messageId":"m-1",'
    b'"userId":"u","timestamp":"2020-01-01T00:00:00Z"}]}'
)


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox("key")


def padded(size: int) -> bytes:
    """A payload of ``size`` bytes that gzip makes small."""
    return BODY[:-1] + b" " * (size - len(BODY)) + b"}"


def answer(sandbox: Sandbox, body: bytes, encoding: str = "gzip") -> tuple[int, str]:
    reply = sandbox.post_batch({**HEADERS, "content-encoding": encoding}, body)
    return reply.status, json.loads(reply.body).get("message", "")


def listed(sandbox: Sandbox) -> list[ReceivedPayload]:
    return [ReceivedPayload(**item) for item in json.loads(sandbox.payloads(0).body)]


def test_a_gzip_body_is_taken_and_recorded_as_one(sandbox: Sandbox) -> None:
    """The size is of what came."""
    packed = gzip.compress(BODY)
    assert answer(sandbox, packed)[0] == 200
    assert answer(sandbox, BODY, "identity")[0] == 200
    assert [(one.encoding, one.size, one.taken) for one in listed(sandbox)] == [
        ("gzip", len(packed), True),
        ("identity", len(BODY), True),
    ]
    assert len(json.loads(sandbox.events(0).body)) == 2


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (BODY, 400, "not gzip"),
        (b"", 400, "ends too early"),
        (gzip.compress(BODY)[:-1], 400, "ends too early"),
        (gzip.compress(BODY)[:-8] + b"\0" * 8, 400, "not gzip"),
        (gzip.compress(BODY) + b"\0", 400, "more behind"),
        (gzip.compress(gzip.compress(BODY)), 400, "not UTF-8"),
        (gzip.compress(padded(500_001)), 413, "500001 bytes"),
        (gzip.compress(b" " * 70_000_000, 1), 413, "far too large"),
    ],
    ids=["plain", "empty", "cut", "wrong sum", "more", "twice", "too large unpacked", "bomb"],
)
def test_gzip_that_is_none_or_too_large_is_refused(sandbox: Sandbox, body: bytes, status: int, reason: str) -> None:
    found, message = answer(sandbox, body)
    assert found == status
    assert reason in message


def test_the_limit_holds_for_what_is_in_it(sandbox: Sandbox) -> None:
    assert answer(sandbox, gzip.compress(padded(500_000)))[0] == 200


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd"])
def test_other_encodings_are_refused(sandbox: Sandbox, encoding: str) -> None:
    assert answer(sandbox, gzip.compress(BODY), encoding)[0] == 415


def test_a_script_refuses_gzip_and_nothing_else(sandbox: Sandbox) -> None:
    """As an endpoint that does not know it; over with a reset."""

    def script(*items: dict[str, Any]) -> int:
        return sandbox.script(json.dumps(items).encode()).status

    assert script({"refuse_gzip": 415}) == 200
    assert json.loads(sandbox.script_now("").body)["refuse_gzip"] == 415
    packed = gzip.compress(BODY)
    assert [answer(sandbox, packed)[0], answer(sandbox, BODY, "identity")[0]] == [415, 200]
    sandbox.reset()
    assert answer(sandbox, packed)[0] == 200
    assert [script({"refuse_gzip": value}) for value in (200, 600, "415", True)] == [400] * 4
