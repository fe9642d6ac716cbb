"""What one seed decides: the traffic, the settings of the stack, and which faults happen how often and when."""

from dataclasses import dataclass, field
from random import Random

# Faults of single calls: each with its own rate in a run that has it at all.
CALL_FAULTS = (
    "send_refused",  # SendMessageBatch as a whole, before it takes effect
    "send_partial",  # single entries of it
    "send_lost",  # it took effect, the answer did not arrive
    "send_slow",
    "hold_refused",
    "hold_partial",
    "hold_lost",
    "receive_twice",  # the queue gives a message out although somebody has it
    "delete_lost",  # a deleted message comes back
    "invoke_throttled",  # a batch was received, but no function could be started
    "function_killed",  # at any point between two calls
    "result_lost",  # the function ended, Lambda's poller did not hear of it
    "environment_recycled",
    "secret_refused",
    "secret_slow",
    "post_dropped_before",
    "post_dropped_after",
    "post_timeout_taken",
    "post_timeout_lost",
    "post_unconnected",
    "post_503",
    "post_408",
    "post_503_taken",  # Dreamdata took the payload and says it did not
    "post_slow",
    "post_stalled",  # goes on beyond every time-out of the relay
    "answer_lost",  # the client does not hear the relay's answer
    "sender_repeats",  # EventBridge and SNS deliver at least once
)

# No faults, but for a focus too: many events that fill a good part of a payload, many that Dreamdata refuses.
LARGE_EVENTS, POISON_EVENTS = "large_events", "poison_events"
# Nor this: payloads in gzip, for a Dreamdata that does not take it.
GZIP_REFUSED = "gzip_refused"

# What lasts for a while.
PHASE_FAULTS = (
    "queue_down",
    "dead_letters_down",
    "secrets_down",
    "dreamdata_503",
    "dreamdata_429",
    "dreamdata_unreachable",
    "dreamdata_slow",
    "dreamdata_refuses_all",
    "dreamdata_404",
    "dreamdata_redirects",
    "dreamdata_413",
    "dreamdata_key_changed",  # the new key reaches the secret only at the end of the phase
    "dreamdata_placeholder",
    "relay_key_changed",
)


@dataclass
class Phase:
    """A fault that lasts from ``start`` to ``end`` (virtual seconds)."""

    kind: str
    start: float
    end: float


@dataclass
class Plan:
    """One seed's decisions; ``heal`` is the moment from which on nothing fails any more."""

    seed: int
    random: Random
    rates: dict[str, float] = field(default_factory=dict)
    phases: list[Phase] = field(default_factory=list)
    heal: float = 3600.0
    clients: int = 1
    requests: int = 3
    direct: int = 3
    poison: float = 0.0
    bad: float = 0.1
    large: float = 0.0
    batch_size: int = 1000
    window: float = 10.0
    concurrency: int = 2
    parallel: int = 2
    max_receives: int = 400
    visibility: float = 420.0
    compress: bool = False
    # How Dreamdata answers gzip from this moment on; None takes it.
    refuses_gzip: int | None = None
    refuses_gzip_from: float = 0.0

    @classmethod
    def of(cls, seed: int, focus: tuple[str, ...] = ()) -> "Plan":
        """The plan of ``seed``: many runs have few kinds of fault, so that one cannot hide what another does.

        ``focus``: faults that it has in any case.
        """
        chance = Random(seed)  # noqa: S311  # to be replayed, not to be secret
        plan = cls(seed, chance)
        share = chance.choice((0.0, 0.05, 0.1, 0.2, 0.4))
        for fault in CALL_FAULTS:
            if chance.random() < share:
                plan.rates[fault] = chance.choice((0.02, 0.1, 0.3))
        plan.heal = chance.choice((900.0, 3600.0, 3600.0, 10_000.0))
        plan._choose_traffic(chance)
        plan._choose_phases(chance)
        plan._choose_gzip(Random(f"gzip {seed}"))  # noqa: S311  # numbers of its own: the rest stays what it was
        for fault in focus:
            if fault == LARGE_EVENTS:
                plan.large, plan.clients, plan.requests = 0.2, 3, 4
            elif fault == POISON_EVENTS:
                plan.poison, plan.clients, plan.requests = 0.3, 3, 4
            elif fault == GZIP_REFUSED:
                plan.compress, plan.refuses_gzip = True, 400
            elif fault in PHASE_FAULTS:
                start = chance.random() * plan.heal / 2
                plan.phases.append(Phase(fault, start, start + plan.heal / 4))
            else:
                plan.rates[fault] = 0.2
            if fault == "sender_repeats":
                # Some of their kinds repeat at all, and a fifth of those.
                plan.direct = 20
        return plan

    def _choose_traffic(self, chance: Random) -> None:
        self.clients = chance.choice((1, 1, 2, 3))
        self.requests = chance.choice((1, 2, 4))
        self.direct = chance.choice((0, 2, 5))
        self.poison = chance.choice((0.0, 0.0, 0.05, 0.3))
        self.bad = chance.choice((0.0, 0.05, 0.3))
        self.large = chance.choice((0.0, 0.0, 0.0, 0.05))
        self.batch_size = chance.choice((1, 10, 1000, 10_000))
        self.window = float(chance.choice((1, 10, 60)))
        self.concurrency = chance.choice((2, 5))
        self.parallel = chance.choice((1, 2, 2, 4))
        self.max_receives = chance.choice((400, 400, 400, 400, 400, 9))

    def _choose_gzip(self, chance: Random) -> None:
        self.compress = chance.random() < 0.5
        self.refuses_gzip = chance.choice((None, None, 400, 415, 422, 500))
        # One that breaks on gzip does so from the start: later it would be an outage, which environments outlast.
        self.refuses_gzip_from = 0.0 if self.refuses_gzip == 500 else chance.choice((0.0, 0.0, self.heal / 2))

    def _choose_phases(self, chance: Random) -> None:
        for _ in range(chance.choice((0, 1, 1, 2, 4))):
            kind = chance.choice(PHASE_FAULTS)
            start = chance.random() * self.heal * 0.8
            longest = 200.0 if kind == "dreamdata_refuses_all" else self.heal - start
            self.phases.append(Phase(kind, start, start + chance.random() * longest))
        if chance.random() < 0.01:
            # Three days, as promised; few messages, each received some two hundred times.
            self.clients, self.requests, self.direct, self.batch_size, self.rates = 1, 2, 1, 1000, {}
            self.heal = 3 * 86_400.0
            self.phases = [Phase("dreamdata_503", 10.0, self.heal)]

    def strikes(self, fault: str) -> bool:
        """Whether ``fault`` happens to this call."""
        rate = self.rates.get(fault)
        return rate is not None and self.random.random() < rate

    def phase(self, kind: str, now: float) -> bool:
        """Whether ``kind`` lasts at ``now``."""
        return any(phase.kind == kind and phase.start <= now < phase.end for phase in self.phases)
