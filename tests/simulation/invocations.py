"""One run of a function, and the environments that functions run in."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dreamdata_relay.adapters.telemetry import PowertoolsTelemetry
from dreamdata_relay.metrics import Metric
from tests.simulation.judgements import Acceptance
from tests.simulation.scheduler import Killed

if TYPE_CHECKING:
    from types import TracebackType

    from tests.simulation.queues import Message
    from tests.simulation.world import World


class SimTelemetry(PowertoolsTelemetry):
    """The real one's faults; metrics and lines are kept by the world."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def add(self, metric: Metric, value: float = 1, *, rule: str | None = None) -> None:
        self._world.metrics[metric.name] += value
        self._world.counted(metric.name, value)

    def label(self, **dimensions: str) -> None:
        self._world.logged(str(dimensions))

    def log(self, level: str, message: str, **fields: object) -> None:
        self._world.logged(f"{level} {message} {fields}")

    def flush(self) -> None:
        """Kept already."""


@dataclass(eq=False)
class Environment:
    """What lives from one invocation to the next: the function's cached parts."""

    telemetry: SimTelemetry
    core: Any = None
    # When it last asked for a secret.
    asked_at: float = -1_000.0
    # The deployment it is of, and what its privacy rules let nobody see; None without rules.
    deployment: int = 0
    hidden: tuple[str, ...] | None = None


@dataclass(eq=False)
class Invocation:
    """One run: what it did that a crash would make it do again."""

    kind: str
    environment: Environment
    deadline: float
    started: float = 0.0
    crash_at: int | None = None
    calls: int = 0
    touched: Counter[str] = field(default_factory=Counter)
    # The messages it was given, and of each marker the most receives.
    messages: list["Message"] = field(default_factory=list)
    receives: dict[str, int] = field(default_factory=dict)
    # What the relay's metrics say of this run, and what is known of it: events accepted, dead-lettered, sent back.
    metrics: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    ended: int = 0
    sent_back: list["Message"] = field(default_factory=list)
    # Markers whose post had no answer, whether all posting must end.
    ambiguous: set[str] = field(default_factory=set)
    stopped: bool = False
    key_refused_at: float | None = None
    refused: set[str] = field(default_factory=set)
    # When Dreamdata said how long (seconds) to wait, and what it refused and took, payload by payload.
    told: list[tuple[float, int]] = field(default_factory=list)
    refused_sets: list[frozenset[str]] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    # Nothing failed in it, but for what events brought about.
    clean: bool = False
    posts: int = 0
    # How many calls to the queues it had made by now.
    settled: int = 0
    acceptances: list[Acceptance] = field(default_factory=list)
    # When the events of a payload were first posted together.
    begun: dict[tuple[int, frozenset[str]], float] = field(default_factory=dict)
    slowed: bool = False
    over: bool = False
    letters_failed: bool = False
    # Markers that SQS did not take back as a message of their own.
    not_sent_back: set[str] = field(default_factory=set)
    memory_mb: float = 0.0

    @property
    def accepted(self) -> int:
        """How many posts were accepted, as far as the function has heard."""
        return len(self.acceptances)

    def asked_for(self, moment: float) -> int:
        """The longest time (seconds) that Dreamdata had told the run to wait by ``moment``."""
        return 0 if self.slowed else max((seconds for told, seconds in self.told if told <= moment), default=0)

    @property
    def contradicted(self) -> bool:
        """Whether Dreamdata took all of what it had refused."""
        return any(refused <= self.taken for refused in self.refused_sets if self._once(refused))

    def _once(self, markers: frozenset[str]) -> bool:
        """Whether each of these came in one message only: of another copy nobody knows what it was."""
        return all(sum(marker in message.markers for message in self.messages) == 1 for marker in markers)


class Context:
    """Lambda's context, as far as the handlers ask it."""

    def __init__(self, world: "World", deadline: float) -> None:
        self._world = world
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        return int((self._deadline - self._world.scheduler.now) * 1000)


class Call:
    """A call of a function to the outside: it takes time, and the function may end before or after its effect."""

    def __init__(self, world: "World", name: str) -> None:
        self._world = world
        self._name = name

    def __enter__(self) -> None:
        self._step("before")
        self._world.scheduler.sleep(0.003 + self._world.plan.random.random() * 0.02)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        if kind is None or not issubclass(kind, (Killed, GeneratorExit)):
            self._step("after")

    def _step(self, side: str) -> None:
        world, invocation = self._world, self._world.invocation
        invocation.calls += 1
        if invocation.crash_at == invocation.calls:
            world.tell(f"{invocation.kind} function killed {side} {self._name}")
            world.scheduler.at(world.scheduler.now, lambda: world.die(invocation))
            world.scheduler.block()
