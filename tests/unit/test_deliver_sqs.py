"""The queue's adapter under whatever a client may do: nothing raises, nothing is taken for durable that is not."""

from typing import Any

import pytest

from dreamdata_relay.adapters.sqs import SqsQueue
from dreamdata_relay.messages.dead_letters import OutgoingMessage
from tests.fakes.aws import FakeSqs
from tests.fakes.clock import FakeClock
from tests.fakes.relay import QUEUE


class Odd:
    """A client that answers, or raises, ``what``."""

    def __init__(self, what: Any) -> None:
        self._what = what

    def send_message_batch(self, **_: Any) -> Any:
        if isinstance(self._what, BaseException):
            raise self._what
        return self._what

    change_message_visibility_batch = send_message_batch


ODD = [RuntimeError("x"), OSError("x"), KeyError("x"), None, "text", {"Successful": [{"Id": "x"}], "Failed": 7}]


@pytest.mark.parametrize("what", ODD)
def test_whatever_a_client_does_the_messages_are_not_known_to_be_durable(what: Any) -> None:
    queue = SqsQueue(Odd(what), QUEUE, FakeClock())
    assert queue.send([OutgoingMessage("a", {}), OutgoingMessage("b", {})], 5.0) == [0, 1]


@pytest.mark.parametrize("what", ODD)
def test_whatever_a_client_does_the_visibility_is_counted_as_not_set(what: Any) -> None:
    assert SqsQueue(Odd(what), QUEUE, FakeClock()).hold([("r1", 30), ("r2", 30)], 5.0) == 2


def test_a_call_that_could_not_end_is_not_begun() -> None:
    """Neither sending nor holding, by the longest that a call may take."""
    sqs = FakeSqs()
    queue = SqsQueue(sqs, QUEUE, FakeClock(), longest_call_s=3.0)
    assert queue.send([OutgoingMessage("a", {})], 2.9) == [0]
    assert queue.hold([("r1", 30)], 2.9) == 1
    assert (sqs.calls, sqs.visibility) == ([], [])


def test_what_is_delayed_says_so() -> None:
    """Seconds, as SQS takes them."""
    sqs = FakeSqs()
    SqsQueue(sqs, QUEUE, FakeClock()).send([OutgoingMessage("a", {}, 60), OutgoingMessage("b", {})], 5.0)
    assert [entry.get("DelaySeconds") for entry in sqs.queues[QUEUE]] == [60, None]
