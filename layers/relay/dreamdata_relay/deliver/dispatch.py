"""Posts the payloads of one invocation in threads: several at a time if posts wait, none after the deadline."""

import threading

from dreamdata_relay.clock import Clock
from dreamdata_relay.deliver.payloads import Payload
from dreamdata_relay.deliver.posting import Fate, Poster
from dreamdata_relay.deliver.responses import Hold
from dreamdata_relay.deliver.results import Results
from dreamdata_relay.deliver.worklist import Worklist

# How long (seconds) to wait past the deadline for a post under way: its answer is worth more than the time.
_GRACE_S = 0.25
# A post that takes longer (seconds) is waiting for Dreamdata, so a parallel one gains time. Before that a second thread
# would only alternate with the first, and switching costs a third of a post.
_PATIENCE_S = 0.01


class Delivery:
    """Posts the payloads of ``worklist`` with ``poster``, in up to ``parallel`` threads.

    ``deadline`` is in monotonic seconds.
    """

    def __init__(self, poster: Poster, clock: Clock, parallel: int, deadline: float, worklist: Worklist) -> None:
        self._poster = poster
        self._clock = clock
        self._parallel = parallel
        self._deadline = deadline
        self._worklist = worklist
        self._posting: list[Payload] = []
        self._answers = 0
        self._over = False
        self._fault: Exception | None = None
        # Guards everything above; notified when the last post has ended or another may begin.
        self._change = threading.Condition()

    def deliver(self) -> Results:
        """Post all payloads and return results that hold every piece of them. Call it once."""
        with self._change:
            try:
                self._employ()
                self._await(max(self._clock.monotonic() + _GRACE_S, self._deadline))
            finally:
                # A post that outlasts its own time-outs must not hold back the answer to the queue.
                self._over = True
                self._poster.close()
            if self._fault:
                raise self._fault
            return self._worklist.finish(self._posting)

    def _await(self, end: float) -> None:
        """Wait until the last post has ended, at most until ``end``; start another thread while a post waits."""
        while not self._ended() and (left := end - self._clock.monotonic()) > 0:
            answers = self._answers
            if not self._has_more():
                self._change.wait_for(lambda: self._ended() or self._has_more(), left)
            elif not self._change.wait_for(self._ended, min(left, _PATIENCE_S)) and answers == self._answers:
                self._employ()

    def _ended(self) -> bool:
        return self._fault is not None or not self._posting

    def _employ(self) -> None:
        """Start a thread if a payload may be posted in parallel with the current ones."""
        payload = self._take()
        if payload is None:
            return
        thread = threading.Thread(target=self._post_on, args=(payload,), name=Delivery.__name__, daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # No thread can be started: the existing ones go on with it.
            self._posting.remove(payload)
            self._worklist.give_back(payload)
            if not self._posting:
                raise

    def _post_on(self, payload: Payload | None) -> None:
        """Post ``payload`` and then the next ones until none is left; runs in a thread.

        Each thread takes its own work, because handing over a payload costs half as much as posting it.
        """
        while payload is not None:
            try:
                fate = self._poster.post(payload)
            except Exception:  # noqa: BLE001  # it becomes the payload's outcome: held; the others go on
                fate = Hold("error", ambiguous=True)
            with self._change:
                try:
                    payload = self._end(payload, fate)
                except Exception as error:  # noqa: BLE001  # raised again where all are awaited
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
        self._worklist.settle(payload, fate)
        following = self._take()
        # Wake nobody for what was known before: the waiting thread knows how long to wait.
        if self._ended() or (self._has_more() and not had_more):
            self._change.notify()
        return following

    def _has_more(self) -> bool:
        """Whether a payload is left that may be posted in parallel with the current ones."""
        return len(self._posting) < self._parallel and self._worklist.has_more

    def _take(self) -> Payload | None:
        payload = self._worklist.take() if self._has_more() else None
        if payload is not None:
            self._posting.append(payload)
        return payload
