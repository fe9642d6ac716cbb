"""The answer table of the contract, in full; waits; Retry-After."""

import email.utils

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamdata_relay.deliver import backoff
from dreamdata_relay.deliver.responses import (
    HOLD_REASONS,
    Answer,
    Delivered,
    Hold,
    KeyRefused,
    NoAnswer,
    Refused,
    RetryLater,
    judge,
    retry_after_seconds,
)
from dreamdata_relay.limits import MAX_VISIBILITY_S

NOW = 1_795_436_875.0


# The key or the endpoint, or what was sent: what else is accepted tells.
DOUBTFUL = {403, 406, 409, 414, 431, 451}


def expected(status: int) -> type:
    """The table, written a second time."""
    if status in range(200, 300):
        return Delivered
    if status in {408, 425, 429, *range(500, 600)}:
        return RetryLater
    if status == 401:
        return KeyRefused
    return Refused if status in {400, 413, 422} | DOUBTFUL else Hold


@pytest.mark.parametrize("status", range(100, 1000))
def test_every_status_has_the_outcome_of_the_contract(status: int) -> None:
    """2xx delivered; 408, 425, 429, 5xx again; 401 the key; 400, 413, 422 refused, others perhaps; all else held."""
    verdict = judge(Answer(status), NOW)
    assert type(verdict) is expected(status)
    assert getattr(verdict, "doubtful", False) == (status in DOUBTFUL)
    assert getattr(verdict, "suspect", False) == (type(verdict) in {RetryLater, Hold} and status != 429)


def test_an_unknown_status_is_a_matter_of_configuration() -> None:
    """3xx, 404 and the like must not cost events: held, nothing ambiguous about it."""
    assert judge(Answer(404, retry_after="7"), NOW) == Hold("configuration", ambiguous=False, after=7.0, status=404)


def test_a_post_surely_not_received_is_tried_again() -> None:
    """Nothing was sent: another try cannot count twice."""
    assert judge(NoAnswer(sent=False, reason="connect"), NOW) == RetryLater("unavailable")


def test_a_post_maybe_received_is_held_and_counted_as_ambiguous() -> None:
    """It may have arrived: only the queue may bring it back, with the same ids."""
    assert judge(NoAnswer(sent=True, reason="timeout"), NOW) == Hold("ambiguous", ambiguous=True, suspect=True)


def test_a_refusal_carries_dreamdatas_own_words() -> None:
    """Whatever bytes they are."""
    assert judge(Answer(422, start=b'{"message":"\xff"}'), NOW) == Refused(422, '{"message":"�"}')


def test_a_retry_after_travels_with_the_verdict() -> None:
    """So that the hold can honour it."""
    assert judge(Answer(429, "120"), NOW) == RetryLater("unavailable", 120.0, status=429)


@given(st.integers(100, 999), st.none() | st.text(), st.binary())
def test_any_answer_has_one_of_the_documented_reasons(status: int, retry_after: str | None, start: bytes) -> None:
    """Nothing that Dreamdata answers can raise, and every hold has a reason that is explained."""
    verdict = judge(Answer(status, retry_after, start), NOW)
    assert not isinstance(verdict, Hold) or verdict.reason in HOLD_REASONS


def test_only_an_answer_refuses_a_key() -> None:
    """Where none could be fetched, none was sent."""
    assert Hold("key:401", status=401).refuses_key is True
    assert Hold("key:missing").refuses_key is False
    assert Hold("unavailable", status=503).refuses_key is False


# -- Retry-After


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        ("120", 120.0),
        (" 120 ", 120.0),
        ("00000000060", 60.0),
        ("9" * 9, 999_999_999.0),
        ("1" + "0" * 9, 1e9),
        ("9" * 400, 1e9),
        (email.utils.formatdate(NOW + 90, usegmt=True), 90.0),
        (email.utils.formatdate(NOW - 90, usegmt=True), 0.0),
        ("Sun Nov  6 08:49:37 1994", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 251_606_863_924.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("120, 60", None),
        ("Mon, 99 Foo 99999 99:99:99 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_or_nothing(value: str | None, seconds: float | None) -> None:
    """As RFC 9110 has it; a past date is now; garbage says nothing."""
    assert retry_after_seconds(value, NOW) == seconds


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,3} [A-Z][a-z]{2} [0-9]{1,6} [0-9:]{5,8} [A-Z+0-9-]{1,9}"))
def test_no_retry_after_raises_or_lies_in_the_past(value: str) -> None:
    """Whatever a server sends in the header."""
    seconds = retry_after_seconds(value, NOW)
    assert seconds is None or seconds >= 0


# -- waits

jitters = st.floats(0, 1, exclude_max=True)


@given(st.integers(1, 1000), jitters)
def test_a_hold_is_between_half_and_whole_of_its_step(receives: int, jitter: float) -> None:
    """30 s x 2^(n-1), at most 30 minutes."""
    step = min(1800, 30 * 2 ** (receives - 1))
    assert step // 2 <= backoff.hold_seconds(receives, None, lambda: jitter) <= step


@given(st.integers(1, 9), st.floats(0, 1e12), jitters)
def test_a_retry_after_is_never_undercut(receives: int, after: float, jitter: float) -> None:
    """Up to what SQS lets a message be hidden, counted from its receive."""
    seconds = backoff.hold_seconds(receives, after, lambda: jitter)
    assert min(after, MAX_VISIBILITY_S - 900) <= seconds <= min(after + 31, MAX_VISIBILITY_S - 900)


@pytest.mark.parametrize("after", [0.0, 1.0, 1e12])
@pytest.mark.parametrize("receives", [10, 399])
def test_a_retry_after_that_lasts_does_not_use_up_the_receives(after: float, receives: int) -> None:
    """ "Again in a second", said for days, must not bring a message into the dead-letter queue."""
    assert backoff.hold_seconds(receives, after, lambda: 0.0) >= 900


@given(st.integers(1, 50), st.none() | st.floats(0, 100), jitters)
def test_a_wait_in_place_honours_retry_after(tries: int, after: float | None, jitter: float) -> None:
    """And is a matter of seconds otherwise."""
    seconds = backoff.retry_seconds(tries, after, lambda: jitter)
    assert (after or 0.1) <= seconds <= max(backoff.LONGEST_RETRY_S, after or 0)
