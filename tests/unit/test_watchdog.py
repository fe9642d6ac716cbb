"""One thread ends all that takes too long, when its time is up, and nothing else."""

import threading
import time

import pytest

from dreamdata_relay.adapters.watchdog import Watchdog

SHORT_S = 0.2


class Watched:
    """Remembers when it expired."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.expired = threading.Event()
        self.lived = 0.0

    def expire(self) -> None:
        self.lived = time.monotonic() - self.started
        self.expired.set()


def watchers() -> int:
    return sum(thread.name == Watchdog.__name__ for thread in threading.enumerate())


def test_what_takes_too_long_is_ended_when_its_time_is_up() -> None:
    watchdog, first = Watchdog(SHORT_S), Watched()
    watchdog.watch(first)
    time.sleep(SHORT_S / 2)
    second = Watched()
    watchdog.watch(second)

    for watched in (first, second):
        assert watched.expired.wait(10)
        assert watched.lived >= SHORT_S
    assert first.started + first.lived < second.started + second.lived


def test_what_is_done_in_time_is_let_live() -> None:
    watchdog, done, late = Watchdog(SHORT_S), Watched(), Watched()
    watchdog.watch(done)
    watchdog.watch(late)
    watchdog.release(done)

    assert late.expired.wait(10)
    assert not done.expired.is_set()


def test_releasing_what_has_expired_is_nothing() -> None:
    watchdog, late = Watchdog(SHORT_S), Watched()
    watchdog.watch(late)
    assert late.expired.wait(10)
    watchdog.release(late)


def test_a_hundred_share_one_thread_which_ends_with_them() -> None:
    before, watchdog = watchers(), Watchdog(SHORT_S)
    watched = [Watched() for _ in range(100)]
    for each in watched:
        watchdog.watch(each)
    assert watchers() == before + 1
    assert all(each.expired.wait(10) for each in watched)

    deadline = time.monotonic() + 10
    while watchers() > before:
        assert time.monotonic() < deadline
        time.sleep(SHORT_S / 10)
    again = Watched()
    watchdog.watch(again)
    assert again.expired.wait(10)


def test_a_thread_that_cannot_be_started_is_started_with_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever met it is told and is not watched; it switches nothing off."""

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    watchdog, refused, watched = Watchdog(SHORT_S), Watched(), Watched()
    with monkeypatch.context() as exhausted:
        exhausted.setattr(threading.Thread, "start", refuse)
        for _ in range(2):
            with pytest.raises(RuntimeError):
                watchdog.watch(refused)

    watchdog.watch(watched)
    assert watched.expired.wait(10)
    assert not refused.expired.is_set()


class _Fatal(Watched):
    def expire(self) -> None:
        super().expire()
        raise MemoryError


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_died_is_replaced() -> None:
    """An error in what expires ends the thread, not the watch."""
    before, watchdog, fatal = watchers(), Watchdog(SHORT_S), _Fatal()
    watchdog.watch(fatal)
    watchdog.watch(Watched())
    assert fatal.expired.wait(10)
    deadline = time.monotonic() + 10
    while watchers() > before:
        assert time.monotonic() < deadline
        time.sleep(SHORT_S / 10)

    watched = Watched()
    watchdog.watch(watched)
    assert watched.expired.wait(10)
