"""What a message that holds no tracking event looks like: by its shape, in words that hold nothing of it."""

import base64
import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamdata_relay.deliver import foreign_messages
from dreamdata_relay.deliver.foreign_messages import looks_like
from dreamdata_relay.events import json_editing

SECRET = "canary-7f3a"
SHAPES: list[tuple[Any, str]] = [
    ({"Type": "SubscriptionConfirmation", "Token": SECRET}, "SNS subscription confirmation"),
    ({"Type": "UnsubscribeConfirmation", "Token": SECRET}, "SNS unsubscribe confirmation"),
    ({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": SECRET}, "S3's test event"),
    ({"Records": [{"eventSource": "aws:s3", "s3": {"object": {"key": SECRET}}}]}, "an S3 event notification"),
    ({"Records": [{"eventSource": "aws:ses", "ses": {"mail": SECRET}}]}, "an email that SES received"),
    ({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": SECRET}}]}, "SNS gives to a Lambda function"),
    ({"eventSource": "aws:sqs", "body": SECRET}, "a record of SQS"),
    ([{"eventSource": "aws:kinesis", "data": SECRET}, {}], "a record of a Kinesis stream"),
    ({"eventSource": "aws:dynamodb", "dynamodb": {}}, "a record of a DynamoDB stream"),
    ({"eventSource": "aws:kafka", "value": SECRET}, "a record of a Kafka topic"),
    ({"eventSource": "aws:rmq", "data": SECRET}, "a record of an Amazon MQ broker"),
    ({"detail-type": "Scheduled Event", "source": "aws.scheduler", "detail": "{}"}, "EventBridge Scheduler"),
    ({"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}}, "scheduled EventBridge rule"),
    ({"detail-type": "Paid", "source": SECRET, "detail": {}}, "whose detail is no tracking event"),
    ({"AlarmName": SECRET, "NewStateValue": "ALARM"}, "a CloudWatch alarm"),
    ({"notificationType": "Received", "mail": {}, "content": SECRET}, "an SES notification"),
    ({"eventType": "Open", "mail": {}, "open": SECRET}, "an SES event"),
    ({"Event Source": "db", "Event ID": SECRET, "Event Message": SECRET}, "a DMS or RDS event notification"),
    ({"data": {"id": SECRET}, "metadata": {"record-type": "data", "operation": "insert"}}, "a row changed"),
    ({"version": "1.0", "requestContext": {}, "requestPayload": SECRET}, "a Lambda destination"),
    ({"specversion": "1.0", "source": SECRET, "id": "1", "type": "com.example"}, "a CloudEvents envelope"),
    (["software.amazon.payloadoffloading.PayloadS3Pointer", {"s3Key": SECRET}], "SQS's extended client"),
    (["com.amazon.sqs.javamessaging.MessageS3Pointer", {"s3Key": SECRET}], "SQS's extended client"),
]


@pytest.mark.parametrize(("shape", "words"), SHAPES)
@pytest.mark.parametrize("indent", [None, 2])
def test_a_shape_is_named_without_anything_of_its_content(shape: Any, words: str, indent: int | None) -> None:
    said = looks_like(json.dumps(shape, indent=indent).encode())

    assert said is not None
    assert words in said
    assert SECRET not in said


@pytest.mark.parametrize(("shape", "words"), [shape for shape in SHAPES if isinstance(shape[0], dict)])
def test_members_that_the_caller_has_are_not_read_again(shape: dict[str, Any], words: str) -> None:
    members = json_editing.values_of(json.dumps(shape).encode(), foreign_messages.NAMES)

    assert looks_like(b"{not read", members) == looks_like(json.dumps(shape).encode())


@pytest.mark.parametrize(
    "packed", [b'{"temperature": 20}', b'[{"temperature": 20}]', gzip.compress(b"{}" * 40, mtime=0)]
)
def test_base64_of_what_may_be_events_is_named(packed: bytes) -> None:
    assert "useBase64" in (looks_like(base64.b64encode(packed)) or "")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"hello", b"12345678", b"null", b"[]", b"{}", b"[1,2]", b'["a"]', b"[[]]", b'{"type":"bogus"}',
        b'{"Records":[]}', b'{"Records":7}', b'{"Records":[7]}', b'{"Records":[{"eventSource":"mine"}]}', b"{broken",
        b'{"data":1,"metadata":{"mine":true}}', b"abcdefghijklmnop", b"QUJDREVGR0hJSktMTU5PUA==",
        b"[" * 100_000, b'{"Records":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    ],
)  # fmt: skip
def test_what_is_like_nothing_known_is_not_named(body: bytes) -> None:
    assert looks_like(body) is None


_leaves = st.none() | st.integers() | st.text() | st.sampled_from(["aws:s3", "s3:TestEvent", "Scheduled Event"])
_names = st.sampled_from(foreign_messages.NAMES) | st.text()
_json = st.recursive(_leaves, lambda inner: st.lists(inner) | st.dictionaries(_names, inner), max_leaves=20)


@given(st.binary() | _json.map(json.dumps).map(str.encode))
def test_whatever_comes_nothing_is_raised_and_the_text_is_one_of_few(body: bytes) -> None:
    said = looks_like(body)

    assert said is None or said in KNOWN


KNOWN = {looks_like(json.dumps(shape).encode()) for shape, _ in SHAPES} | {looks_like(base64.b64encode(b"{}" * 20))}


def test_every_text_fits_a_dead_letters_detail() -> None:
    assert all(said and len(said.encode()) < 1_000 for said in KNOWN)
