"""The HTTP table of the contract, row by row."""

import gzip
import json
from typing import Any

import msgspec
import pytest

from dreamdata_relay.ingest.service import Response
from tests.fakes.relay import RELAY_KEY, IngestBench, http_event

TRACK = {"type": "track", "event": "E", "userId": "u", "messageId": "m", "timestamp": "2026-11-23T12:00:00.000Z"}
BODY = json.dumps({"batch": [TRACK]})


def answer(event: dict[str, Any]) -> Response:
    return IngestBench().intake.answer(event, 15.0)


@pytest.mark.parametrize(
    "path", ["/v1/batch", "/v1/batch/", "//v1/batch", "/v1//batch//", "/v1/import", "/v1/import/", "///v1///import"]
)
def test_batch_and_import_are_one_route_however_many_slashes(path: str) -> None:
    response = answer(http_event(BODY, path))

    assert (response.status, response.body) == (200, {"success": True, "accepted": 1, "rejected": []})


@pytest.mark.parametrize("kind", ["identify", "track", "page", "screen", "group", "alias"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_a_single_event_takes_its_type_from_the_path(kind: str, slash: str) -> None:
    bench = IngestBench()

    response = bench.post(
        {"userId": "u", "event": "E", "groupId": "g", "previousId": "p", "type": "nonsense"}, f"/v1/{kind}{slash}"
    )

    assert (response.body["accepted"], bench.queued_events()[0]["type"]) == (1, kind)


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v2/batch", "/v1/batch/x", "/V1/batch", "/v1/trackk", "/batch"])
def test_no_such_route_is_404(path: str) -> None:
    response = answer(http_event(BODY, path))

    assert (response.status, response.body["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/relay/events/v1/batch", "//relay//events/v1/batch/", "/v1/batch"])
def test_a_mapping_path_is_left_out_of_the_route(path: str) -> None:
    """Over a custom domain the path begins with it; over the API's own address it does not."""
    intake = msgspec.structs.replace(IngestBench().intake, mapping_path="/relay/events")

    assert intake.answer(http_event(BODY, path), 15.0).status == 200


@pytest.mark.parametrize(
    "path", ["/relay/v1/batch", "/relay/eventsv1/batch", "/v1/batch/relay/events", "/relay/events"]
)
def test_another_path_is_no_mapping_path(path: str) -> None:
    intake = msgspec.structs.replace(IngestBench().intake, mapping_path="/relay/events")

    assert intake.answer(http_event(BODY, path), 15.0).status == 404


def test_without_a_mapping_path_nothing_is_left_out() -> None:
    assert answer(http_event(BODY, "/relay/events/v1/batch")).status == 404


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/v1/batch", "POST"), ("PUT", "/v1/track", "POST"), ("POST", "/v1/health", "GET, HEAD")],
)
def test_another_method_is_405_and_is_told_which_one(method: str, path: str, allowed: str) -> None:
    response = answer(http_event(BODY, path, method=method))

    assert (response.status, response.headers["Allow"]) == (405, allowed)


def test_health_touches_no_secret() -> None:
    bench = IngestBench()

    response = bench.intake.answer(http_event(None, "/v1/health/", key=None, method="GET"), 15.0)

    assert (response.status, bench.secrets.fetches) == (200, 0)


@pytest.mark.parametrize(
    "body",
    [
        BODY.encode(),
        gzip.compress(BODY.encode()),
        gzip.compress(BODY[:20].encode()) + gzip.compress(BODY[20:].encode()),
        gzip.compress(BODY.encode()) + b"\0" * 512,
        gzip.compress(b"") * 3 + gzip.compress(BODY.encode()),
        b"\xef\xbb\xbf" + BODY.encode(),
        gzip.compress(b"\xef\xbb\xbf \r\n" + BODY.encode()),
    ],
    ids=["plain", "gzip", "two-members", "padded", "empty-members", "bom", "gzip-bom"],
)
def test_the_body_is_told_by_its_bytes(body: bytes) -> None:
    assert answer(http_event(body)).body["accepted"] == 1


def test_a_bom_in_a_text_body_is_no_content() -> None:
    assert answer(http_event("\ufeff" + BODY)).body["accepted"] == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (None, "not_json"),
        ("", "not_json"),
        ("   ", "not_json"),
        ("{", "not_json"),
        ("event=E&userId=u", "not_json"),
        (BODY + BODY, "not_json"),
        (BODY[:-1] + ",}", "not_json"),
        ("{'batch': []}", "not_json"),
        ('{"batch":[{"a":+NaN}]}', "not_json"),
        ('{"batch":[{"a":xNaN}]}', "not_json"),
        ('{"batch":["\x01"]}', "not_json"),
        ('{"batch":["\ud800\x01"]}', "not_json"),
        ('{"batch":["\\\ufffe"]}', "not_json"),
        (b'{"batch":["\xff"]}', "not_json"),
        (b'{"batch":["\xed\xa0\x80"]}', "not_json"),
        (b'{"batch":["\xc0\x80"]}', "not_json"),
        ("null", "wrong_shape"),
        (json.dumps(TRACK), "wrong_shape"),
        ('"batch"', "wrong_shape"),
        ("12", "wrong_shape"),
        ("{}", "wrong_shape"),
        ('{"batch":null}', "wrong_shape"),
        ('{"batch":{}}', "wrong_shape"),
        ('{"batch":"[]"}', "wrong_shape"),
        (gzip.compress(BODY.encode())[:-9], "body_unreadable"),
        (gzip.compress(BODY.encode()) + gzip.compress(b"x")[:5], "body_unreadable"),
        (b"\x1f\x8bnot gzip at all, whatever", "body_unreadable"),
        (gzip.compress(BODY.encode()).decode("utf-8", "replace"), "body_unreadable"),
        (gzip.compress(b" " * (6 * 1024 * 1024 + 1)), "body_too_large"),
        (gzip.compress(b" " * 4_000_000) * 2, "body_too_large"),
        (gzip.compress(b"0" * 200_000_000, 1), "body_too_large"),
        (BODY + " " * 6 * 1024 * 1024, "body_too_large"),
        (BODY.encode() + b" " * 6 * 1024 * 1024, "body_too_large"),
    ],
)
def test_what_cannot_be_read_is_400_and_says_why(body: str | bytes | None, code: str) -> None:
    bench = IngestBench()

    response = bench.intake.answer(http_event(body), 15.0)

    assert (response.status, response.body["code"], bench.sqs.calls) == (400, code, [])


