"""`relay status` counts what it says: dead letters in anybody's hands, and the window that is asked for."""

from tests.cli.conftest import DEAD, Bench

HOUR_S = 3600


def test_dead_letters_that_another_command_looks_at_are_counted(bench: Bench) -> None:
    """They are hidden for the moment, and not gone."""
    for _ in range(3):
        bench.sqs.put(DEAD, "{}", error_code="type_unknown")
    bench.sqs.receive_message(QueueUrl=DEAD, MaxNumberOfMessages=2, VisibilityTimeout=600)
    told = bench.json("status")
    assert told["dead_letters"] == 3
    assert "3 dead letters: relay --stack shop dead list" in told["wants"]


def test_rates_are_of_the_window(bench: Bench) -> None:
    """And no longer ago, though more is read."""
    bench.count("EventsDelivered", 2 * HOUR_S, 70)
    bench.count("EventsDelivered", 120, 5)
    assert bench.json("status")["events"]["deliver.EventsDelivered"] == 5
    assert bench.json("status", "--minutes", "180")["events"]["deliver.EventsDelivered"] == 75
