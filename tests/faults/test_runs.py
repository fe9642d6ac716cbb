"""Faults of the real processes mid-traffic: afterwards every event has its one end."""

import time
import uuid
from collections.abc import Iterator

import psutil
import pytest

from local.stack import Stack
from local.waiting import wait_until
from tests.faults.traffic import Traffic


@pytest.fixture
def traffic(stack: Stack) -> Iterator[Traffic]:
    for queue in (stack.queue_url, stack.dead_letter_queue_url):
        stack.aws.sqs.purge_queue(QueueUrl=queue)
    stack.sandbox.reset()
    yield Traffic(stack)
    stack.sandbox.reset()


@pytest.mark.timeout(110)
def test_an_outage_ends_and_everything_arrives_once(stack: Stack, traffic: Traffic) -> None:
    stack.sandbox.script({"status": 503, "times": 10_000})
    for _ in range(4):
        traffic.post(good=25, bad=1)
    wait_until(lambda: _all_held(stack), 40, "holding everything")
    assert not stack.sandbox.events()

    stack.sandbox.script()
    traffic.balance(80)


def test_a_key_is_rotated_mid_traffic(stack: Stack, traffic: Traffic) -> None:
    """The owner puts the new key, Dreamdata then takes only that one: nothing waits for more than a fetch."""
    traffic.post(good=10)
    traffic.balance(30)
    new = f"key-{uuid.uuid4().hex}"
    stack.put_dreamdata_key(new)
    stack.sandbox.script({"key": new})
    for _ in range(3):
        traffic.post(good=10)

    traffic.balance(60)
    statuses = [payload.status for payload in stack.sandbox.payloads()]
    assert 401 in statuses or 403 in statuses, "the old key was shown once"


def test_the_deliver_function_is_killed_mid_batch(stack: Stack, traffic: Traffic) -> None:
    """Its messages come back when their visibility ends; what Dreamdata had taken by then comes a second time."""
    stack.aws.sqs.set_queue_attributes(QueueUrl=stack.queue_url, Attributes={"VisibilityTimeout": "8"})
    try:
        # Long enough to be killed in also where there is much else to do, and below the function's own time-out.
        stack.sandbox.script({"status": 200, "delay_s": 12, "times": 1})
        traffic.post(good=20)
        wait_until(lambda: len(stack.sandbox.events()) or None, 20, "the payload's arrival")
        for process in _deliver_processes(stack):
            process.kill()

        traffic.balance(60, again=frozenset(traffic.good))
        assert set(traffic.delivered().values()) == {2}, "an answer that nobody heard is asked for again"
    finally:
        stack.aws.sqs.set_queue_attributes(QueueUrl=stack.queue_url, Attributes={"VisibilityTimeout": "420"})


def test_a_flood_of_bad_input_takes_nothing_with_it(stack: Stack, traffic: Traffic) -> None:
    for _ in range(3):
        traffic.post(good=5, bad=60)
    nonsense = ("ID is no JSON", '{"userId": "ID"', '"ID"', '{"batch": "ID"}', '{"type": "track", "userId": "ID"}')
    traffic.put(body for body in nonsense for _ in range(8))
    traffic.post(good=5)

    traffic.balance(60)


def _all_held(stack: Stack) -> bool | None:
    """Every message was received and hidden by the function itself: for far less than the queue's own 420 s."""
    queued, soon = stack.queued(), time.time() + 60
    held = [message for message in queued if message.receive_count and message.visible_at < soon]
    return True if queued and len(held) == len(queued) else None


def _deliver_processes(stack: Stack) -> list[psutil.Process]:
    """The processes of the deliver function, of which one works: children of the emulator, known by its name."""
    emulator = next(process for process in stack.processes if process.name == "emulator")
    children = psutil.Process(emulator.pid).children(recursive=True)
    found = [child for child in children if any(stack.functions["deliver"] in part for part in child.cmdline())]
    assert found
    return found
