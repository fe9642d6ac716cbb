"""`relay key set --follow`: a delivery that may have been with the key before is no proof of the new one."""

import pytest

from tests.cli.conftest import Bench


def followed(bench: Bench, seconds: str = "0.1") -> tuple[int, str]:
    done = bench.run("key", "set", "--follow", seconds, typed="the-right-key\n")
    return done.exit_code, done.stderr


@pytest.mark.parametrize("refused_ago", [None, 5000], ids=["never refused", "refused long ago"])
def test_a_delivery_of_a_function_that_remembers_the_key_before_is_no_end(
    bench: Bench, refused_ago: int | None
) -> None:
    """A wrong key put in a right one's place would be told as taken: it is for four minutes, the old one."""
    if refused_ago:
        bench.count("KeyRefused", refused_ago)
        bench.count("Answers4xx", refused_ago)
    bench.count("EventsDelivered", 400, 3)
    bench.log(-2, "INFO", "payload posted", status=200, events=7)
    status, said = followed(bench)
    assert status == 1
    assert "Dreamdata took 7 events at" in said
    assert "perhaps with the key before" in said
    assert "no delivery that is surely with the new key within 0.1 seconds" in said


def test_a_delivery_after_the_key_before_was_refused_is_the_end(bench: Bench) -> None:
    """Nothing was delivered in between: the function has read the secret again."""
    bench.count("EventsDelivered", 4000, 3)
    bench.count("KeyRefused", 400)
    bench.count("Answers4xx", 400)
    bench.log(30, "WARNING", "payload posted", status=401)
    bench.log(-2, "INFO", "payload posted", status=200, events=7)
    status, said = followed(bench)
    assert (status, "perhaps" in said) == (0, False)


def test_a_delivery_is_the_end_once_no_function_can_remember_the_key_before(bench: Bench) -> None:
    """Five minutes after."""
    bench.count("EventsDelivered", 400, 3)
    for ago in (-10, -301):
        bench.log(ago, "INFO", "payload posted", status=200, events=7)
    status, said = followed(bench)
    assert (status, said.count("Dreamdata took 7 events at"), said.count("perhaps")) == (0, 2, 1)
