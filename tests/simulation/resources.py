"""CPU and memory of a function: reading a message may take virtual time, or more memory than there is."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulation.world import World

# What a function of 512 MB has for what it reads.
MEMORY_MB = 400


@dataclass(frozen=True)
class Cost:
    """What reading a message takes."""

    seconds: float = 0.0
    megabytes: float = 0.0

    @property
    def deadly(self) -> bool:
        """It ends the function however it is read."""
        return self.megabytes > MEMORY_MB


FREE = Cost()


class DearText(str):
    """A message's text; whoever reads it pays, once in an invocation."""

    __slots__ = ("_cost", "_paid", "_world")

    _world: "World"
    _cost: Cost
    _paid: bool

    @classmethod
    def of(cls, text: str, cost: Cost, world: "World") -> "DearText":
        """``text``, to be paid for."""
        dear = cls(text)
        dear._world, dear._cost, dear._paid = world, cost, False
        return dear

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """The first thing that reading does."""
        if not self._paid:
            self._paid = True
            self._pay()
        return super().encode(encoding, errors)

    def _pay(self) -> None:
        world, invocation = self._world, self._world.invocation
        invocation.memory_mb += self._cost.megabytes
        if invocation.memory_mb > MEMORY_MB:
            world.tell(f"{invocation.kind} function out of memory")
            world.ledger.faults["out_of_memory"] += 1
            world.scheduler.at(world.scheduler.now, lambda: world.die(invocation))
            world.scheduler.block()
        world.scheduler.sleep(self._cost.seconds)