@pytest.mark.parametrize(
    "body",
    [
        BODY + " " * 6 * 1024 * 1024,
        BODY + "é" * 4_000_000,
        BODY.encode() + b" " * 6 * 1024 * 1024,
        gzip.compress(b" " * (6 * 1024 * 1024 + 1)),
        b"\x1f\x8b" + bytes(6 * 1024 * 1024),
    ],
    ids=["characters", "bytes", "base64", "inflated", "packed"],
)
def test_a_body_that_is_too_large_is_told_how_large_it_may_be(body: str | bytes) -> None:
    answered = answer(http_event(body)).body

    assert (answered["code"], answered["message"]) == (
        "body_too_large",
        "the body is, unpacked, larger than 6291456 bytes",
    )


def test_a_body_that_is_no_text_is_400() -> None:
    """A test event made by hand may hold the JSON itself."""
    answered = answer(http_event(None) | {"body": {"batch": [TRACK]}})

    assert (answered.status, answered.body["code"]) == (400, "body_unreadable")
    assert answered.body["message"] == "the body is not text"


def test_a_body_of_exactly_6_mb_is_read() -> None:
    padding = 6 * 1024 * 1024 - len(BODY)

    assert answer(http_event(gzip.compress(BODY.encode() + b" " * padding))).body["accepted"] == 1


