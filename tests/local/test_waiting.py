"""A wait ends with what it waits for, or once it is over; on a busy machine later."""

import itertools
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, settings

from local import patience, waiting
from local.errors import LocalError
from local.waiting import Deadline, wait_until


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which goes on only by sleeping."""
    now = [100.0]
    by_hand = SimpleNamespace(monotonic=lambda: now[0], sleep=lambda seconds: now.__setitem__(0, now[0] + seconds))
    monkeypatch.setattr("local.waiting.time", by_hand)
    return now


def busy(monkeypatch: pytest.MonkeyPatch, times: float) -> None:
    monkeypatch.setattr(waiting, "patient", lambda seconds: seconds * times)


def test_what_never_comes_is_waited_for_as_long_as_is_said(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    busy(monkeypatch, 1.0)
    with pytest.raises(LocalError, match="the answer took longer than 5 s"):
        wait_until(lambda: None, 5, "the answer", poll_seconds=1)
    assert 105 <= clock[0] <= 108


def test_on_a_busy_machine_it_is_waited_for_longer(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """And what has come by then is no failure."""
    busy(monkeypatch, 4.0)
    assert wait_until(lambda: True if clock[0] > 118 else None, 5, "the answer", poll_seconds=1)


def test_how_busy_it_is_is_asked_only_once_the_time_is_over(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "patient", lambda _: pytest.fail("asked"))
    deadline = Deadline(5)
    clock[0] += 5
    assert not deadline.is_over()


def test_a_last_look_is_taken_after_the_time_is_over(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was not given a processor all the while has asked once only."""
    busy(monkeypatch, 1.0)
    answers = itertools.chain([None], itertools.repeat(True))

    def ask() -> bool | None:
        clock[0] += 60
        return next(answers)

    assert wait_until(ask, 5, "the answer")


@pytest.mark.parametrize(("took", "times"), [(0.2, 2.0), (0.1, 2.0), (1.0, 10.0), (1e9, 60.0)])
def test_how_busy_it_is_is_measured_by_a_piece_of_work(
    monkeypatch: pytest.MonkeyPatch, took: float, times: float
) -> None:
    """Once in half a minute; never less than on an idle machine, and never without end."""
    monkeypatch.setattr(patience, "_measured", (float("-inf"), 1.0))
    works = iter([took])
    monkeypatch.setattr(patience, "_work", lambda: next(works))

    assert (patience.factor(), patience.patient(3)) == pytest.approx((times, 3 * times))


def test_no_property_fails_because_the_machine_is_busy() -> None:
    """Of an example and of what makes it alike; the time-out of each test bounds both."""
    assert settings.default
    assert settings.default.deadline is None
    assert HealthCheck.too_slow in settings.default.suppress_health_check
