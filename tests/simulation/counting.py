"""What goes in is counted out: one run of the deliver function, by what is known of it and by its own metrics."""

from typing import TYPE_CHECKING

from tests.simulation.reading import events_in

if TYPE_CHECKING:
    from tests.simulation.invocations import Invocation
    from tests.simulation.world import World

_ENDS = ("EventsDelivered", "EventsHeld", "EventsRefused", "EventsRepeated")
_CLOCKS_S = 1.0
_REMEMBERED_S = 120.0


def check_counts(world: "World", invocation: "Invocation", failed: set[str]) -> None:
    """Nothing is deleted that was not counted as an event's end, and nothing is counted twice."""
    deleted = [message for message in invocation.messages if message.message_id not in failed]
    gone = sum(_events(message.body) for message in deleted)
    repeated = int(sum(invocation.metrics.get("EventsRepeated", ())))
    if gone > invocation.ended + repeated:
        ended = f"{invocation.ended} came to an end or went back, {repeated} were repeats"
        world.ledger.violated(f"messages with {gone} events were deleted, of which {ended}")
    counted = int(sum(sum(invocation.metrics.get(name, ())) for name in _ENDS))
    given = sum(_events(message.body) for message in invocation.messages)
    if counted > given:
        world.ledger.violated(f"of {given} events given to a run its metrics count {counted}")


def check_age(world: "World", invocation: "Invocation", failed: set[str]) -> None:
    """``HeldAge`` says how long the oldest of what waits has been on the queue, whatever messages it was in."""
    told = invocation.metrics.get("HeldAge")
    waiting = [message.first_at for message in invocation.messages if message.message_id in failed]
    waiting += [message.first_at for message in invocation.sent_back]
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
        if events[marker].refusal is None and not world.ledger.ends(marker)
    ]
    if good and not invocation.posts:
        world.ledger.violated(f"a run in which nothing failed posted nothing, though it was given {good[0]}")


def _events(body: str) -> int:
    """How many ends a message asks for: one at least."""
    return max(1, len(events_in(body)))
