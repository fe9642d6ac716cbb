"""The observer asks for what is new only, survives whatever the stack does, and says in a line what is wrong."""

import json
import threading

import pytest
from botocore.exceptions import EndpointConnectionError

from local.page import looks
from local.page import observer as observing
from local.page.observer import Observer
from local.page.reading import contents_of
from local.waiting import wait_until
from tests.page.fake_stack import FakeStack, Now, queued
from tests.patience import LONGEST_S


def states(observer: Observer) -> dict[str, str]:
    return {row.message_id: row.state for row in observer.changes(-1, 0)[2]}


def test_what_is_on_the_queue_and_at_both_ends_is_seen(stack: FakeStack, observer: Observer) -> None:
    stack.messages["queue"] = [queued("m-1")]
    stack.messages["dead"] = [queued("m-2")]
    stack.deliver("m-3")

    assert observer.look() == ""
    assert states(observer) == {"m-1": "queued", "m-2": "dead", "m-3": "delivered"}
    overview = observer.overview()
    assert (overview.stack, overview.queue) == ("ok", {"visible": 1, "inFlight": 0, "dead": 1})
    assert [point.events for point in overview.fill] == [1]


def test_an_event_is_followed_through_its_hold_to_its_delivery(stack: FakeStack, observer: Observer, now: Now) -> None:
    stack.messages["queue"] = [queued("m", receives=1, visible_at=int(now.seconds) + 420)]
    observer.look()
    assert states(observer) == {"m": "queued"}

    now.seconds += 1
    stack.messages["queue"] = [queued("m", receives=1, visible_at=int(now.seconds) + 20)]
    held = {"level": "WARNING", "message": "messages held", "reasons": ["unavailable"]}
    stack.log.write_text(json.dumps({**held, "timestamp": "1970-01-12T13:46:40.900Z"}) + "\n")
    observer.look()
    [row] = observer.changes(-1, 0)[2]
    assert (row.state, row.reason, row.way) == ("held", "unavailable", "http:shop")

    stack.messages["queue"] = []
    stack.deliver("m")
    observer.look()
    assert states(observer) == {"m": "delivered"}


def test_dead_letters_are_looked_at_when_their_number_changes_and_now_and_then(
    stack: FakeStack, observer: Observer, now: Now
) -> None:
    """Thousands of them must not be read ten times a second."""
    stack.messages["dead"] = [queued("m-1")]
    for _ in range(10):
        now.seconds += 0.1
        observer.look()
    assert stack.asked.count("dead") == 1

    stack.messages["dead"].append(queued("m-2"))
    observer.look()
    assert stack.asked.count("dead") == 2
    now.seconds += 10
    observer.look()
    assert stack.asked.count("dead") == 3


def test_a_message_is_opened_once(stack: FakeStack, observer: Observer, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    real = contents_of
    monkeypatch.setattr(looks, "contents_of", lambda message, cleaner: opened.append(message) or real(message, cleaner))  # type: ignore[func-returns-value]
    stack.messages["queue"] = [queued("m-1"), queued("m-2")]

    for _ in range(3):
        observer.look()

    assert len(opened) == 2


def test_the_events_of_the_sandbox_are_asked_for_from_where_the_last_look_ended(
    stack: FakeStack, observer: Observer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    real = stack.sandbox.events
    monkeypatch.setattr(stack.sandbox, "events", lambda since, limit: asked.append(since) or real(since, limit))  # type: ignore[func-returns-value]

    stack.deliver("m-1", "m-2")
    observer.look()
    observer.look()
    stack.deliver("m-3")
    observer.look()

    assert asked == [0, 2]
    assert set(states(observer)) == {"m-1", "m-2", "m-3"}


def test_a_reset_is_noticed_although_more_came_since(stack: FakeStack, observer: Observer) -> None:
    stack.deliver("m-1")
    stack.messages["dead"] = [queued("m-2")]
    observer.look()
    epoch = observer.changes(-1, 0)[0]

    stack.sandbox.reset()
    stack.deliver("m-3", "m-4")
    observer.look()

    assert states(observer) == {"m-2": "dead", "m-3": "delivered", "m-4": "delivered"}
    assert observer.changes(-1, 0)[0] != epoch


def test_what_the_sandbox_was_told_by_another_is_shown(stack: FakeStack, observer: Observer, now: Now) -> None:
    stack.sandbox.script({"drop": True, "times": 5}, {"reject_message_ids": ["m"]})
    observer.look()
    assert (observer.overview().mode, observer.overview().refused) == ("outage", ["m"])

    stack.sandbox.reset()
    now.seconds += 2
    observer.look()
    assert (observer.overview().mode, observer.overview().refused) == ("healthy", [])


def test_an_emulator_that_is_away_is_told_and_what_else_is_seen_is_taken(stack: FakeStack, observer: Observer) -> None:
    stack.away = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    stack.deliver("m-1")

    assert "EndpointConnectionError" in observer.look()
    assert states(observer) == {"m-1": "delivered"}

    stack.away = None
    assert observer.look() == ""


def test_a_process_that_has_ended_is_named(stack: FakeStack, observer: Observer) -> None:
    stack.away, stack.ended = EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), "emulator"
    assert observer.look() == "the emulator has ended"


def test_a_fault_of_the_page_itself_does_not_end_it(
    stack: FakeStack, observer: Observer, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.away = RuntimeError("a fault")

    assert "RuntimeError" in observer.look()
    assert "a fault" in capsys.readouterr().err
    stack.away = None
    assert observer.look() == ""


def test_a_look_that_hangs_is_told(stack: FakeStack, observer: Observer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observing, "_SLOW_S", 0.05)
    hang = threading.Event()
    monkeypatch.setattr(stack, "queued", lambda: hang.wait(LONGEST_S) and [])
    observer.start()
    try:
        wait_until(lambda: "has not answered" in observer.overview().stack or None, 10, "the line", poll_seconds=0.01)
        hang.set()
        monkeypatch.setattr(stack, "queued", list)
        wait_until(lambda: observer.overview().stack == "ok" or None, 10, "its end", poll_seconds=0.01)
    finally:
        hang.set()
        observer.stop()
