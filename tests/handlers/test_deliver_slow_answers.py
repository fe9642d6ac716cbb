"""The deliver handler while Dreamdata answers slowly or not at all: each waits for a time-out."""

from typing import Any

import pytest

from tests.fakes.events import event
from tests.fakes.server import Reaction
from tests.handlers.deliver import record, running_deliver
from tests.patience import within

GOOD = {"batch": [event("good")]}


def test_an_answer_that_never_ends_does_not_hold_back_the_others() -> None:
    """One payload is ambiguous after its own time; the one posted beside it is delivered."""
    reactions = [Reaction(hang=True), Reaction()]
    with running_deliver(*reactions, READ_TIMEOUT_SECONDS="0.5", CONNECT_TIMEOUT_SECONDS="0.5") as deliver:
        bodies = [{"batch": [event(f"e{n}", x="y" * 300_000)]} for n in range(2)]
        with within(5):
            failed = deliver.call(*[record(body, f"m{n}") for n, body in enumerate(bodies)])
        assert len(failed) == 1
        assert [handle for handle, _ in deliver.sqs.visibility] == [f"receipt-{failed[0]}"]


@pytest.mark.parametrize("trickle", ["status", "headers", "body"])
def test_a_slow_answer_near_the_deadline_does_not_use_up_the_function_s_time(trickle: Any) -> None:
    """The post ends within its own time whatever comes; a status that came counts."""
    reaction = Reaction(trickle=trickle)
    with running_deliver(reaction, READ_TIMEOUT_SECONDS="0.5", CONNECT_TIMEOUT_SECONDS="0.5") as deliver:
        with within(3):
            failed = deliver.call(record(GOOD), remaining_s=12)
        assert failed == (["m1"] if trickle == "status" else [])
