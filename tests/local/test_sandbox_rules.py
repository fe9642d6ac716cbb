"""The sandbox takes what the vendor's guide shows, and refuses every breach of it."""

import json
from typing import Any

import pytest

from local.sandbox.rules import MAX_PAYLOAD_BYTES, RefusedError, judge

EVENT: dict[str, Any] = {
    "type": "track",
    "messageId": "m-1",
    "userId": "u-1",
    "event": "Song Played",
    "timestamp": "2012-12-02T00:30:12.984Z",
}
ENVELOPE: dict[str, Any] = {"messageId": "p-1", "sentAt": "2015-12-02T00:30:08.276Z"}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in EVENT.items() if key != name}


def body_of(*events: Any, **envelope: Any) -> bytes:
    return json.dumps({**ENVELOPE, **envelope, "batch": list(events)}).encode()


ACCEPTED = [
    EVENT,
    without("userId") | {"anonymousId": "a-1"},
    EVENT | {"anonymousId": None, "properties": None, "context": {}, "traits": {}, "integrations": {"All": True}},
    EVENT | {"timestamp": "2012-12-02T00:30:12Z"},
    EVENT | {"timestamp": "2012-12-02T00:30:12.123456789Z"},
    EVENT | {"type": "identify"},
    EVENT | {"type": "page", "name": ""},
    EVENT | {"type": "screen"},
    EVENT | {"type": "alias", "previousId": "a-1"},
    EVENT | {"type": "group", "groupId": "g-1"},
    without("userId") | {"type": "group", "groupId": "g-1"},
    EVENT | {"odd": "\ud800 \u0000", "__proto__": {}},
]
REFUSED = [
    (without("type"), "type"),
    (EVENT | {"type": "Track"}, "type"),
    (EVENT | {"type": 1}, "type"),
    (without("messageId"), "messageId"),
    (EVENT | {"messageId": ""}, "messageId"),
    (EVENT | {"messageId": 5}, "messageId"),
    (without("userId"), "identity"),
    (EVENT | {"userId": ""}, "identity"),
    (EVENT | {"userId": 12}, "userId"),
    (EVENT | {"anonymousId": 12}, "anonymousId"),
    (without("userId") | {"anonymousId": "a", "type": "alias", "previousId": "p"}, "identity"),
    (EVENT | {"type": "alias"}, "identity"),
    (EVENT | {"type": "group"}, "groupId"),
    (without("event"), "event"),
    (EVENT | {"event": ""}, "event"),
    (without("timestamp"), "timestamp"),
    (EVENT | {"timestamp": "2012-12-02T00:30:12.984+01:00"}, "timestamp"),
    (EVENT | {"timestamp": "2012-12-02T00:30:12.984"}, "timestamp"),
    (EVENT | {"timestamp": "2012-02-30T00:30:12Z"}, "timestamp"),
    (EVENT | {"timestamp": "２012-02-20T00:30:12Z"}, "timestamp"),
    (EVENT | {"timestamp": 1354408212}, "timestamp"),
    (EVENT | {"properties": []}, "properties"),
    (EVENT | {"traits": "x"}, "traits"),
    (EVENT | {"context": 1}, "context"),
    (EVENT | {"integrations": True}, "integrations"),
    (EVENT | {"writeKey": "k"}, "writeKey"),
    ("event", "an object"),
]


@pytest.mark.parametrize("event", ACCEPTED)
def test_a_good_event_is_taken_with_its_text(event: dict[str, Any]) -> None:
    payload = judge(body_of(event))

    assert [event.text for event in payload.events] == [json.dumps(event)]


@pytest.mark.parametrize(("event", "about"), REFUSED)
def test_one_bad_event_has_the_payload_refused(event: Any, about: str) -> None:
    with pytest.raises(RefusedError, match=about) as refused:
        judge(body_of(EVENT | {"messageId": "m-0"}, event))

    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("body", "about"),
    [
        (b"", "an object"),
        (b"[]", "an object"),
        (b"{}", "an array"),
        (body_of(), "empty"),
        (body_of(EVENT, EVENT), "twice"),
        (body_of(EVENT, messageId=""), "messageId"),
        (body_of(EVENT, messageId=None), "messageId"),
        (body_of(EVENT, sentAt="2015-12-02T00:30:08.276+00:00"), "sentAt"),
        (body_of(EVENT, writeKey="k"), "writeKey"),
        (body_of(EVENT) + b"x", "the end"),
        (body_of(EVENT).replace(b"m-1", b"\xed\xa0\x80"), "UTF-8"),
        (body_of(EVENT | {"x": float("nan")}), "a value"),
    ],
)
def test_a_broken_envelope_is_refused(body: bytes, about: str) -> None:
    with pytest.raises(RefusedError, match=about):
        judge(body)


def test_the_limit_is_exact() -> None:
    """A payload of 500,000 bytes is taken, one byte more is answered 413."""
    room = MAX_PAYLOAD_BYTES - len(body_of(EVENT | {"x": ""}))
    assert judge(body_of(EVENT | {"x": "x" * room})).message_id == "p-1"

    with pytest.raises(RefusedError) as refused:
        judge(body_of(EVENT | {"x": "x" * (room + 1)}))
    assert refused.value.status == 413
