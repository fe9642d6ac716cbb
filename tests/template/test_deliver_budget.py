"""The deliver function's budgets in the code fit what the template gives it."""

from typing import Any

from dreamdata_relay.adapters.aws import LONGEST_CALL_S
from dreamdata_relay.deliver.backoff import FIRST_HOLD_S, LONGEST_HOLD_S
from dreamdata_relay.deliver.sending_back import MAX_SPLITS
from dreamdata_relay.deliver.service import ANSWERING_S, SETTLING_S, SETTLING_S_PER_MESSAGE
from dreamdata_relay.settings import DeliverSettings

NEEDED = {"QUEUE_URL": "q", "DEAD_LETTER_QUEUE_URL": "d", "DREAMDATA_SECRET_ID": "s"}
THREE_DAYS_S = 3 * 86_400


def test_the_largest_batch_leaves_time_for_a_post(template: dict[str, Any], resources: dict[str, Any]) -> None:
    """However long the post takes, and after it every message can be settled."""
    settings = DeliverSettings.read(NEEDED)
    longest_post_s = settings.connect_timeout_s + settings.read_timeout_s
    largest = template["Parameters"]["DeliverBatchSize"]["MaxValue"]
    needed_s = longest_post_s + SETTLING_S + SETTLING_S_PER_MESSAGE * largest
    assert needed_s + 5 <= resources["DeliverFunction"]["Properties"]["Timeout"]


def test_each_step_of_settling_has_time_for_a_call_that_hangs() -> None:
    """Dead letters, what goes back, holds."""
    assert 3 * LONGEST_CALL_S + ANSWERING_S <= SETTLING_S


def test_three_days_at_the_shortest_holds_are_within_the_receives(resources: dict[str, Any]) -> None:
    """Half of each step is the least that the jitter gives."""
    receives, waited_s = 0, 0.0
    while waited_s < THREE_DAYS_S:
        waited_s += min(LONGEST_HOLD_S, FIRST_HOLD_S * 2**receives) / 2
        receives += 1
    assert receives <= 0.8 * resources["Queue"]["Properties"]["RedrivePolicy"]["maxReceiveCount"]


def test_lambda_does_not_count_what_the_relay_counts_itself(resources: dict[str, Any]) -> None:
    """Its guard against loops would stop whole batches for one message sent back often."""
    assert resources["DeliverFunction"]["Properties"]["RecursiveLoop"] == "Allow"
    assert 1 <= MAX_SPLITS < 16
