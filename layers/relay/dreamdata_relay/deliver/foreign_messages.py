"""Recognizes messages that hold no tracking event, and says how to set their sender up: the dead letter's reason.

Only the names of members and the few values that AWS itself writes are compared; no text here holds a part of a
message. The shapes are those of ``events/golden``.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import NamedTuple

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events import json_editing

# How much of a base64 text is decoded: enough to see how it begins.
_LOOKED_AT_CHARACTERS = 64
_SHORTEST_BASE64 = 16
_SPACE = b" \t\r\n"
_GZIP = b"\x1f\x8b"


class _Kind(NamedTuple):
    """A known shape: the members that it has, with a text they contain if that identifies it, and the explanation."""

    members: Mapping[str, bytes | None]
    text: str


_S3_TEST = "S3's test event, sent once when a bucket notification is set up, and may be removed; {}"
_S3_ADVICE = "let a function read the object and send its events"
_CONFIRMATION = (
    "an SNS {} confirmation, not a notification; confirm the subscription itself, no event is in this message"
)
_RECORD = "a record of {} as an EventBridge Pipe without an input template sends it; give the Pipe an InputTemplate {}"
_MAKE_ONE = "that makes a tracking event of it"

# The first match wins.
_OBJECTS = (
    _Kind({"Type": b'"SubscriptionConfirmation"'}, _CONFIRMATION.format("subscription")),
    _Kind({"Type": b'"UnsubscribeConfirmation"'}, _CONFIRMATION.format("unsubscribe")),
    _Kind({"Event": b'"s3:TestEvent"'}, _S3_TEST.format(_S3_ADVICE)),
    _Kind(
        {"detail-type": b'"Scheduled Event"', "source": b'"aws.scheduler"'},
        "the default notification of an EventBridge Scheduler schedule without an input; "
        "give the schedule's target a tracking event as its Input",
    ),
    _Kind(
        {"detail-type": b'"Scheduled Event"', "source": b'"aws.events"'},
        "the event of a scheduled EventBridge rule; give the rule's target a tracking event as its Input",
    ),
    _Kind(
        {"detail-type": None, "source": None, "detail": None},
        "an EventBridge event whose detail is no tracking event; "
        "narrow the rule's pattern, or give its target an InputTransformer " + _MAKE_ONE,
    ),
    _Kind(
        {"AlarmName": None, "NewStateValue": None},
        "a CloudWatch alarm's notification; take the relay's queue off the topic of the alarm",
    ),
    _Kind(
        {"notificationType": None, "mail": None},
        "an SES notification about an email; let a function make a tracking event of it",
    ),
    _Kind(
        {"eventType": None, "mail": None},
        "an SES event about an email; let a function make a tracking event of it",
    ),
    _Kind(
        {"Event Source": None, "Event ID": None, "Event Message": None},
        "a DMS or RDS event notification; take the relay's queue off the topic of the event subscription",
    ),
    _Kind(
        {"data": None, "metadata": b'"record-type"'},
        "a row changed as DMS writes it; let a Pipe with an InputTemplate or a function make a tracking event of it",
    ),
    _Kind(
        {"requestContext": None, "requestPayload": None},
        "the record of a Lambda destination; let the function send tracking events itself",
    ),
    _Kind(
        {"specversion": None, "source": None},
        "a CloudEvents envelope; send the tracking event that is its data",
    ),
)
# By the ``eventSource`` that AWS writes into a record.
_RECORDS = {
    b'"aws:s3"': "an S3 event notification; " + _S3_ADVICE,
    b'"aws:ses"': "a record of an email that SES received; let a function make a tracking event of it",
    b'"aws:sqs"': _RECORD.format("SQS", "of <$.body>"),
    b'"aws:dynamodb"': _RECORD.format("a DynamoDB stream", _MAKE_ONE),
    b'"aws:kinesis"': _RECORD.format("a Kinesis stream", "of <$.data>"),
    b'"aws:kafka"': _RECORD.format("a Kafka topic", "of <$.value>"),
    b'"aws:mq"': _RECORD.format("an Amazon MQ broker", "of <$.data>"),
    b'"aws:rmq"': _RECORD.format("an Amazon MQ broker", "of <$.data>"),
    b'"aws:sns"': "the event that SNS gives to a Lambda function; subscribe the relay's queue to the topic instead",
}
_POINTERS = (b"software.amazon.payloadoffloading.", b"com.amazon.sqs.javamessaging.")
_POINTER_TEXT = (
    "a pointer of SQS's extended client to a payload in S3; let the sender send events without that client, "
    "in messages of at most 1 MiB"
)
_BASE64_TEXT = "base64, not JSON; where an IoT rule sends it, set useBase64 to false, and encode nothing before sending"
_RECORD_NAMES = ("eventSource", "EventSource")
# The members that looks_like compares.
NAMES = ("Records", *_RECORD_NAMES, *dict.fromkeys(name for kind in _OBJECTS for name in kind.members))


def looks_like(body: bytes, members: Mapping[str, bytes] | None = None) -> str | None:
    """Describe what ``body``, which holds no tracking event, looks like and what to set up; None if nothing matches.

    ``members``: the raw values of the object's members by name, if the caller has them (only those in ``NAMES``
    matter); otherwise they are read from ``body``. ``body`` is the innermost text that could be opened.
    """
    body = body.strip(_SPACE)
    if body[:1] not in (b"{", b"["):
        return _said(_BASE64_TEXT) if _is_base64(body) else None
    if members is None:
        try:
            json_editing.check(body)
        except NotJson:
            return None
        members = json_editing.values_of(body, NAMES) if body[:1] == b"{" else {}
    found = _array(body) if body[:1] == b"[" else _object(members)
    return _said(found) if found else None


def _said(text: str) -> str:
    return f"the message is {text}"


def _object(members: Mapping[str, bytes]) -> str | None:
    for kind in _OBJECTS:
        if all(_fits(bytes(members.get(name, b"")), text) for name, text in kind.members.items()):
            return kind.text
    records = bytes(members.get("Records", b""))
    return _array(records) if records[:1] == b"[" else _record(members)


def _fits(value: bytes, text: bytes | None) -> bool:
    return text in value if text else bool(value)


def _array(text: bytes) -> str | None:
    """Judge an array by its first element, because AWS's lists hold one kind only."""
    first = next(json_editing.elements(text), b"")
    if first[:1] == b'"':
        return _POINTER_TEXT if first[1:].startswith(_POINTERS) else None
    return _record(json_editing.values_of(first, _RECORD_NAMES)) if first[:1] == b"{" else None


def _record(members: Mapping[str, bytes]) -> str | None:
    return next((text for name in _RECORD_NAMES if (text := _RECORDS.get(bytes(members.get(name, b""))))), None)


def _is_base64(text: bytes) -> bool:
    """Whether ``text`` is base64 of JSON or of gzip."""
    if len(text) < _SHORTEST_BASE64 or len(text) % 4:
        return False
    try:
        decoded = base64.b64decode(text[:_LOOKED_AT_CHARACTERS], validate=True)
    except binascii.Error:
        return False
    return decoded.startswith(_GZIP) or decoded.lstrip(_SPACE)[:1] in (b"{", b"[")
