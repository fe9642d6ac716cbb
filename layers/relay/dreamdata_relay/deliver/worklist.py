"""Decides which payload is posted next, and what an answer means for the payloads that remain.

Pure bookkeeping for one invocation: it neither posts nor waits, and one thread at a time may use it.

- A refused payload is halved until the culprits stand alone.
- The first hold stops the rest: Dreamdata is away, or the key is wrong.
- Messages that were received often are isolated: a payload of theirs that fails (5xx, time-out, a redirect) is halved,
  too, since one event can make a server fail every time. It is posted in parts to begin with: whatever is answered to
  one event, and though nothing may be posted after that, the others get through in the end.
"""

from collections import deque
from collections.abc import Callable, Sequence

from dreamdata_relay.deliver.payloads import Halved, Payload, Since, in_order
from dreamdata_relay.deliver.responses import Delivered, Hold, Refused
from dreamdata_relay.deliver.results import Results

# A poison event among 5,000 is found with some 26 refusals and acceptances together. Far more refusals, and nothing
# accepted: the fault is not in the events.
MAX_REFUSALS_WITHOUT_ACCEPTANCE = 32
MAX_REFUSALS = 400
# From here on halves come first: half of five thousand events is taken, or a single one reached, after 13 more.
_REFUSALS_TO_HALVE = 16
# Refusals that may be about the key (403) or the endpoint. Of a payload with one culprit the third post is accepted.
MAX_DOUBTS_WITHOUT_ACCEPTANCE = 8
# Failures while messages are isolated. Without an acceptance it is an outage, and each costs three tries.
MAX_FAILURES_WITHOUT_ACCEPTANCE = 6
MAX_FAILURES = 60
_PAYLOAD_TOO_LARGE = 413
# A payload nearly as large as one that was too large is not worth asking, unless one as large was taken.
_NEARLY = 0.75