def test_base64_that_is_none_is_400() -> None:
    event = http_event(b"x") | {"body": "é"}

    assert answer(event).body["code"] == "body_unreadable"


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic !!!", "Bearer " + RELAY_KEY, "Basic Og==", "Basic //8=", RELAY_KEY]
)
def test_an_authorization_without_a_key_is_401_even_beside_a_key_in_the_body(header: str) -> None:
    event = http_event(json.dumps({"batch": [TRACK], "writeKey": RELAY_KEY}))
    event["headers"]["authorization"] = header

    assert answer(event).status == 401


def test_a_refused_request_is_one_line_without_anything_that_was_sent() -> None:
    bench = IngestBench()
    bench.post({"batch": [TRACK]}, key="wrong")

    assert bench.telemetry.lines == [("warning", "request refused", {"status": 401, "code": "unauthorized"})]


@pytest.mark.parametrize("key", ["wrong", RELAY_KEY[:-1], RELAY_KEY + "x", RELAY_KEY.upper(), "schlüssel"])
def test_an_unknown_key_is_401(key: str) -> None:
    answered = answer(http_event(BODY, key=key))

    assert (answered.status, answered.body["message"]) == (401, "unknown relay key")


@pytest.mark.parametrize(
    "body", [BODY, "{", "[]", "", None, b"\x1f\x8b", '{"writeKey":1,"batch":[]}', '{"writeKey":""}']
)
def test_no_key_at_all_is_401_whatever_the_body(body: str | bytes | None) -> None:
    answered = answer(http_event(body, key=None))

    assert answered.status == 401
    assert answered.body["message"] == "no relay key: send it as the Basic user name"


@pytest.mark.parametrize("encode", [str.encode, lambda text: gzip.compress(text.encode()), lambda text: text])
@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"batch": [TRACK], "writeKey": RELAY_KEY, "sentAt": "x"}),
        f'{{"write\\u004bey":"{RELAY_KEY}","batch":[{{"type":"page","userId":"u","p":NaN}}]}}',
        f'{{"writeKey":"old","batch":[{{"type":"page","userId":"\\ud800"}}],"writeKey":"{RELAY_KEY}"}}',
    ],
)
def test_without_the_header_the_key_is_the_body_s(encode: Any, body: str) -> None:
    bench = IngestBench()

    response = bench.intake.answer(http_event(encode(body), key=None), 15.0)

    assert (response.body["accepted"], RELAY_KEY in str(bench.sqs.queues)) == (1, False)


def test_a_key_in_the_body_of_a_single_event_is_taken_and_removed() -> None:
    bench = IngestBench()

    bench.intake.answer(http_event(json.dumps(TRACK | {"writeKey": RELAY_KEY}), "/v1/track", key=None), 15.0)

    assert bench.queued_events() == [TRACK]


def test_a_header_in_capitals_is_the_same_header() -> None:
    event = http_event(BODY)
    event["headers"] = {"Authorization": event["headers"]["authorization"].replace("Basic", "BASIC ")}

    assert answer(event).status == 200


@pytest.mark.parametrize("body", ['{"batch":[]}', '{"batch":[ ]}', '{"batch":[],"context":{"a":1}}'])
def test_an_empty_list_is_readable_and_sends_nothing(body: str) -> None:
    bench = IngestBench()

    response = bench.post(body)

    assert (response.status, response.body, bench.sqs.calls) == (
        200,
        {"success": True, "accepted": 0, "rejected": []},
        [],
    )


def test_a_request_with_no_valid_event_is_200_with_each_reason() -> None:
    response = IngestBench().post({"batch": [{"messageId": "a"}, 7, {"type": "track", "userId": "u"}]})

    assert (response.status, response.body["accepted"]) == (200, 0)
    assert [(r["index"], r["messageId"], r["code"]) for r in response.body["rejected"]] == [  # type: ignore[attr-defined]
        (0, "a", "type_unknown"),
        (1, None, "event_not_object"),
        (2, None, "event_name_missing"),
    ]
