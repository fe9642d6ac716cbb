"""What the front makes of requests and of answers, held against events as AWS makes them."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from local.front import http_api
from local.front.http_api import Nonsense, answer_of, decoded_path
from tests.fakes.http_api import http_api_event

GOLDEN = Path(__file__).resolve().parents[2] / "events" / "golden"
# Of this, AWS's documents leave open what becomes.
UNDOCUMENTED = {"http-api-gzip-json-as-text.json"}
FILES = sorted(path.name for path in GOLDEN.glob("http-api-*.json") if path.name not in UNDOCUMENTED)
# Where the request came from, and what is made up anew for each.
OF_THE_REQUEST = ("x-amzn-trace-id", "x-forwarded-for")
JSON = {"content-type": "application/json"}


def answered(returned: Any) -> http_api.Answer:
    return answer_of(json.dumps(returned).encode(), "id-1")


@pytest.mark.parametrize("name", FILES)
def test_an_event_is_as_aws_makes_it(name: str) -> None:
    golden = json.loads((GOLDEN / name).read_bytes())
    body = base64.b64decode(golden["body"]) if golden["isBase64Encoded"] else golden["body"].encode()
    sent = {key: value for key, value in golden["headers"].items() if not key.startswith("x-")}

    made = http_api_event("POST", "/v1/batch", sent, body)

    context, of_aws = made["requestContext"], golden["requestContext"]
    of_aws["http"]["sourceIp"] = "127.0.0.1"
    of_aws["timeEpoch"], of_aws["time"] = context["timeEpoch"], context["time"]
    for event in (made, golden):
        for header in OF_THE_REQUEST:
            assert event["headers"].pop(header)
    assert made == golden


def test_the_time_is_written_as_aws_writes_it() -> None:
    context = http_api_event("GET", "/", {})["requestContext"]

    assert (context["time"], context["timeEpoch"]) == ("02/Mar/2026:08:20:00 +0000", 1772439600000)


@pytest.mark.parametrize(
    ("path", "decoded"),
    [
        ("/v1/batch", "/v1/batch"),
        ("//v1/batch/", "//v1/batch/"),
        ("/v1/b%61tch", "/v1/batch"),
        ("/a%2Fb", "/a/b"),
        ("/a%252Fb", "/a%252Fb"),
        ("/s%C3%B8n", "/søn"),
        ("/a%3Fb=1", "/a"),
        ("/100%", "/100%"),
        ("/%zz%ff", "/%zz\ufffd"),
        ("/+", "/+"),
    ],
)
def test_a_path_is_decoded_once_and_a_percent_sign_never(path: str, decoded: str) -> None:
    event = http_api_event("GET", path, {})

    assert decoded_path(path) == decoded
    assert (event["rawPath"], event["requestContext"]["http"]["path"]) == (decoded, decoded)


def test_a_query_stays_as_it_was_and_is_read_too() -> None:
    event = http_api_event("GET", "/v1/health?a=1&a=b%20c&d=%2B+x&e", {})

    assert event["rawQueryString"] == "a=1&a=b%20c&d=%2B+x&e"
    assert event["queryStringParameters"] == {"a": "1,b c", "d": "+ x", "e": ""}


def test_a_request_without_query_cookies_and_body_has_no_such_members() -> None:
    assert not {"queryStringParameters", "cookies", "body"} & http_api_event("GET", "/v1/health", {}).keys()


def test_cookies_are_a_list_and_no_header() -> None:
    event = http_api_event("GET", "/", {"cookie": "a=1; b=2"})

    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=utf-8", "text/plain", "application/xml"]
)
def test_a_body_of_a_texts_type_is_text(kind: str) -> None:
    event = http_api_event("POST", "/", {"Content-Type": kind}, '{"a":"ø"}'.encode())

    assert (event["body"], event["isBase64Encoded"]) == ('{"a":"ø"}', False)


@pytest.mark.parametrize("kind", ["", "application/x-www-form-urlencoded", "application/octet-stream", "image/png"])
def test_a_body_of_another_type_is_base64(kind: str) -> None:
    event = http_api_event("POST", "/", {"content-type": kind}, b"{}")

    assert (event["body"], event["isBase64Encoded"]) == ("e30=", True)


def test_gzip_stays_whole_whatever_it_says_it_is() -> None:
    event = http_api_event("POST", "/", JSON, b"\x1f\x8b\x08\xff")

    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\x1f\x8b\x08\xff", True)


def test_headers_of_the_connection_are_not_handed_on() -> None:
    headers = {"Connection": "keep-alive", "Transfer-Encoding": "chunked", "Expect": "100-continue", "X-Own": "1"}
    made = http_api_event("POST", "/", headers, b"1")["headers"]

    assert not {"connection", "transfer-encoding", "expect"} & made.keys()
    assert (made["x-own"], made["content-length"]) == ("1", "1")


def test_the_functions_answer_is_the_answer() -> None:
    found = answered({"statusCode": 503, "headers": {"Content-Type": "text/x", "Retry-After": 1}, "body": "søn"})

    assert (found.status, found.body) == (503, "søn".encode())
    assert found.headers == (("content-type", "text/x"), ("retry-after", "1"), ("apigw-requestid", "id-1"))


def test_each_cookie_is_a_header() -> None:
    found = answered({"statusCode": "200", "cookies": ["a=1", "b=2"]})

    assert [value for name, value in found.headers if name == "set-cookie"] == ["a=1", "b=2"]
    assert (found.status, found.body) == (200, b"")


def test_an_answer_in_base64_is_decoded() -> None:
    assert answered({"statusCode": 200, "body": "H4sIAA==", "isBase64Encoded": True}).body == b"\x1f\x8b\x08\x00"


@pytest.mark.parametrize("returned", [{"success": True}, [1], "text", None])
def test_an_answer_without_a_status_is_the_body(returned: Any) -> None:
    found = answered(returned)

    assert (found.status, json.loads(found.body)) == (200, returned)
    assert dict(found.headers)["content-type"] == "application/json"


@pytest.mark.parametrize(
    "returned",
    [
        {"statusCode": "good"},
        {"statusCode": 42},
        {"statusCode": True},
        {"statusCode": None},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "body": "?", "isBase64Encoded": True},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "headers": {"a": [1]}},
        {"statusCode": 200, "headers": {"a\r\nb": "1"}},
        {"statusCode": 200, "headers": {"a": "1\r\nb: 2"}},
        {"statusCode": 200, "cookies": "a=1"},
        {"statusCode": 200, "cookies": ["a=1\r\nb: 2"]},
    ],
    ids=str,
)
def test_an_answer_that_makes_no_sense_is_told_apart(returned: Any) -> None:
    with pytest.raises(Nonsense):
        answered(returned)


@pytest.mark.parametrize("payload", [b"", b"{", b"\xff"])
def test_an_answer_that_is_not_json_is_told_apart(payload: bytes) -> None:
    with pytest.raises(Nonsense):
        answer_of(payload, "id-1")
