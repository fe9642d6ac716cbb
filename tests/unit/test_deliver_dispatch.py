"""Payloads in threads: as many at a time as allowed, and none that holds back the answer or posts too late."""

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from dreamdata_relay.adapters.clock import SystemClock
from dreamdata_relay.deliver import dispatch
from dreamdata_relay.deliver.dispatch import Delivery
from dreamdata_relay.deliver.payloads import Payload, Piece
from dreamdata_relay.deliver.posting import Fate, Poster
from dreamdata_relay.deliver.responses import Answer, Delivered, Hold, NoAnswer, Refused
from dreamdata_relay.deliver.results import Results
from dreamdata_relay.deliver.worklist import Worklist
from tests.fakes.relay import DeliverBench, ScriptedEndpoint
from tests.patience import LONGEST_S, within


def payloads(count: int) -> list[Payload]:
    return [Payload.of([Piece(n, b'{"messageId":"e%d"}' % n, [f"e{n}"])]) for n in range(count)]


def piece_of(events: int) -> Piece:
    ids = [f"e{n}" for n in range(events)]
    return Piece(0, ",".join(f'{{"messageId":"{message_id}"}}' for message_id in ids).encode(), ids)


class GatedPoster:
    """Posts wait for ``gate``; ``most`` is how many waited at once."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.entered = threading.Semaphore(0)
        self.running = self.most = 0
        self.closed = False
        self._lock = threading.Lock()

    def post(self, payload: Payload) -> Fate:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
        self.entered.release()
        self.gate.wait(LONGEST_S)
        with self._lock:
            self.running -= 1
        return Delivered()

    def close(self) -> None:
        self.closed = True


def delivery_of(poster: Any, parallel: int, seconds: float, listed: Sequence[Payload]) -> Delivery:
    clock = SystemClock()
    return Delivery(poster, clock, parallel, clock.monotonic() + seconds, Worklist(listed))


@pytest.mark.parametrize("parallel", [1, 3])
def test_as_many_payloads_are_posted_at_a_time_as_allowed(parallel: int) -> None:
    poster = GatedPoster()
    results: list[Results] = []
    thread = threading.Thread(
        target=lambda: results.append(delivery_of(poster, parallel, LONGEST_S, payloads(7)).deliver())
    )
    thread.start()
    for _ in range(parallel):
        assert poster.entered.acquire(timeout=LONGEST_S)
    poster.gate.set()
    thread.join(LONGEST_S)
    assert (poster.most, len(results[0].delivered)) == (parallel, 7)


def test_a_second_payload_is_not_posted_beside_one_that_is_answered_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that take turns cost a third of a post each; only waiting is worth another one."""

    class Quick(GatedPoster):
        def post(self, payload: Payload) -> Fate:
            posting.add(threading.get_ident())
            return Delivered()

    monkeypatch.setattr(dispatch, "_PATIENCE_S", LONGEST_S)
    posting: set[int] = set()
    results = delivery_of(Quick(), 3, LONGEST_S, payloads(50)).deliver()
    assert (len(results.delivered), len(posting)) == (50, 1)


def test_halves_of_a_payload_are_posted_side_by_side() -> None:
    """What came to be posted only while another post was waited for gets a thread as well."""
    together = threading.Barrier(2)

    class Halving:
        def post(self, payload: Payload) -> Fate:
            if payload.events == 4:
                return Refused(400, "bad")
            together.wait(LONGEST_S)
            return Delivered()

        def close(self) -> None:
            """Nothing is open."""

    results = delivery_of(Halving(), 2, LONGEST_S, [Payload.of([piece_of(4)])]).deliver()
    assert [len(piece.message_ids) for piece in results.delivered] == [2, 2]


def test_a_thread_that_outlasts_the_deadline_does_not_hold_the_answer_back() -> None:
    """Its payload may have arrived, so it is ambiguous; those not begun wait without a doubt."""
    poster = GatedPoster()
    with within(5):
        results = delivery_of(poster, 2, 0.3, payloads(4)).deliver()
    assert [hold.ambiguous for _, hold in results.held] == [True, True, False, False]
    assert poster.closed
    poster.gate.set()


def test_a_thread_that_outlasts_its_invocation_posts_no_more() -> None:
    """Its payload has gone back to the queue: another try would be a double for certain."""
    release, tried = threading.Event(), threading.Semaphore(0)
    bench = DeliverBench()

    class Slow(ScriptedEndpoint):
        def post(self, body: bytes, key: str, encoding: str | None = None) -> Answer | NoAnswer:
            self.requests.append((body, key))
            tried.release()
            release.wait(LONGEST_S)
            return Answer(503)

    endpoint = Slow(longest_s=0.0)
    clock = SystemClock()
    finished = threading.Event()
    # The first fetch of a key imports what fetches it, which may take longer than this delivery has.
    bench.deliverer.key.current()
    poster = Poster(endpoint, bench.deliverer.key, clock, bench.telemetry, lambda: 0.0, clock.monotonic() + 1e6)

    class Watched:
        def post(self, payload: Payload) -> Fate:
            try:
                return poster.post(payload)
            finally:
                finished.set()

        def close(self) -> None:
            poster.close()

    results = delivery_of(Watched(), 1, 0.2, payloads(1)).deliver()
    assert [hold for _, hold in results.held] == [Hold("ambiguous", ambiguous=True)]
    release.set()
    assert finished.wait(LONGEST_S)
    assert len(endpoint.requests) == 1


def test_a_poster_that_raises_holds_its_payload() -> None:
    class Failing(GatedPoster):
        def post(self, payload: Payload) -> Fate:
            if payload.pieces[0].message == 1:
                raise MemoryError
            return Delivered()

    results = delivery_of(Failing(), 2, 30, payloads(3)).deliver()
    assert len(results.delivered) == 2
    assert [(piece.message, hold) for piece, hold in results.held] == [(1, Hold("error", ambiguous=True))]


def test_nothing_to_deliver_is_done_at_once() -> None:
    assert delivery_of(GatedPoster(), 2, 30, []).deliver() == Results()


class Refusing:
    """Refuses everything."""

    def post(self, payload: Payload) -> Fate:
        return Refused(400, "bad")

    def close(self) -> None:
        """Nothing is open."""


def test_a_fault_in_settling_is_raised_where_all_are_waited_for() -> None:
    """Then every message comes back; waiting for the deadline would take the time to say so."""

    def fault(payload: Payload) -> bool:
        raise ZeroDivisionError

    clock = SystemClock()
    started = clock.monotonic()
    with pytest.raises(ZeroDivisionError):
        Delivery(Refusing(), clock, 2, started + 60, Worklist(payloads(5), fault)).deliver()  # type: ignore[arg-type]  # a stand-in
    assert clock.monotonic() - started < 30


@pytest.mark.parametrize("first", [0, 1])
def test_where_no_more_threads_can_be_had_those_there_are_do_all(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Thread.start
    started: list[threading.Thread] = []

    def scarce(thread: threading.Thread) -> None:
        if len(started) == first and thread.name == Delivery.__name__:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", scarce)
    poster = GatedPoster()
    poster.gate.set()
    delivery = delivery_of(poster, 3, LONGEST_S, payloads(7))

    if first == 0:
        with pytest.raises(RuntimeError, match="thread"):
            delivery.deliver()
    else:
        assert len(delivery.deliver().delivered) == 7
