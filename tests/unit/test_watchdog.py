"""One thread ends all that takes too long, when its time is up, and nothing else."""

import threading
from collections.abc import Iterator

import pytest

from dreamdata_relay.adapters import watchdog as module
from dreamdata_relay.adapters.watchdog import Watchdog
from tests.patience import LONGEST_S


class Clock:
    """Stands for ``time``: who sleeps wakes when the test has moved it so far."""

    def __init__(self) -> None:
        self._now = 0.0
        self._ends: list[float] = []
        self._changed = threading.Condition()

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        with self._changed:
            end = self._now + seconds
            self._ends.append(end)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._now >= end, LONGEST_S)
            self._ends.remove(end)

    def move(self, seconds: float) -> None:
        with self._changed:
            self._now += seconds
            self._changed.notify_all()

    def is_awaited(self, moment: float) -> bool:
        """Whether somebody sleeps until then, as soon as he does."""
        with self._changed:
            return self._changed.wait_for(lambda: moment in self._ends, LONGEST_S)


class Watched:
    """Remembers that it expired."""

    def __init__(self) -> None:
        self.expired = threading.Event()

    def expire(self) -> None:
        self.expired.set()

    def expires(self) -> bool:
        return self.expired.wait(LONGEST_S)


# Those of other tests may live on for a while.
_others: set[threading.Thread] = set()


def watchers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == Watchdog.__name__ and thread not in _others]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    made = Clock()
    _others.update(threading.enumerate())
    monkeypatch.setattr(module, "time", made)
    yield made
    while left := watchers():
        made.move(LONGEST_S)
        left[0].join(0.01)


@pytest.fixture
def watchdog(clock: Clock) -> Watchdog:
    """Gives everything a second."""
    return Watchdog(1.0)


def test_what_takes_too_long_is_ended_when_its_time_is_up(watchdog: Watchdog, clock: Clock) -> None:
    first, second, third = Watched(), Watched(), Watched()
    watchdog.watch(first)
    clock.move(0.25)
    watchdog.watch(second)
    clock.move(0.5)
    watchdog.watch(third)
    assert clock.is_awaited(1.0)
    assert not first.expired.is_set()

    clock.move(0.25)
    assert first.expires()
    assert clock.is_awaited(1.25)
    assert not second.expired.is_set()

    clock.move(0.25)
    assert second.expires()
    assert clock.is_awaited(1.75)
    assert not third.expired.is_set()


def test_what_is_done_in_time_is_let_live(watchdog: Watchdog, clock: Clock) -> None:
    done, late = Watched(), Watched()
    watchdog.watch(done)
    watchdog.watch(late)
    watchdog.release(done)

    assert clock.is_awaited(1.0)
    clock.move(1.0)

    assert late.expires()
    assert not done.expired.is_set()


def test_releasing_what_has_expired_is_nothing(watchdog: Watchdog, clock: Clock) -> None:
    late = Watched()
    watchdog.watch(late)
    assert clock.is_awaited(1.0)
    clock.move(1.0)
    assert late.expires()
    watchdog.release(late)


def test_a_hundred_share_one_thread_which_ends_with_them(watchdog: Watchdog, clock: Clock) -> None:
    watched = [Watched() for _ in range(100)]
    for each in watched:
        watchdog.watch(each)
    [thread] = watchers()
    assert clock.is_awaited(1.0)
    clock.move(1.0)
    assert all(each.expires() for each in watched)

    thread.join(LONGEST_S)
    assert not thread.is_alive()
    again = Watched()
    watchdog.watch(again)
    assert clock.is_awaited(2.0)
    clock.move(1.0)
    assert again.expires()


def test_what_is_watched_while_the_last_is_ended_has_one_thread_and_its_time(watchdog: Watchdog, clock: Clock) -> None:
    """The thread that is about to end neither takes it nor forgets the one that does."""

    class Last(Watched):
        def expire(self) -> None:
            watchdog.watch(second)
            super().expire()

    last, second, third = Last(), Watched(), Watched()
    watchdog.watch(last)
    [thread] = watchers()
    assert clock.is_awaited(1.0)
    clock.move(1.0)
    assert last.expires()
    thread.join(LONGEST_S)
    assert clock.is_awaited(2.0)

    watchdog.watch(third)
    assert len(watchers()) == 1
    clock.move(1.0)
    assert second.expires()
    assert third.expires()


def test_a_thread_that_cannot_be_started_is_started_with_the_next(
    watchdog: Watchdog, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever met it is told and is not watched; it switches nothing off."""

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    refused, watched = Watched(), Watched()
    with monkeypatch.context() as exhausted:
        exhausted.setattr(threading.Thread, "start", refuse)
        for _ in range(2):
            with pytest.raises(RuntimeError):
                watchdog.watch(refused)

    watchdog.watch(watched)
    assert clock.is_awaited(1.0)
    clock.move(1.0)
    assert watched.expires()
    assert not refused.expired.is_set()


class _Failing(Watched):
    def expire(self) -> None:
        super().expire()
        raise MemoryError


def test_what_fails_to_expire_keeps_nobody_else_from_it(watchdog: Watchdog, clock: Clock) -> None:
    watched = [_Failing(), Watched(), _Failing()]
    for each in watched:
        watchdog.watch(each)
    later = Watched()
    assert clock.is_awaited(1.0)
    clock.move(0.5)
    watchdog.watch(later)
    clock.move(0.5)
    assert all(each.expires() for each in watched)

    assert clock.is_awaited(1.5)
    clock.move(0.5)
    assert later.expires()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_died_is_replaced(watchdog: Watchdog, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the next that is watched, whatever it died of."""
    first, second = Watched(), Watched()
    died = threading.Event()

    def out_of_memory(seconds: float) -> None:
        raise MemoryError

    monkeypatch.setattr(threading, "excepthook", lambda args: died.set())
    with monkeypatch.context() as exhausted:
        exhausted.setattr(clock, "sleep", out_of_memory)
        watchdog.watch(first)
        assert died.wait(LONGEST_S)

    watchdog.watch(second)
    assert clock.is_awaited(1.0)
    clock.move(1.0)
    assert all(each.expires() for each in (first, second))
