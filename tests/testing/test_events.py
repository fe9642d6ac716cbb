"""What a test asks of a sandbox: it waits for what is on its way, and says what came instead."""

import json
import threading
from collections.abc import Callable
from typing import Any
from unittest.mock import ANY

import pytest

from dreamdata_relay.testing.events import Events
from dreamdata_relay.testing.matching import matches
from dreamdata_relay.testing.sandbox import Sandbox
from tests.fakes.relay import http_event


class WaitedFor(Sandbox):
    """Sends ``late`` from another thread once somebody waits."""

    late: Callable[[], object] | None = None

    def wait_until(self, reached: Callable[[], bool], seconds: float) -> bool:
        """As its own, with the sender beside it."""
        late, self.late = self.late, None
        sender = threading.Thread(target=late or (lambda: None))
        sender.start()
        try:
            return super().wait_until(reached, seconds)
        finally:
            sender.join()


def put(sandbox: Sandbox, *events: dict[str, Any]) -> None:
    """Send ``events`` in a batch."""
    assert sandbox.answer(http_event(json.dumps({"batch": events}))).status == 200


@pytest.fixture
def sandbox() -> WaitedFor:
    return WaitedFor()


@pytest.fixture
def soon(sandbox: WaitedFor) -> Events:
    """Waits for nothing: for what is not to come."""
    return Events(sandbox, 0, "http://127.0.0.1:1")


def test_a_track_that_came_is_returned(sandbox: WaitedFor, order: dict[str, Any]) -> None:
    put(sandbox, order)

    found = Events(sandbox).assert_tracked("Order Completed", revenue=99.5)

    assert (found["messageId"], found["userId"]) == ("m-1", "u-1")


def test_what_is_on_its_way_is_waited_for(sandbox: WaitedFor, order: dict[str, Any]) -> None:
    sandbox.late = lambda: put(sandbox, order)

    Events(sandbox, 60).assert_tracked("Order Completed", {"userId": "u-1"}, currency="EUR")


def test_an_event_can_be_asked_for_by_any_member(sandbox: WaitedFor, soon: Events) -> None:
    put(
        sandbox,
        {"type": "identify", "userId": "u", "traits": {"email": "jo@example.com", "plan": "a"}},
        {"type": "group", "userId": "u", "groupId": "g", "traits": {"domain": "example.com"}},
        {"type": "page", "userId": "u", "name": "Home", "properties": {"url": "https://example.com/"}},
        {"type": "track", "userId": "u", "event": "E", "context": {"ip": "203.0.113.7"}, "properties": {"where": 1}},
    )

    soon.assert_identified("u", {"traits": {"plan": "a"}}, email="jo@example.com")
    soon.assert_grouped("g", domain="example.com")
    soon.assert_paged("Home", url=ANY)
    soon.assert_paged()
    soon.assert_tracked("E", {"context": {"ip": "203.0.113.7"}}, where=1)
    soon.assert_came({"type": "page"}, count=1)
    assert len(soon.wait_for(4)) == 4


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": pytest.approx(9.9)}, {"a": 9.900000001}),
        ({"a": {"b": 1}}, {"a": {"b": 1.0, "c": 2}}),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1, "c": 2}]}),
        ({"a": None}, {"a": None}),
        ({"a": ANY}, {"a": True}),
    ],
)
def test_an_event_may_have_more_than_is_expected(expected: dict[str, Any], actual: dict[str, Any]) -> None:
    assert matches(expected, actual)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": 1}, {"a": True}),
        ({"a": False}, {"a": 0}),
        ({"a": "1"}, {"a": 1}),
        ({"a": [1]}, {"a": [1, 2]}),
        ({"a": None}, {}),
        ({"a": {}}, {"a": []}),
    ],
)
def test_another_value_is_another_event(expected: dict[str, Any], actual: dict[str, Any]) -> None:
    assert not matches(expected, actual)


