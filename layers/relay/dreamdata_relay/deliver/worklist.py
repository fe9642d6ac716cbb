"""Decides which payload is posted next, and what an answer means for the remaining payloads.

Pure bookkeeping for one invocation: it neither posts nor waits, and only one thread at a time may use it.

- A refused payload is halved until each culprit is alone.
- The first hold stops the rest, because Dreamdata is down or the key is wrong.
- Messages that were received often are isolated: their payloads are posted in parts, and halved after failures too.
"""

from collections import deque
from collections.abc import Callable, Sequence

from dreamdata_relay.deliver.payloads import Halved, Payload, Since
from dreamdata_relay.deliver.posting_order import in_order
from dreamdata_relay.deliver.responses import Delivered, Hold, Refused
from dreamdata_relay.deliver.results import Results

# Finding a poison event among 5,000 takes some 26 posts; far more refusals, and no acceptance, have another cause.
MAX_REFUSALS_WITHOUT_ACCEPTANCE = 32
MAX_REFUSALS = 400
# After this many refusals halves come first: 13 more find an acceptance among 5,000 events, or reach a single one.
_REFUSALS_TO_HALVE = 16
# Limit of refusals that may concern the key (403) or the endpoint; with one culprit the third post is accepted.
MAX_DOUBTS_WITHOUT_ACCEPTANCE = 8
# Limit of failures while messages are isolated; without an acceptance it is an outage, and each costs three tries.
MAX_FAILURES_WITHOUT_ACCEPTANCE = 6
MAX_FAILURES = 60
_PAYLOAD_TOO_LARGE = 413
# A payload nearly as large as one that was too large is halved unposted, unless one as large was accepted.
_NEARLY = 0.75


