"""The payloads of one invocation: posted several at a time, halved where refused, stopped at the first hold."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from dreamdata_relay.clock import Clock
from dreamdata_relay.outcomes import Delivered, Hold, Refused
from dreamdata_relay.payloads import Payload, Piece
from dreamdata_relay.posting import Fate, Poster

# A poison event among 600 is found with 20 refusals. Far more, and nothing accepted: the fault is not in the events.
MAX_REFUSALS_WITHOUT_ACCEPTANCE = 24
MAX_REFUSALS = 400
_PAYLOAD_TOO_LARGE = 413


@dataclass(slots=True)
class Results:
    """Every piece's end, each exactly once."""

    delivered: list[Piece] = field(default_factory=list)
    held: list[tuple[Piece, Hold]] = field(default_factory=list)
    refused: list[tuple[Piece, Refused]] = field(default_factory=list)
    payloads: list[Payload] = field(default_factory=list)


class Delivery:
    """Posts payloads by ``poster`` in up to ``parallel`` threads until ``deadline`` (monotonic seconds).

    ``patient`` says of a payload whether its refusals count without any acceptance (all its messages were received
    often enough).
    """

    def __init__(
        self,
        poster: Poster,
        clock: Clock,
        parallel: int,
        deadline: float,
        patient: Callable[[Payload], bool],
    ) -> None:
        self._poster = poster
        self._clock = clock
        self._parallel = parallel
        self._deadline = deadline
        self._patient = patient
        self._results = Results()
        self._waiting: deque[Payload] = deque()
        self._stopped: Hold | None = None
        self._refusals = 0
        self._too_large_from: int | None = None

    def deliver(self, payloads: Sequence[Payload]) -> Results:
        """Post all of ``payloads``; every piece of them is in the results."""
        self._waiting.extend(payloads)
        if self._parallel > 1 and len(payloads) > 1:
            self._deliver_parallel()
        else:
            while self._waiting and self._stopped is None:
                payload = self._next()
                if payload is not None:
                    self._settle(payload, self._poster.post(payload))
        for payload in self._waiting:
            self._hold(payload, self._stopped or Hold("time"))
        return self._results

    def _deliver_parallel(self) -> None:
        # Not a with-block: a post that outlasts its own time-outs must not hold back the answer to the queue.
        pool = ThreadPoolExecutor(max_workers=self._parallel)
        running: dict[Future[Fate], Payload] = {}
        try:
            while running or (self._waiting and self._stopped is None):
                while self._waiting and self._stopped is None and len(running) < self._parallel:
                    payload = self._next()
                    if payload is not None:
                        running[pool.submit(self._poster.post, payload)] = payload
                done, _ = wait(running, self._deadline - self._clock.monotonic(), FIRST_COMPLETED)
                if not done and running:
                    break
                for future in done:
                    self._settle(running.pop(future), future.result())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        for payload in running.values():
            self._stop(payload, Hold("ambiguous", ambiguous=True))

    def _next(self) -> Payload | None:
        """The next payload to post; one already known to be too large is halved first (None: look again)."""
        payload = self._waiting.popleft()
        if self._too_large_from is not None and payload.size >= self._too_large_from and payload.events > 1:
            self._waiting.extendleft(reversed(payload.halves()))
            return None
        return payload

    def _settle(self, payload: Payload, fate: Fate) -> None:
        if isinstance(fate, Delivered):
            self._results.delivered.extend(payload.pieces)
            self._results.payloads.append(payload)
        elif isinstance(fate, Hold):
            self._stop(payload, fate)
        else:
            self._refuse(payload, fate)

    def _refuse(self, payload: Payload, fate: Refused) -> None:
        self._refusals += 1
        if fate.status == _PAYLOAD_TOO_LARGE and payload.events > 1:
            self._too_large_from = min(payload.size, self._too_large_from or payload.size)
        if payload.events == 1:
            self._results.refused.append((payload.pieces[0], fate))
        elif self._may_go_on(payload):
            # At the end: what is accepted first is what makes a refusal count.
            self._waiting.extend(payload.halves())
        else:
            self._stop(payload, Hold("refused_all"))

    def _may_go_on(self, payload: Payload) -> bool:
        if self._results.delivered or self._patient(payload):
            return self._refusals < MAX_REFUSALS
        return self._refusals < MAX_REFUSALS_WITHOUT_ACCEPTANCE

    def _stop(self, payload: Payload, hold: Hold) -> None:
        self._hold(payload, hold)
        if self._stopped is None:
            # Those not tried cannot have arrived.
            self._stopped = Hold(hold.reason, after=hold.after)

    def _hold(self, payload: Payload, hold: Hold) -> None:
        self._results.held.extend((piece, hold) for piece in payload.pieces)
