"""Whatever the body: never an exception, always an answer of the contract, and no event without an end."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.fakes.relay import DEAD_LETTERS, QUEUE, RELAY_KEY, http_event
from tests.handlers.ingest import Ingest, running_ingest

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    [
        "type",
        "messageId",
        "userId",
        "anonymousId",
        "groupId",
        "previousId",
        "event",
        "timestamp",
        "originalTimestamp",
        "traits",
        "properties",
        "context",
        "integrations",
        "writeKey",
        "sentAt",
        "batch",
    ]
)
EVENTS = st.builds(
    lambda base, changes: base | changes,
    st.sampled_from(
        [
            {"type": "track", "event": "E", "userId": "u", "timestamp": "2026-11-23T12:00:00Z", "messageId": "m"},
            {"type": "identify", "anonymousId": "a", "context": {"traits": {"a": 1}}},
            {"type": "group", "groupId": 7},
            {},
        ]
    ),
    st.dictionaries(FIELDS, JSON | st.sampled_from(["", "page", "2026-11-23T12:00:00+02:00", [], {}]), max_size=3),
)
BATCHES = st.builds(
    lambda batch, more: {"batch": batch} | more,
    st.lists(EVENTS | JSON, max_size=5),
    st.dictionaries(st.sampled_from(["context", "integrations", "writeKey", "sentAt"]), JSON, max_size=2),
)
PATHS = st.sampled_from(["/v1/batch", "/v1/batch", "/v1/import/", "/v1/track", "/v1/identify", "/v1/group"])
MANY = settings(max_examples=examples(400), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def ingest() -> Iterator[Ingest]:
    with running_ingest() as running:
        yield running


def ends(ingest: Ingest, event: dict[str, Any], events: int | None) -> None:
    """Answer ``event`` and see that each of its ``events`` is in one of the queues."""
    ingest.sqs.queues.clear()
    status, body = ingest.answer(event)
    assert status != 503
    if status != 200:
        assert ingest.sqs.queues == {}
        return
    assert body["accepted"] == len(ingest.queued())
    assert len(body["rejected"]) == len(ingest.sqs.bodies(DEAD_LETTERS))
    if events is not None:
        assert body["accepted"] + len(body["rejected"]) + body.get("repeated", 0) == events
    for message in ingest.sqs.bodies(QUEUE):
        json.loads(message, parse_constant=pytest.fail)


@MANY
@given(BATCHES, PATHS, st.sampled_from([RELAY_KEY, None, "wrong"]), st.booleans(), st.booleans())
def test_any_json_value(
    ingest: Ingest, body: dict[str, Any], path: str, key: str | None, ascii_only: bool, zipped: bool
) -> None:
    text = json.dumps(body, ensure_ascii=ascii_only)
    raw = gzip.compress(text.encode("utf-8", "surrogatepass")) if zipped else text
    single = path not in ("/v1/batch", "/v1/import/")

    ends(ingest, http_event(raw, path, key=key), 1 if single else len(body["batch"]))


@MANY
@given(JSON, PATHS)
def test_any_value_as_a_body(ingest: Ingest, value: Any, path: str) -> None:
    ends(ingest, http_event(json.dumps(value), path), None)


@MANY
@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda data: b"\x1f\x8b" + data), PATHS)
def test_any_bytes(ingest: Ingest, data: bytes, path: str) -> None:
    ends(ingest, http_event(data, path), None)


@MANY
@given(BATCHES, st.data())
def test_any_cut_or_changed_body(ingest: Ingest, body: dict[str, Any], data: st.DataObject) -> None:
    text = bytearray(json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, max(0, len(text) - 1)))
        text[at : at + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from([b"", b'"', b"\\", b"{", b",", b"\xff"])
        )

    ends(ingest, http_event(bytes(text)), None)


@MANY
@given(st.text(st.characters(), max_size=60))
def test_any_text_even_one_that_is_no_unicode(ingest: Ingest, text: str) -> None:
    ends(ingest, http_event('{"batch":[{"type":"page","userId":"u","x":"' + text + '"}]}'), None)


@MANY
@given(JSON, JSON, JSON, st.booleans())
def test_any_lambda_event(ingest: Ingest, headers: Any, path: Any, body: Any, encoded: bool) -> None:
    event = http_event("{}") | {"headers": headers, "rawPath": path, "body": body, "isBase64Encoded": encoded}

    ingest.answer(event)


@pytest.mark.parametrize("event", [None, [], {}, "event", {"requestContext": None}, {"requestContext": {"http": []}}])
def test_what_is_no_http_event_is_still_answered(ingest: Ingest, event: Any) -> None:
    ingest.answer(event)
