"""An operator who moves dead letters back to the queue: as ``relay dead redrive`` does, or by SQS's own move task."""

from typing import TYPE_CHECKING

from tests.simulation.ledger import markers_in
from tests.simulation.queues import DEAD_LETTERS, QUEUE, Message

if TYPE_CHECKING:
    from tests.simulation.world import World

_MOVES = 3


class Operator:
    """``run`` is what happens in the middle of traffic; ``move_good`` at the end."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._moved: set[str] = set()

    def run(self) -> None:
        world, chance = self._world, self._world.plan.random
        for _ in range(_MOVES):
            world.scheduler.sleep(chance.random() * world.plan.heal / _MOVES)
            keeping = chance.random() < 0.4
            for letter in self._letters():
                if chance.random() < 0.7:
                    self._move(letter, keeping_attributes=keeping)

    def move_good(self) -> None:
        """Every letter in which only good events are."""
        events = self._world.ledger.events
        for letter in self._letters():
            markers = letter.markers
            if markers and all(events[m].refusal is None and events[m].content is None for m in markers):
                self._moved.update(markers)
                self._move(letter, keeping_attributes=False)

    def check_restored(self) -> None:
        """They are no dead letters any more."""
        for marker in sorted(self._moved):
            self._world.check(not self._world.ledger.dead[marker], f"{marker} is delivered once all is well")

    def _letters(self) -> list[Message]:
        letters = self._world.sqs.queues[DEAD_LETTERS].messages.values()
        return [letter for letter in letters if '"relay_stub"' not in letter.body and not letter.cost.deadly]

    def _move(self, letter: Message, *, keeping_attributes: bool) -> None:
        """SQS makes a new message of it either way, with a new id and a new time."""
        world = self._world
        del world.sqs.queues[DEAD_LETTERS].messages[letter.message_id]
        world.accounts.taken_back(letter)
        message = world.sqs.put(QUEUE, letter.body, letter.attributes if keeping_attributes else {})
        message.cost = letter.cost
        world.ledger.faults["moved_back"] += 1
        world.tell(f"{letter.message_id} moved back as {message.message_id}: {' '.join(markers_in(letter.body)[:6])}")
