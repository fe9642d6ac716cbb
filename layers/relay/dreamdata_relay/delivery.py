"""The payloads of one invocation: several at a time where they wait, halved where refused, all held after one is."""

import threading
from collections import deque
from collections.abc import Callable, Sequence

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
# A post that takes longer (seconds) waits for the other side: another one beside it gains time. Until then a second
# thread would only take turns with the first, and the turns cost a third of a post.
_PATIENCE_S = 0.01


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
        self._posting: list[Payload] = []
        self._stopped: Hold | None = None
        self._answers = 0
        self._refusals = 0
        self._too_large_from: int | None = None
        self._largest_taken = 0
        self._over = False
        self._fault: Exception | None = None
        # Everything above changes while this is held only; told when the last post has ended or another may begin.
        self._change = threading.Condition()

    def deliver(self, payloads: Sequence[Payload]) -> Results:
        """Post all of ``payloads``; every piece of them is in the results. To be called once."""
        with self._change:
            self._whole.extend(payloads)
            try:
                self._employ()
                self._await(max(self._clock.monotonic() + _GRACE_S, self._deadline))
            finally:
                # A post that outlasts its own time-outs must not hold back the answer to the queue.
                self._over = True
                self._poster.close()
            if self._fault:
                raise self._fault
            for payload in self._posting:
                self._stop(payload, Hold("ambiguous", ambiguous=True))
            for payload in [*self._whole, *self._halves]:
                self._hold(payload, self._stopped or Hold("time"))
            return self._results

    def _await(self, end: float) -> None:
        """Until the last post has ended, at most until ``end``; one that is waited for gets another beside it."""
        while not self._ended() and (left := end - self._clock.monotonic()) > 0:
            answers = self._answers
            if not self._has_more():
                self._change.wait_for(lambda: self._ended() or self._has_more(), left)
            elif not self._change.wait_for(self._ended, min(left, _PATIENCE_S)) and answers == self._answers:
                self._employ()

    def _ended(self) -> bool:
        return self._fault is not None or not self._posting

    def _employ(self) -> None:
        """Start a thread, if there is a payload that may be posted beside those that are."""
        payload = self._take()
        if payload is None:
            return
        thread = threading.Thread(target=self._post_on, args=(payload,), name=Delivery.__name__, daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # No thread to be had: those there are go on with it.
            self._posting.remove(payload)
            self._whole.appendleft(payload)
            if not self._posting:
                raise

    def _post_on(self, payload: Payload | None) -> None:
        """In a thread: post ``payload`` and then what comes next, until there is nothing more.

        A thread takes its work itself: to be handed each payload costs half of what posting it costs.
        """
        while payload is not None:
            try:
                fate = self._poster.post(payload)
            except Exception:  # noqa: BLE001  # its place is the payload's fate: held, the others go on
                fate = Hold("error", ambiguous=True)
            with self._change:
                try:
                    payload = self._end(payload, fate)
                except Exception as error:  # noqa: BLE001  # its place is where all are waited for
                    self._fault = error
                    self._change.notify()
                    return

    def _end(self, payload: Payload, fate: Fate) -> Payload | None:
        if self._over:
            # Too late: its events are on their way back to the queue.
            return None
        self._answers += 1
        had_more = self._has_more()
        self._posting.remove(payload)
        self._settle(payload, fate)
        following = self._take()
        # Nobody is woken for what was known: who waits knows how long to be patient.
        if self._ended() or (self._has_more() and not had_more):
            self._change.notify()
        return following

    def _has_more(self) -> bool:
        """Whether there is something to post and it may be posted beside what is."""
        if self._stopped is not None or len(self._posting) == self._parallel:
            return False
        return bool(self._whole or self._halves)

    def _take(self) -> Payload | None:
        payload = self._next() if self._has_more() else None
        if payload is not None:
            self._posting.append(payload)
        return payload

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

    def _settle(self, payload: Payload, fate: Fate) -> None:
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
