"""One seed, from its plan to its report."""

from collections import Counter
from dataclasses import dataclass
from functools import partial

from tests.simulation.clients import Client
from tests.simulation.ledger import Ledger
from tests.simulation.plan import REDRIVES, Phase, Plan
from tests.simulation.queues import QUEUE
from tests.simulation.redrives import Operator
from tests.simulation.senders import Senders
from tests.simulation.world import World

# After healing: the longest backoff several times over; what nothing can deliver takes all its receives.
_DRAINING_S = 10 * 86_400.0


@dataclass(frozen=True)
class Report:
    """What one run came to; ``violations`` are counterexamples."""

    seed: int
    violations: list[str]
    story: list[tuple[float, str]]
    events: int
    days: float
    faults: Counter[str]
    duplicates: Counter[str]
    dead_letters: Counter[str]
    counts: Counter[str]


def run(seed: int, focus: tuple[str, ...] = ()) -> Report:
    """Run ``seed`` (with the faults of ``focus`` in any case): faults until it heals, then draining, then the books."""
    world = World(Plan.of(seed, focus))
    with world.installed():
        maker, operator = world.maker, Operator(world)
        world.scheduler.at(world.plan.heal, lambda: _heal(world))
        for _ in range(world.plan.clients):
            world.scheduler.spawn(Client(world, maker).run)
        world.scheduler.spawn(Senders(world, maker).run)
        if REDRIVES in world.plan.features:
            world.scheduler.spawn(operator.run)
        for phase in world.plan.phases:
            world.scheduler.at(phase.start, partial(_begin, world, phase))
            world.scheduler.at(phase.end, partial(world.tell, f"{phase.kind} ends"))
        world.scheduler.run(world.plan.heal + _DRAINING_S, lambda: world.healed and _drained(world))
        if REDRIVES in world.plan.features and _drained(world):
            # All is well again: what was refused in bad days can be moved back, and is delivered.
            operator.move_good()
            world.scheduler.run(world.scheduler.now + _DRAINING_S, lambda: _drained(world))
            operator.check_restored()
    _balance(world)
    return _report(world)


def _begin(world: World, phase: Phase) -> None:
    world.tell(f"{phase.kind} begins")
    world.ledger.faults[phase.kind] += 1


def _heal(world: World) -> None:
    world.healed = True
    world.tell("everything heals")


def _drained(world: World) -> bool:
    return not world.scheduler.processes and not world.sqs.main.messages


def _balance(world: World) -> None:
    """Every promised event has its end, and the queue is empty."""
    ledger: Ledger = world.ledger
    ledger.faults.update(world.plan.features)
    for message in world.sqs.queues[QUEUE].messages.values():
        ledger.violated(f"{message.message_id} is still on the queue after {message.receives} receives")
    for process in world.scheduler.processes.values():
        if process.error is not None:
            ledger.violated(f"the simulation itself failed: {process.error!r}")
    for body, missing in ledger.unmarked.items():
        if missing > 0:
            ledger.violated(f"{missing} messages {body[:60]!r} are in no dead letter")
    world.privacy.balance()
    for marker in sorted(ledger.promised):
        _balance_one(ledger, marker)


def _balance_one(ledger: Ledger, marker: str) -> None:
    event, due = ledger.events[marker], ledger.must_end(marker)
    if event.dropped or event.marker in ledger.suppressed:
        # Where one came to an end that it should not have, that is told already.
        return
    if event.count > 1:
        if ledger.dead_counts[marker] < event.count:
            ledger.violated(f"{marker}: {ledger.dead_counts[marker]} of {event.count} events are dead-lettered")
    elif ledger.ends(marker) == 0:
        ledger.violated(f"{marker} is lost: neither delivered nor in the dead-letter queue")
    elif ledger.ends(marker) < due and not event.redriven:
        # Letters that were moved back without their attributes no longer tell by which ways they came.
        ledger.violated(f"{marker} was sent {due} times by different senders, {ledger.ends(marker)} came to an end")
    else:
        _balance_again(ledger, marker, due)


def _balance_again(ledger: Ledger, marker: str, due: int) -> None:
    """Each end beyond what was sent has its excuse."""
    again = ledger.ends(marker) - due
    causes = [cause for cause, times in ledger.excuses.get(marker, Counter()).items() for _ in range(times)]
    if again > len(causes):
        ledger.violated(f"{marker} came to its end {again + due} times, not {due}; excused: {causes}")
    for cause in causes[:again]:
        ledger.duplicates[cause] += 1


def _report(world: World) -> Report:
    ledger = world.ledger
    letters = Counter(code for codes in ledger.dead.values() for code in codes)
    days = world.scheduler.now / 86_400
    return Report(
        world.plan.seed,
        ledger.violations,
        ledger.story,
        len(ledger.promised),
        days,
        ledger.faults,
        ledger.duplicates,
        letters,
        ledger.counts,
    )
