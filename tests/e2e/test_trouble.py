"""What fails on the way costs no event: Dreamdata away, an answer lost, a key that is not the right one."""

import json
import time
import uuid
from collections.abc import Callable, Iterator

import pytest

from local.stack import Stack
from local.waiting import wait_until
from local.ways_in import senders
from relay_cli.samples import Message

# A message held for the first time comes back after 15 to 30 s, the second time after 30 to 60 s.
FIRST_HOLD_SECONDS = 45
SECOND_HOLD_SECONDS = 110


@pytest.fixture(autouse=True)
def _sandbox_at_rest(stack: Stack) -> Iterator[None]:
    yield
    stack.sandbox.reset()


def put_on_queue(stack: Stack, user: str) -> None:
    """An event that nobody has given a messageId: the relay makes one."""
    event = {"type": "identify", "userId": user, "traits": {"plan": "team"}}
    with senders(stack, []) as sender:
        sender.send(Message(json.dumps(event), {}))


def received(stack: Stack, user: str) -> list[tuple[str, str]]:
    """The messageId of the event, and of the payload, each time that it came."""
    return [(item.message_id, item.payload) for item in stack.sandbox.events() if user in item.raw]


def is_held(stack: Stack, user: str) -> Callable[[], bool | None]:
    """Asks whether the event's message was received and given back, hidden for less than the queue's own time."""

    def ask() -> bool | None:
        soon = time.time() + 60
        held = [item for item in stack.queued() if user in item.body and item.receive_count and item.visible_at < soon]
        return True if held else None

    return ask


@pytest.mark.timeout(240)
def test_an_outage_and_a_lost_answer_cost_no_event(stack: Stack) -> None:
    """While Dreamdata is away events wait on the queue; what may have arrived comes again, with the ids it had."""
    unheard, refused = str(uuid.uuid4()), str(uuid.uuid4())
    letters = len(stack.dead_letters())

    stack.sandbox.script({"drop": True, "take": True})
    put_on_queue(stack, unheard)
    wait_until(is_held(stack, unheard), 30, "holding what may have arrived")
    stack.sandbox.script({"status": 503, "times": 10_000})
    put_on_queue(stack, refused)
    wait_until(is_held(stack, refused), 90, "holding what was answered 503")
    assert received(stack, refused) == []
    stack.sandbox.script()

    arrived = wait_until(lambda: received(stack, refused) or None, FIRST_HOLD_SECONDS, "delivery after the outage")
    assert len(arrived) == 1
    again = wait_until(
        lambda: times if len(times := received(stack, unheard)) > 1 else None, SECOND_HOLD_SECONDS, "the second time"
    )
    assert len(again) == 2
    assert len({message_id for message_id, _ in again}) == 1
    assert len(stack.dead_letters()) == letters


def test_an_event_that_dreamdata_refuses_does_not_take_the_others_with_it(stack: Stack) -> None:
    """It is dead-lettered with Dreamdata's status; those beside it in the payload are delivered."""
    good, bad = str(uuid.uuid4()), str(uuid.uuid4())
    event = {"type": "identify", "userId": "u", "timestamp": "2026-03-02T08:16:02Z"}
    stack.sandbox.script({"reject_message_ids": [bad]})
    with senders(stack, []) as sender:
        sender.send(Message(json.dumps([{**event, "messageId": name} for name in (good, bad)]), {}))

    stack.sandbox.wait_for_ids([good], 30)
    [letter] = wait_until(
        lambda: [item for item in stack.dead_letters() if bad in item.body] or None, 30, "the dead letter"
    )

    assert letter.attributes["error_code"] == "refused_by_dreamdata"
    assert letter.attributes["status"] == "400"
    assert bad not in {item.message_id for item in stack.sandbox.events()}


@pytest.mark.timeout(240)
def test_a_wrong_key_holds_everything_until_the_right_one_is_put(stack: Stack) -> None:
    """No event is given up for the key; once its owner has put the right one, they are delivered.

    The new key stays, here and there: the functions would remember it for minutes.
    """
    user, letters = str(uuid.uuid4()), len(stack.dead_letters())
    stack.sandbox.script({"key": "rotated-key"})
    put_on_queue(stack, user)
    wait_until(is_held(stack, user), 30, "holding what was answered 401")
    assert received(stack, user) == []
    stack.put_dreamdata_key("rotated-key")

    arrived = wait_until(lambda: received(stack, user) or None, SECOND_HOLD_SECONDS, "delivery with the right key")

    assert len(arrived) == 1
    assert len(stack.dead_letters()) == letters