def test_the_message_says_what_differs_in_the_event_that_is_nearest(
    sandbox: WaitedFor, soon: Events, order: dict[str, Any]
) -> None:
    put(sandbox, {"type": "identify", "userId": "u-9"}, order | {"event": "Cart Viewed", "messageId": "m-2"}, order)

    with pytest.raises(AssertionError) as failed:
        soon.assert_tracked("Order Completed", revenue=100, coupon="X")

    assert str(failed.value).splitlines() == [
        'did not come within 0 s: track event="Order Completed" properties={"revenue": 100, "coupon": "X"}',
        "3 events came:",
        '  track event="Order Completed" userId="u-1"',
        "    properties.revenue is 99.5, expected 100",
        '    properties.coupon is missing, expected "X"',
        '  track event="Cart Viewed" userId="u-1"',
        '  identify userId="u-9"',
    ]


def test_the_message_says_what_the_relay_would_refuse(sandbox: WaitedFor, soon: Events, order: dict[str, Any]) -> None:
    put(sandbox, order | {"timestamp": "yesterday"})

    with pytest.raises(AssertionError) as failed:
        soon.assert_tracked("Order Completed")

    assert str(failed.value).splitlines() == [
        'did not come within 0 s: track event="Order Completed"',
        "the relay would refuse:",
        '  track event="Order Completed" userId="u-1": timestamp_invalid: timestamp is not ISO 8601',
    ]


def test_the_message_says_where_nothing_came(soon: Events) -> None:
    with pytest.raises(AssertionError, match=r"no request came at http://127\.0\.0\.1:1: does the SDK send there"):
        soon.assert_identified("u")


def test_a_message_is_of_bounded_length(sandbox: WaitedFor, soon: Events) -> None:
    put(sandbox, *({"type": "track", "userId": "x" * 9_000, "event": f"E{number}"} for number in range(300)))

    with pytest.raises(AssertionError) as failed:
        soon.assert_tracked("Order Completed", text="y" * 9_000)

    assert "300 events came" in str(failed.value)
    assert "and 280 more" in str(failed.value)
    assert len(str(failed.value)) < 10_000


def test_what_came_more_often_than_it_should_is_said(sandbox: WaitedFor, soon: Events, order: dict[str, Any]) -> None:
    put(sandbox, order, order | {"messageId": "m-2"})

    with pytest.raises(AssertionError, match='2 instead of 1 came: track event="Order Completed"'):
        soon.assert_came({"type": "track", "event": "Order Completed"}, count=1)
    with pytest.raises(AssertionError, match="did not come 3 times"):
        soon.assert_came({"type": "track"}, count=3)
    with pytest.raises(AssertionError, match="3 events did not come"):
        soon.wait_for(3)


def test_nothing_is_asserted_of_what_must_not_come(sandbox: WaitedFor, order: dict[str, Any]) -> None:
    events = Events(sandbox)
    events.within(0).assert_none()
    put(sandbox, order)

    events.assert_none("Order Cancelled")
    events.within(0).assert_none("Order Completed", revenue=1)
    with pytest.raises(AssertionError, match="an event came that must not"):
        events.assert_none("Order Completed", {"userId": "u-1"}, revenue=99.5)
    with pytest.raises(AssertionError, match="an event came that must not"):
        events.assert_none()


def test_what_must_not_come_and_does_is_noticed_while_it_is_waited(sandbox: WaitedFor, order: dict[str, Any]) -> None:
    sandbox.late = lambda: put(sandbox, order)

    with pytest.raises(AssertionError, match="an event came that must not"):
        Events(sandbox, 60).assert_none("Order Completed")


def test_a_violation_that_is_meant_is_taken_back_once(sandbox: WaitedFor, order: dict[str, Any]) -> None:
    """An equal one is another one."""
    bad = order | {"timestamp": "yesterday"}
    events = Events(sandbox, 60)
    put(sandbox, bad)
    sandbox.late = lambda: put(sandbox, bad)

    assert events.assert_violation("timestamp_invalid").event == bad
    with pytest.raises(AssertionError, match="no violation identity_missing came"):
        events.within(0).assert_violation("identity_missing")

    with pytest.raises(AssertionError, match="the relay would refuse"):
        events.assert_no_violation()
    events.assert_violation("timestamp_invalid")
    events.assert_no_violation()
