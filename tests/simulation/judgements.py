"""What Dreamdata's answers to an event allow to be believed of it, and when believing it is overdue."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tests.simulation.invocations import Invocation

# Statuses whose refusal of everything, for hours, is believed in the end; any other may be of the key or the way.
OF_THE_EVENTS = frozenset({400, 413, 422})
# The rule says about 20 receives before a failure is taken for the event's own.
_FAILED_RECEIVES = 15
_HOURS_S = 2 * 3600.0
_RECEIVES_OF_HOURS = 2
# Where nothing is accepted any more, a failure may be of the hour.
_LONELY_FAILURE_S = 1.5 * 3600.0
# In the run after the one that flagged it an event is believed.
_MOST_RUNS = 1
# What was accepted before proves less than what was accepted after; as often as this it is no chance. Where one post
# ends before the next begins, what is accepted after it is waiting for its turn.
_MOST_RUNS_BESIDE, _MOST_ONE_BY_ONE = 12, 3


@dataclass(frozen=True)
class Rejection:
    """One post that Dreamdata refused (``status``) or failed on, as one of its events sees it.

    ``accepted``: how many posts of the run had been accepted by then, ``settled``: how many calls to the queues it had
    made; ``packed``: it was in gzip.
    """

    invocation: "Invocation"
    status: int | None
    alone: bool
    failed: bool
    moment: float
    accepted: int
    settled: int
    packed: bool


class Acceptance(NamedTuple):
    """A post that was taken: when it was ``begun``, and how many calls to the queues its run had made by its end."""

    begun: float
    settled: int


class Rejections(list[Rejection]):
    """All of one event, in their order."""

    def by_run(self) -> list["Rejections"]:
        """Those of each run in which it was rejected alone."""
        runs: dict[int, Rejections] = {}
        for one in self:
            runs.setdefault(id(one.invocation), Rejections()).append(one)
        return [run for run in runs.values() if any(one.alone for one in run)]

    def of(self, run: "Invocation") -> "Rejections | None":
        """Those of ``run``, if it was rejected alone in it."""
        found = Rejections(one for one in self if one.invocation is run)
        return found if any(one.alone for one in found) else None

    @property
    def beside(self) -> bool:
        """Of one run: whether anything was accepted in it."""
        return self[0].invocation.accepted > 0

    @property
    def proven(self) -> bool:
        """Of one run: whether the relay heard of an acceptance after the first of these."""
        return self[0].invocation.accepted > self[0].accepted

    @property
    def shown(self) -> bool:
        """Of one run: whether anything was posted after the answer of the first of these, and accepted.

        Of posts under way together nobody knows which Dreamdata judged first: refusals of everything may begin between.
        """
        return any(one.begun >= self[0].moment for one in self[0].invocation.acceptances)

    @property
    def surely_proven(self) -> bool:
        """Of one run: whether anything was posted after the last of these and accepted, before any message was settled.

        What is accepted later in the run was read later.
        """
        last = self[-1]
        return any(one.begun >= last.moment and one.settled == last.settled for one in last.invocation.acceptances)

    @property
    def of_the_event(self) -> bool:
        """Of one run: whether a refusal of the event alone was surely of what was sent."""
        return any(one.status in OF_THE_EVENTS for one in self if one.alone and not one.failed)

    @property
    def of_the_way(self) -> bool:
        """Of one run: whether a refusal of the event alone may have been of the key or the way."""
        return any(one.status not in OF_THE_EVENTS for one in self if one.alone and not one.failed)

    def alone(self, *, failed: bool) -> int:
        """How often the event was refused, or failed on, alone; in gzip a refusal says nothing."""
        return sum(one.alone and one.failed == failed and (failed or not one.packed) for one in self)


def believable(rejections: Rejections, run: "Invocation", receives: int, now: float) -> str | None:
    """Why ``run`` may not dead-letter an event as refused by Dreamdata, which did ``rejections``; None: it may."""
    last = rejections.of(run)
    if last is None:
        return "Dreamdata did not refuse it alone in the run that believes it"
    earlier = [one for one in rejections.by_run() if one[0].invocation is not run]
    runs = [*earlier, last]
    if run.contradicted:
        return "Dreamdata took what it had refused in the same run"
    beside = [one for one in runs if one.beside]
    shown = any(one.shown for one in runs) or len(beside) >= 2
    proven = any(one.proven for one in runs) or len(beside) >= 2
    since = now - beside[0][0].moment if beside else 0.0
    failed = last.alone(failed=True) and len(runs) >= 2 and receives >= _FAILED_RECEIVES
    if failed and proven and (last.proven or since >= _LONELY_FAILURE_S):
        return None
    asked, waited = last.alone(failed=False), since >= _HOURS_S
    # What may be of the key or the way is confirmed by its like, or beside something that is accepted.
    of_a_kind = last.of_the_event or last.proven or (any(one.of_the_way for one in earlier) and (last.beside or waited))
    if len(runs) >= 2 and asked >= 2 and (shown or waited) and of_a_kind:
        return None
    lonely = [one for one in rejections if one.status in OF_THE_EVENTS and not one.invocation.accepted]
    lonely_runs = len({id(one.invocation) for one in lonely})
    if lonely and now - lonely[0].moment >= _HOURS_S and lonely_runs >= _RECEIVES_OF_HOURS:
        return None
    return (
        f"Dreamdata refused it alone on {len(runs)} receives, {len(beside)} of them beside an acceptance, in the last"
        f" one {asked} times (received {receives} times)"
    )


class Patience:
    """Counts, run by run, how often an event that Dreamdata always rejects should have been dead-lettered.

    In a run without a fault it was rejected alone and another was accepted after that; then it was so again and again.
    A refusal needs no other acceptance to be confirmed. Whoever asks twice in a run means to believe the answer, and
    does so in the end.
    """

    def __init__(self, *, one_by_one: bool) -> None:
        self._most_beside = _MOST_ONE_BY_ONE if one_by_one else _MOST_RUNS_BESIDE
        self._told = 0
        self._asked_beside = 0

    def ends(self, run: Rejections) -> bool:
        """Whether it does, now that ``run`` is over and the event still waits."""
        invocation = run[0].invocation
        if invocation.clean and not invocation.contradicted and invocation.key_refused_at is None:
            confirms = run.alone(failed=False) > 1 and run.of_the_event
            self._told += run.surely_proven or (self._told > 0 and confirms)
            self._asked_beside += run.beside and run.alone(failed=False) > 1
        return self._told > _MOST_RUNS or self._asked_beside > self._most_beside
