"""One run of the deliver function, by what is known of it and by its own metrics: what goes in is counted out."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.simulation.reading import events_in

if TYPE_CHECKING:
    from tests.simulation.invocations import Invocation
    from tests.simulation.queues import Message
    from tests.simulation.world import World

_ENDS = ("EventsDelivered", "EventsHeld", "EventsRefused", "EventsRepeated", "EventsDropped", "EventsSuppressed")
_CLOCKS_S = 1.0
_REMEMBERED_S = 120.0


# What keeps the function from setting a visibility timeout, or lets another one receive the message meanwhile.
_UNHOLDING = frozenset(
    {"hold_refused", "hold_partial", "hold_lost", "queue_down", "send_slow", "send_lost", "secret_slow"}
    | {"post_stalled", "receive_twice", "delete_lost"}
)
_LEAST_REFETCH_S = 30


@dataclass(frozen=True)
class Before:
    """What was so when the run began: faults met, and how often each message's visibility had been set."""

    faults: int
    failures: int
    unholding: int
    holds: dict[str, int]

    @classmethod
    def of(cls, world: "World", batch: "list[Message]") -> "Before":
        """Now."""
        holds = {message.message_id: len(world.holds_set[message.message_id]) for message in batch}
        return cls(world.ledger.faults.total(), world.ledger.failures, _unholding(world), holds)


def check(world: "World", invocation: "Invocation", failed: set[str], before: Before) -> None:
    """Judge a run that came to its end and gave back the messages ``failed``."""
    _check_holds(world, invocation, failed, before)
    if world.ledger.faults.total() == before.faults:
        check_progress(world, invocation)
    check_counts(world, invocation, failed)
    check_age(world, invocation, failed)
    invocation.clean = not invocation.slowed and world.ledger.failures == before.failures
    world.accounts.check_overdue(invocation)
    refused_at = invocation.key_refused_at
    if refused_at is not None:
        asked_lately = invocation.environment.asked_at > refused_at - _LEAST_REFETCH_S - 1
        world.check(asked_lately, "a refused key is fetched anew")


def _unholding(world: "World") -> int:
    return sum(world.ledger.faults[fault] for fault in _UNHOLDING)


def _check_holds(world: "World", invocation: "Invocation", failed: set[str], before: Before) -> None:
    """Where nothing failed on the way, each message to come back is hidden, and for long enough."""
    clean = _unholding(world) == before.unholding
    told_when = bool(invocation.told) or world.plan.says_when
    for message in invocation.messages:
        holds = world.holds_set[message.message_id][before.holds[message.message_id] :]
        waits = [seconds for _, seconds in holds]
        stored = world.sqs.main.messages.get(message.message_id)
        ours = stored is not None and stored.receipt == message.receipt
        if message.message_id in failed and clean and ours:
            world.check(bool(waits), "a message to come back has its visibility timeout set")
        # Given out twice, it may have been hidden by the other run.
        if not waits or not ours:
            continue
        # A refusal is to be confirmed by a later receive, which need not be much later.
        if not told_when and invocation.refused.isdisjoint(message.markers):
            least = min(1800.0, 30.0 * 2 ** min(message.receives - 1, 20)) / 2
            world.check(waits[-1] >= int(least), "a held message waits longer with every receive")
        asked = invocation.asked_for(holds[-1][0])
        world.check(waits[-1] >= asked, "whatever a run holds waits as long as any Retry-After of it says")


def check_counts(world: "World", invocation: "Invocation", failed: set[str]) -> None:
    """Nothing is deleted that was not counted as an event's end, and nothing is counted twice."""
    deleted = [message for message in invocation.messages if message.message_id not in failed]
    gone = sum(_events(message.body) for message in deleted)
    repeated = int(sum(invocation.metrics.get("EventsRepeated", ())))
    dropped = int(sum(sum(invocation.metrics.get(name, ())) for name in ("EventsDropped", "EventsSuppressed")))
    if gone > invocation.ended + repeated + dropped:
        ended = f"{invocation.ended} came to an end or went back, {repeated} were repeats, {dropped} dropped"
        world.ledger.violated(f"messages with {gone} events were deleted, of which {ended}")
    counted = int(sum(sum(invocation.metrics.get(name, ())) for name in _ENDS))
    given = sum(_events(message.body) for message in invocation.messages)
    if counted > given:
        world.ledger.violated(f"of {given} events given to a run its metrics count {counted}")


def check_age(world: "World", invocation: "Invocation", failed: set[str]) -> None:
    """``HeldAge`` says how long the oldest of what waits has been on the queue, whatever messages it was in."""
    told = invocation.metrics.get("HeldAge")
    waiting = [message.first_at_latest for message in invocation.messages if message.message_id in failed]
    waiting += [message.first_at_latest for message in invocation.sent_back]
    if not told or not waiting:
        return
    now = world.scheduler.now
    oldest = now - min(message.first_at for message in invocation.messages)
    begun = world.mapping.longest_run_s
    if not now - min(waiting) - begun - _CLOCKS_S <= max(told) <= oldest + _CLOCKS_S:
        world.ledger.violated(
            f"HeldAge says {max(told):.0f} s where the oldest that waits is {now - min(waiting):.0f} s"
        )


def check_progress(world: "World", invocation: "Invocation") -> None:
    """A run in which nothing failed posts something, if it was given anything to post.

    Not where a fault may have been just before: what is known of a secret is remembered for a while.
    """
    if not world.plan.quiet(world.scheduler.now, _REMEMBERED_S):
        return
    events = world.ledger.events
    good = [
        marker
        for message in invocation.messages
        for marker in message.markers
        if events[marker].refusal is None and not events[marker].dropped and not world.ledger.ends(marker)
        if not world.privacy.may_suppress(events[marker])
    ]
    if good and not invocation.posts:
        world.ledger.violated(f"a run in which nothing failed posted nothing, though it was given {good[0]}")


def _events(body: str) -> int:
    """How many ends a message asks for: one at least."""
    return max(1, len(events_in(body)))
