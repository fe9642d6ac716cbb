"""A post that outlasts its invocation changes nothing any more: its events are on their way back to the queue."""

import itertools
import threading

from dreamdata_relay.deliver.dispatch import Delivery
from dreamdata_relay.deliver.payloads import Payload, Piece
from dreamdata_relay.deliver.posting import Fate
from dreamdata_relay.deliver.responses import Delivered
from dreamdata_relay.deliver.worklist import Worklist


class _LatePoster:
    """Answers once it is told to; by then the invocation is over."""

    def __init__(self) -> None:
        self.may_answer = threading.Event()

    def post(self, _payload: Payload) -> Fate:
        self.may_answer.wait()
        return Delivered()

    def close(self) -> None:
        """There is no further try."""


class _LateClock:
    """Every time it is asked, a minute has passed."""

    def __init__(self) -> None:
        self._minutes = itertools.count()

    def monotonic(self) -> float:
        return 60.0 * next(self._minutes)


def test_an_answer_after_the_end_is_not_applied() -> None:
    poster, pieces = _LatePoster(), [Piece(0, b"{}", ["late"])]
    delivery = Delivery(poster, _LateClock(), 1, 0.0, Worklist([Payload.of(pieces)]))  # type: ignore[arg-type]

    results = delivery.deliver()
    poster.may_answer.set()
    for thread in threading.enumerate():
        if thread.name == Delivery.__name__:
            thread.join()

    assert [piece for piece, _ in results.held] == pieces
    assert results.delivered == []
