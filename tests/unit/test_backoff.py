"""Waits, to the second: each by its rule, with the jitter that is given."""

import pytest

from dreamdata_relay.deliver import backoff


@pytest.mark.parametrize(
    ("receives", "jitter", "seconds"),
    [(0, 0.5, 22), (1, 0.0, 15), (1, 0.5, 22), (2, 0.5, 45), (7, 0.0, 900), (7, 0.5, 1350), (400, 0.5, 1350)],
)
def test_a_hold_doubles_up_to_half_an_hour_between_half_and_whole(receives: int, jitter: float, seconds: int) -> None:
    assert backoff.hold_seconds(receives, None, lambda: jitter) == seconds


@pytest.mark.parametrize(
    ("receives", "retry_after", "seconds"),
    [(1, 100.0, 113), (1, 2_000.5, 2_016), (9, 1.0, 2), (10, 1.0, 1_350), (1, 1e9, 42_300)],
)
def test_a_retry_after_is_taken_with_a_little_added(receives: int, retry_after: float, seconds: int) -> None:
    assert backoff.hold_seconds(receives, retry_after, lambda: 0.5) == seconds


@pytest.mark.parametrize(
    ("tries", "retry_after", "seconds"),
    [(1, None, 0.15), (3, None, 0.6), (3, 0.2, 0.6), (1, 2.0, 2.0), (30, None, 3.75)],
)
def test_a_try_in_place_doubles_and_never_undercuts_a_retry_after(
    tries: int, retry_after: float | None, seconds: float
) -> None:
    assert backoff.retry_seconds(tries, retry_after, lambda: 0.5) == pytest.approx(seconds)
