"""The payloads of one invocation: posted several at a time, halved where refused, stopped at the first hold."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from msgspec import Struct, field

from dreamdata_relay.clock import Clock
from dreamdata_relay.outcomes import Delivered, Hold, Refused
from dreamdata_relay.payloads import Payload, Piece
from dreamdata_relay.posting import Fate, Poster

# A poison event among 5,000 is found with some 26 refusals and acceptances together. Far more refusals, and nothing
# accepted: the fault is not in the events.
MAX_REFUSALS_WITHOUT_ACCEPTANCE = 32
MAX_REFUSALS = 400
_PAYLOAD_TOO_LARGE = 413
# A payload nearly as large as one that was too large is not worth asking, unless one as large was taken.
_NEARLY = 0.75
# A post that ends at the deadline is still waited for so long (seconds): its answer is worth more than the time.
_GRACE_S = 0.25


class Results(Struct):
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
        self._whole: deque[Payload] = deque()
        self._halves: list[Payload] = []
        self._stopped: Hold | None = None
        self._refusals = 0
        self._too_large_from: int | None = None
        self._largest_taken = 0

    def deliver(self, payloads: Sequence[Payload]) -> Results:
        """Post all of ``payloads``; every piece of them is in the results."""
        self._whole.extend(payloads)
        # Not a with-block: a post that outlasts its own time-outs must not hold back the answer to the queue.
        pool = ThreadPoolExecutor(max_workers=self._parallel)
        running: dict[Future[Fate], Payload] = {}
        try:
            self._start(pool, running)
            while running:
                left = max(_GRACE_S, self._deadline - self._clock.monotonic())
                done, _ = wait(running, left, FIRST_COMPLETED)
                if not done:
                    break
                for future in done:
                    self._settle(running.pop(future), future)
                self._start(pool, running)
        finally:
            self._poster.close()
            pool.shutdown(wait=False, cancel_futures=True)
        for payload in running.values():
            self._stop(payload, Hold("ambiguous", ambiguous=True))
        for payload in [*self._whole, *self._halves]:
            self._hold(payload, self._stopped or Hold("time"))
        return self._results

    def _start(self, pool: ThreadPoolExecutor, running: dict[Future[Fate], Payload]) -> None:
        while self._stopped is None and len(running) < self._parallel:
            payload = self._next()
            if payload is None:
                return
            running[pool.submit(self._poster.post, payload)] = payload

    def _next(self) -> Payload | None:
        """The next payload to post; one already known to be too large is halved unasked.

        Halves come after all else, since what is accepted makes a refusal count, and the last ones first: so the first
        culprits stand alone soon, however many there are.
        """
        while self._whole or self._halves:
            payload = self._whole.popleft() if self._whole else self._halves.pop()
            if not self._too_large(payload):
                return payload
            self._whole.extendleft(reversed(payload.halves()))
        return None

    def _too_large(self, payload: Payload) -> bool:
        if self._too_large_from is None or payload.events == 1:
            return False
        size = payload.size
        return size >= self._too_large_from or (size >= _NEARLY * self._too_large_from and size > self._largest_taken)

    def _settle(self, payload: Payload, future: Future[Fate]) -> None:
        fate = future.result() if future.exception() is None else Hold("error", ambiguous=True)
        if isinstance(fate, Delivered):
            self._results.delivered.extend(payload.pieces)
            self._results.payloads.append(payload)
            self._largest_taken = max(self._largest_taken, payload.size)
        elif isinstance(fate, Refused):
            self._refuse(payload, fate)
        elif fate.reason == "error":
            # Our own fault with this one says nothing about the others.
            self._hold(payload, fate)
        else:
            self._stop(payload, fate)

    def _refuse(self, payload: Payload, fate: Refused) -> None:
        self._refusals += 1
        alone = payload.events == 1
        if alone:
            self._results.refused.append((payload.pieces[0], fate))
        if not self._may_go_on(payload):
            self._stopped = self._stopped or Hold("time" if self._results.delivered else "refused_all")
            if not alone:
                self._hold(payload, self._stopped)
        elif not alone and fate.status == _PAYLOAD_TOO_LARGE:
            self._too_large_from = min(payload.size, self._too_large_from or payload.size)
            # At once: the size that is taken is needed for all the others.
            self._whole.extendleft(reversed(payload.halves()))
        elif not alone:
            self._halves.extend(reversed(payload.halves()))

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