class Worklist:
    """The payloads of one invocation.

    ``patient``: whether a payload's refusals count without any acceptance (all its messages have waited for hours).
    ``confirming``: whether each event of a payload was refused alone on an earlier receive already; ``doubted``: and by
    a status that alone might be about the key. ``divisible``: whether what waits of its messages may go back as
    messages of their own. ``before``: the results of an earlier round of the same invocation.
    """

    def __init__(
        self,
        payloads: Sequence[Payload],
        patient: Callable[[Payload], bool] = lambda _payload: False,
        confirming: Callable[[Payload], bool] = lambda _payload: False,
        doubted: Callable[[Payload], bool] = lambda _payload: False,
        divisible: Callable[[Payload], bool] = lambda _payload: True,
        before: Results | None = None,
    ) -> None:
        self.results = Results()
        if before is not None:
            self.results.acceptances, self.results.contradicted = before.acceptances, before.contradicted
            self.results.posts, self.results.last_accepted = before.posts, before.last_accepted
        self._patient = patient
        self._confirming = confirming
        self._doubted_before = doubted
        self._whole = deque(in_order(payloads, confirming, divisible))
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
        """The next payload to post; one already known to be too large is halved unasked."""
        while self.has_more:
            payload = self._next()
            if not self._too_large(payload):
                self.results.posts += 1
                payload.number = self.results.posts
                return payload
            # Nobody was asked about it: at most one that it is a part of was refused.
            since = payload.halved.since if payload.halved else None
            self._whole.extendleft(reversed(payload.halves(Halved(since, payload.halved, by_size=True))))
        return None

    def give_back(self, payload: Payload) -> None:
        """``payload`` was taken and not posted: it is the next one again."""
        self._whole.appendleft(payload)

    def settle(self, payload: Payload, fate: Delivered | Hold | Refused) -> None:
        """Note what became of ``payload``."""
        if isinstance(fate, Delivered):
            self._deliver(payload)
        elif isinstance(fate, Refused):
            self._refuse(payload, fate)
        else:
            self.results.ambiguous += payload.events if fate.ambiguous else 0
            if fate.reason == "error":
                # Our own fault with this one says nothing about the others.
                self._hold(payload, fate)
            elif payload.isolates and fate.suspect:
                self._fail(payload, fate)
            elif payload.isolates and fate.refuses_key and self.results.acceptances:
                # Others were accepted with it: the key is not to blame.
                self._stop(payload, Hold("refused", status=fate.status))
            else:
                self._stop(payload, fate)

    def finish(self, posting: Sequence[Payload]) -> Results:
        """The results: what is still ``posting`` may have arrived, the rest waits."""
        for payload in posting:
            self.results.ambiguous += payload.events
            self._stop(payload, Hold("ambiguous", ambiguous=True))
        rest = [*self._whole, *self._isolating, *self._halves]
        self.results.stopped = self._stopped or (Hold("time") if rest else None)
        for payload in rest:
            self._hold(payload, self.results.stopped or Hold("time"))
        if self._doubted and self.results.acceptances:
            # A post on its way was accepted after all: it is not the key, nor the endpoint.
            self.results.held = [
                (piece, Hold("refused") if hold.reason in self._doubted else hold) for piece, hold in self.results.held
            ]
        return self.results

    def _next(self) -> Payload:
        """Halves come after all else, since what is accepted makes a refusal count, and the last ones first.

        So the first culprits stand alone soon, however many there are. Where nothing has been accepted yet there may be
        one in every payload: then halves are tried while there are refusals left to reach a single event.
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
            # Both halves of it, so the payload as a whole.
            self.results.contradicted |= not halved.by_size
            halved = halved.parent

    def _refuse(self, payload: Payload, fate: Refused) -> None:
        self._refusals += 1
        self._since(payload)
        alone = payload.events == 1
        if alone and self._confirming(payload) and not payload.asked_again and self._may_go_on(payload):
            # It is about to be believed: a refusal that comes and goes is not of the event. The others come first.
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
        """Whether ``payload`` is held, since the refusal may be of the key or the endpoint."""
        if self._confirming(payload):
            if self._doubted_before(payload):
                return False
            # Refused before, beside what was accepted: it need not be the key, nor is it worth more posts yet.
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
            # At once: the size that is taken is needed for all the others.
            self._whole.extendleft(reversed(payload.halves(self._halving(payload, by_size=True))))
            return
        left = MAX_DOUBTS_WITHOUT_ACCEPTANCE - self._doubts
        if fate.doubtful and not self.results.acceptances and payload.receives > 1 and payload.events > left > 0:
            # Halving found nothing that is accepted before: then many are culprits, and one good event shows that it
            # is neither the key nor the endpoint.
            self._halves += reversed(payload.singled_out(self._halving(payload), left))
            return
        halves = list(payload.halves(self._halving(payload)))
        # Where most are culprits the first few posts find none that is accepted: every other time from the far end.
        if payload.receives % 2:
            halves.reverse()
        # Its other half is still to come, and before what is left of this one: of one culprit's it is accepted.
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
        """A payload of messages received often: one event of theirs may be what Dreamdata fails on."""
        self._failures += 1
        if self._failures >= (MAX_FAILURES if self.results.acceptances else MAX_FAILURES_WITHOUT_ACCEPTANCE):
            self._stop(payload, hold)
        elif payload.events == 1:
            self.results.failed.append((payload.pieces[0], hold, self._since(payload)))
        else:
            parts = payload.isolated(self._since(payload))
            # Without an acceptance breadth first: the part that is taken shows that Dreamdata is there.
            if self.results.acceptances:
                self._isolating.extendleft(reversed(parts))
            else:
                self._isolating.extend(parts)

    def _stop(self, payload: Payload, hold: Hold) -> None:
        self._hold(payload, hold)
        if self._stopped is None or (hold.after or 0) > (self._stopped.after or 0):
            # Those not tried cannot have arrived.
            self._stopped = Hold(hold.reason, after=hold.after)

    def _hold(self, payload: Payload, hold: Hold) -> None:
        self.results.held.extend((piece, hold) for piece in payload.pieces)
