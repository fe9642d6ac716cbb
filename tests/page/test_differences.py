"""Each difference between an event as it came and as it left is told by its path, with the rule that made it."""

import json
from typing import Any

import pytest

from dreamdata_relay.events.batches import Batch
from dreamdata_relay.events.normalization import Completion
from dreamdata_relay.events.reading import read_events
from local.page.differences import Change, differences

COMPLETE = {
    "type": "track", "event": "Paid", "messageId": "m-1", "userId": "u", "timestamp": "2026-01-01T00:00:00.000Z",
}  # fmt: skip


def completed(text: str, kind: str | None = None, context: bytes | None = None) -> str:
    """What the relay's core makes of an event."""
    completion = Completion(
        received_at="2026-02-02T02:02:02.222Z", message_id=lambda *_: "made", kind=kind, context=context
    )
    reading = read_events(Batch([text.encode()], None, len(text)), completion)
    return bytes(reading.events[0]).decode()


def changes_of(text: str, way: str = "http:default", **more: Any) -> list[Change]:
    left = completed(text, **more)
    return differences(text, left, left, way)


def test_what_needs_nothing_has_no_difference() -> None:
    assert changes_of(json.dumps(COMPLETE)) == []


@pytest.mark.parametrize(
    ("members", "path", "kind", "left", "words"),
    [
        ({"messageId": None}, "messageId", "changed", '"made"', "random"),
        ({"messageId": 17}, "messageId", "changed", '"17"', "string of its digits"),
        ({"userId": 1.10}, "userId", "changed", '"1.1"', "string of its digits"),
        ({"timestamp": "2026-01-01T02:00:00+02:00"}, "timestamp", "changed", '"2026-01-01T00:00:00Z"', "UTC"),
        ({"timestamp": None}, "timestamp", "changed", '"2026-02-02T02:02:02.222Z"', "was received"),
        ({"properties": []}, "properties", "changed", "{}", "empty object"),
        ({"writeKey": "k"}, "writeKey", "removed", None, "never forwarded"),
    ],
)
def test_a_member_that_a_rule_changes(members: dict[str, Any], path: str, kind: str, left: str, words: str) -> None:
    [change] = changes_of(json.dumps({**COMPLETE, **members}))

    assert (change.path, change.kind, change.left) == (path, kind, left)
    assert words in change.rule


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("http:default", "random"),
        ("http", "random"),
        ("queue", "place in it"),
        ("sns", "place in it"),
        ("eventbridge", "EventBridge"),
    ],
)
def test_an_id_that_was_made_says_of_what(way: str, words: str) -> None:
    bare = {"type": "track", "event": "Paid", "userId": "u"}

    changes = {change.path: change for change in changes_of(json.dumps(bare), way)}

    assert changes.keys() == {"messageId", "timestamp"}
    assert words in changes["messageId"].rule
    assert {change.kind for change in changes.values()} == {"added"}


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ({"timestamp": "2026-01-01T08:15:00.123Z"}, "made of its own text"),
        ({"originalTimestamp": "2026-01-01T08:15:00.123Z"}, "made of its own text"),
        ({"timestamp": "2026-01-01T08:15:00+01:00"}, "random"),
        ({"timestamp": "2026-01-01"}, "random"),
        ({"timestamp": None, "originalTimestamp": 17}, "random"),
    ],
)
def test_an_id_is_made_of_the_text_where_the_time_is_exact(times: dict[str, Any], words: str) -> None:
    """Two events of the same second may be two events: then a second one is not taken for the first sent again."""
    text = json.dumps({"type": "track", "event": "Paid", "userId": "u", **times})
    left = json.dumps({"messageId": "made", **json.loads(text)})

    rules = {change.path: change.rule for change in differences(text, left, left, "http:default")}

    assert words in rules["messageId"]


def test_an_original_timestamp_stands_in() -> None:
    event = {name: value for name, value in COMPLETE.items() if name != "timestamp"}

    [change] = changes_of(json.dumps({**event, "originalTimestamp": "2026-01-01T00:00:00Z"}))

    assert change.path == "timestamp"
    assert "originalTimestamp" in change.rule


def test_the_envelopes_context_is_told_member_by_member() -> None:
    event = {**COMPLETE, "context": {"ip": "1.1.1.1"}}

    [change] = changes_of(json.dumps(event), context=b'{"ip":"2.2.2.2","library":{"name":"go"}}')

    assert (change.path, change.kind, change.left) == ("context.library", "added", '{"name": "go"}')
    assert "envelope" in change.rule


def test_traits_come_from_the_context() -> None:
    event = {**COMPLETE, "type": "identify", "context": {"traits": {"plan": "pro"}}}

    [change] = changes_of(json.dumps(event))

    assert (change.path, change.left) == ("traits", '{"plan": "pro"}')
    assert "context" in change.rule


def test_nan_becomes_null_wherever_it_stands() -> None:
    text = json.dumps({**COMPLETE, "properties": {"list": [1, {"a b": float("nan")}]}})
    left = text.replace("NaN", "null")

    [change] = differences(text, left, left, "http:default")

    assert (change.path, change.came, change.left) == ('properties.list[1]["a b"]', "NaN", "null")
    assert "null" in change.rule


def test_the_type_of_the_path() -> None:
    event = {name: value for name, value in COMPLETE.items() if name != "type"}

    [change] = changes_of(json.dumps(event), kind="track")

    assert (change.path, change.kind) == ("type", "added")


def test_a_difference_that_the_core_does_not_make_has_no_rule() -> None:
    """Nothing is explained away: had another than the relay changed the event, it would be told so."""
    text = json.dumps(COMPLETE)

    [change] = differences(text, text.replace("Paid", "Bought"), text, "http:default")

    assert change.path == "event"
    assert "No rule" in change.rule


def test_numbers_keep_their_digits() -> None:
    text = json.dumps(COMPLETE)[:-1] + ', "properties": {"n": 1.10}}'

    [change] = differences(text, text.replace("1.10", "1.1"), text, "http:default")

    assert (change.came, change.left) == ("1.10", "1.1")


def test_what_cannot_be_parsed_is_not_compared() -> None:
    deep = '{"a":' * 100_000 + "1" + "}" * 100_000
    assert differences("no JSON", "{}", "{}", "queue") == []
    assert differences(deep, "{}", "{}", "queue") == []