class Worklist:
    """The payloads of one invocation. ``before``: the results of an earlier round.

    ``patient``: whether a payload's refusals count without any acceptance, because its messages waited for hours.
    ``confirming``: whether each of its events was refused alone on an earlier receive; ``doubted``: by a status that
    may concern the key. ``halvings``: how often it is halved if isolated; 0 if its messages may not be split.
    """

    def __init__(
        self,
        payloads: Sequence[Payload],
        patient: Callable[[Payload], bool] = lambda _payload: False,
        confirming: Callable[[Payload], bool] = lambda _payload: False,
        doubted: Callable[[Payload], bool] = lambda _payload: False,
        halvings: Callable[[Payload], int] = lambda _payload: 2,
        before: Results | None = None,
    ) -> None:
        self.results = before.going_on() if before else Results()
        self._patient = patient
        self._confirming = confirming
        self._doubted_before = doubted
        self._whole = deque(in_order(payloads, confirming, halvings))
        self._isolating: deque[Payload] = deque()
        self._halves: list[Payload] = []
        self._stopped: Hold | None = None
        self._refusals = 0
        self._doubts = 0
        self._doubted: set[str] = set()
        self._failures = 0
        self._too_large_from: int | None = None
        self._largest_taken = 0

    @property
    def has_more(self) -> bool:
        """Whether there is a payload to post."""
        return self._stopped is None and bool(self._whole or self._isolating or self._halves)

    def take(self) -> Payload | None:
        """Return the next payload to post; one that is known to be too large is halved first."""
        while self.has_more:
            payload = self._next()
            if not self._too_large(payload):
                self.results.posts += 1
                payload.number = self.results.posts
                return payload
            # It was not posted; at most a payload that it is a part of was refused.
            since = payload.halved.since if payload.halved else None
            self._whole.extendleft(reversed(payload.halves(Halved(since, payload.halved, by_size=True))))
        return None

    def give_back(self, payload: Payload) -> None:
        """Put back ``payload``, which was not posted; it is the next one again."""
        self._whole.appendleft(payload)

    def settle(self, payload: Payload, fate: Delivered | Hold | Refused) -> None:
        """Note the outcome of ``payload``."""
        if isinstance(fate, Delivered):
            self._deliver(payload)
        elif isinstance(fate, Refused):
            self._refuse(payload, fate)
        else:
            self.results.ambiguous += payload.events if fate.ambiguous else 0
            if fate.reason == "error":
                # A fault of the relay says nothing about the other payloads.
                self._hold(payload, fate)
            elif payload.isolates and fate.suspect:
                self._fail(payload, fate)
            elif payload.isolates and fate.refuses_key and self.results.acceptances:
                # Others were accepted with it: the key is not to blame.
                self._stop(payload, Hold("refused", status=fate.status))
            else:
                self._stop(payload, fate)

    def finish(self, posting: Sequence[Payload]) -> Results:
        """Return the results; payloads still ``posting`` may have arrived, the rest waits."""
        for payload in posting:
            self.results.ambiguous += payload.events
            self._stop(payload, Hold("ambiguous", ambiguous=True))
        rest = [*self._whole, *self._isolating, *self._halves]
        self.results.stopped = self._stopped or (Hold("time") if rest else None)
        for payload in rest:
            self._hold(payload, self.results.stopped or Hold("time"))
        if self._doubted and self.results.acceptances:
            # A post under way was accepted after all, which clears the key and the endpoint.
            self.results.held = [
                (piece, Hold("refused") if hold.reason in self._doubted else hold) for piece, hold in self.results.held
            ]
        return self.results

    def _next(self) -> Payload:
        """Choose the latest halves, so that culprits are soon alone, but after all others, which may be accepted.

        If nothing has been accepted yet, every payload may have a culprit; then halves come first after some refusals.
        """
        if self._halves and self._refusals >= _REFUSALS_TO_HALVE and not self.results.acceptances:
            return self._halves.pop()
        if self._isolating and not (self._whole and self._whole[0].goes_first):
            return self._isolating.popleft()
        if self._whole:
            return self._whole.popleft()
        return self._halves.pop()

    def _too_large(self, payload: Payload) -> bool:
        if self._too_large_from is None or payload.events == 1:
            return False
        size = payload.size
        return size >= self._too_large_from or (size >= _NEARLY * self._too_large_from and size > self._largest_taken)

    def _deliver(self, payload: Payload) -> None:
        self.results.acceptances += 1
        self.results.last_accepted = max(self.results.last_accepted, payload.number)
        self.results.delivered.extend(payload.pieces)
        self.results.payloads.append(payload)
        self._largest_taken = max(self._largest_taken, payload.size)
        self.results.contradicted |= payload.asked_again
        halved = payload.halved
        while halved is not None and halved.taken():
            # Both halves were accepted, and so was the payload as a whole.
            self.results.contradicted |= not halved.by_size
            halved = halved.parent

    def _refuse(self, payload: Payload, fate: Refused) -> None:
        self._refusals += 1
        self._since(payload)
        alone = payload.events == 1
        if alone and self._confirming(payload) and not payload.asked_again and self._may_go_on(payload):
            # Ask again before it is believed, after the others: a refusal that comes and goes is not the event's fault.
            payload.asked_again = True
            self._halves.append(payload)
            return
        if fate.doubtful and not self.results.acceptances and self._ends_doubt(payload, fate):
            return
        if alone:
            self.results.refused.append((payload.pieces[0], fate, self._since(payload)))
        if not self._may_go_on(payload):
            self._stopped = self._stopped or Hold("time" if self.results.acceptances else "refused_all")
            if not alone:
                self._hold(payload, self._stopped)
        elif not alone:
            self._halve(payload, fate)

    def _ends_doubt(self, payload: Payload, fate: Refused) -> bool:
        """Whether ``payload`` is held because the refusal may concern the key or the endpoint."""
        if self._confirming(payload):
            if self._doubted_before(payload):
                return False
            # It was refused before while others were accepted: the key need not be wrong, and more posts tell nothing.
            if self._may_go_on(payload):
                self._hold(payload, Hold("refused"))
            else:
                self._stop(payload, Hold(fate.hold_reason))
            return True
        self._doubts += 1
        self._doubted.add(fate.hold_reason)
        if self._doubts < MAX_DOUBTS_WITHOUT_ACCEPTANCE:
            return False
        self._stop(payload, Hold(fate.hold_reason))
        return True

    def _halve(self, payload: Payload, fate: Refused) -> None:
        if fate.status == _PAYLOAD_TOO_LARGE:
            self._too_large_from = min(payload.size, self._too_large_from or payload.size)
            # Halve it at once, because all the others need to know which size is accepted.
            self._whole.extendleft(reversed(payload.halves(self._halving(payload, by_size=True))))
            return
        left = MAX_DOUBTS_WITHOUT_ACCEPTANCE - self._doubts
        if fate.doubtful and not self.results.acceptances and payload.receives > 1 and payload.events > left > 0:
            # Halving found nothing acceptable before: many culprits. A good event would clear the key and the endpoint.
            self._halves += reversed(payload.singled_out(self._halving(payload), left))
            return
        halves = list(payload.halves(self._halving(payload)))
        # If most events are culprits, the first few posts find no good one, so every other time start from the far end.
        if payload.receives % 2:
            halves.reverse()
        # Its other half is posted before the rest of this one; if there is only one culprit, it is accepted.
        is_next = bool(self._halves) and payload.halved is not None and self._halves[-1].halved is payload.halved
        place = len(self._halves) - is_next
        self._halves[place:place] = halves

    def _since(self, payload: Payload) -> Since:
        if payload.since is None:
            before = payload.halved.since if payload.halved else None
            payload.since = before or Since(self.results.acceptances, self.results.posts)
        return payload.since

    def _halving(self, payload: Payload, *, by_size: bool = False) -> Halved:
        return Halved(self._since(payload), payload.halved, by_size)

    def _may_go_on(self, payload: Payload) -> bool:
        if self.results.acceptances or self._patient(payload) or self._confirming(payload):
            return self._refusals < MAX_REFUSALS
        return self._refusals < MAX_REFUSALS_WITHOUT_ACCEPTANCE

    def _fail(self, payload: Payload, hold: Hold) -> None:
        """Handle the failure of a payload of isolated messages: Dreamdata may fail on one of its events."""
        self._failures += 1
        if self._failures >= (MAX_FAILURES if self.results.acceptances else MAX_FAILURES_WITHOUT_ACCEPTANCE):
            self._stop(payload, hold)
        elif payload.events == 1:
            self.results.failed.append((payload.pieces[0], hold, self._since(payload)))
        else:
            parts = payload.isolated(self._since(payload))
            if self.results.acceptances or payload.goes_deep:
                (self._isolating if self.results.acceptances else self._whole).extendleft(reversed(parts))
            else:
                # Breadth first until an acceptance shows that Dreamdata is up.
                self._isolating.extend(parts)

    def _stop(self, payload: Payload, hold: Hold) -> None:
        self._hold(payload, hold)
        if self._stopped is None or (hold.after or 0) > (self._stopped.after or 0):
            # Payloads that were not tried cannot have arrived.
            self._stopped = Hold(hold.reason, after=hold.after)

    def _hold(self, payload: Payload, hold: Hold) -> None:
        self.results.held.extend((piece, hold) for piece in payload.pieces)
