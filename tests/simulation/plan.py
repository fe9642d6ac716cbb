"""What one seed decides: the traffic, the settings of the stack, and which faults happen how often and when."""

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from tests.simulation.content import ASKING, FAILING, FIREWALLED, KINDS, REFUSING

if TYPE_CHECKING:
    from tests.simulation.events import EventMaker

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
    "post_429",
    "post_400",  # a proxy, a rolling deployment: the next one is taken
    "post_403",  # a web firewall that is having a day
    "post_503_taken",  # Dreamdata took the payload and says it did not
    "post_slow",
    "post_stalled",  # goes on beyond every time-out of the relay
    "answer_lost",  # the client does not hear the relay's answer
    "sender_repeats",  # EventBridge and SNS deliver at least once
)

# Decided apart from the others, which stay what they were: from one accepted post on, everything is answered 403.
REFUSED_FROM = "post_403_begins"

# No faults, but for a focus too: many events that fill a good part of a payload, many that Dreamdata refuses.
LARGE_EVENTS, POISON_EVENTS = "large_events", "poison_events"
# Nor this: payloads in gzip, for a Dreamdata that does not take it.
GZIP_REFUSED = "gzip_refused"

# What the traffic has, and what a stack may meet beside faults: each in some runs only.
CONTENT_REFUSED = "content_refused"  # events that Dreamdata refuses, by any status that may mean the content
CONTENT_FAILS = "content_fails"  # events that make it answer 5xx, time out or reset
ASKS = "content_asks"  # events that it answers 429, or with Retry-After
FIREWALL = "firewall"  # events, and many of them, that a web firewall refuses
FLICKERS = "content_flickers"  # either, now and then
SHARED_IDS = "shared_ids"  # different events with one messageId
LOOKALIKES = "lookalikes"  # events with members that wrappers have
ODD_MESSAGES = "odd_messages"  # no event at all, arrays of none, a member twice, nested beyond reason
SHARES = "shares"  # context and integrations beside the events, also such as make an event too large
REPEATS = "repeats"  # the same to the byte, of one source and of two
REDRIVES = "redrives"  # an operator moves dead letters back
OLD_SENDERS = "old_senders"  # chunks of the version before, attributes that nobody knows or that are forged
DEAR = "dear"  # messages that take long to read
SMALL_PAYLOADS = "small_payloads"  # Dreamdata takes less at a time than it says, all the time
HEAVY = "heavy"  # messages that together, or alone, take more memory than there is
FLOODS = "floods"  # a thousand refused events in a request
FULL_CALLS = "full_calls"  # requests that fill a SendMessageBatch to the byte
RULES = "rules"  # privacy rules, of two versions at once, and at times without their keys
RULES_CHANGE = "rules_change"  # rules are switched on, changed and switched off, each time with both versions running
SUPPRESSION = "suppression"  # people are put on the suppression list, and taken off it
LONG_OUTAGE = "long_outage"  # longer than a message's receives last
TROUBLES = "troubles"  # a day of them, one after another, each for hours
# What costs much to simulate, in a few runs.
RARE = (LONG_OUTAGE, TROUBLES, ASKS, SMALL_PAYLOADS)
FEATURES = (
    *(
        CONTENT_REFUSED,
        CONTENT_FAILS,
        FLICKERS,
        FIREWALL,
        SHARED_IDS,
        LOOKALIKES,
        ODD_MESSAGES,
        SHARES,
        REPEATS,
        REDRIVES,
    ),
    *(OLD_SENDERS, DEAR, HEAVY, FLOODS, FULL_CALLS),
)

_KINDS_OF = {CONTENT_REFUSED: REFUSING, CONTENT_FAILS: FAILING, FLICKERS: KINDS, FIREWALL: FIREWALLED, ASKS: ASKING}
_RECEIVES = 400
_CONTENT = frozenset(_KINDS_OF)

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
    "dreamdata_flaps",  # every second answer is 400
    "dreamdata_403",  # to everything, whatever the key
    "dreamdata_404",
    "dreamdata_redirects",
    "dreamdata_413",
    "dreamdata_key_changed",  # the new key reaches the secret only at the end of the phase
    "dreamdata_placeholder",
    "relay_key_changed",
)

# Of runs with rules only, and decided apart: the keys of pseudonyms are away.
KEYS_DOWN = "privacy_keys_down"
# Of runs with suppression only: the list is away, and what waits meanwhile passes or is held.
LIST_DOWN, LIST_PASSES = "list_down", "list_passes"
CONTROL = (RULES, KEYS_DOWN, RULES_CHANGE, SUPPRESSION, LIST_DOWN, LIST_PASSES)

# All that a run may be made to have.
FOCUSES = (*FEATURES, *PHASE_FAULTS, *CALL_FAULTS, *RARE, LARGE_EVENTS, POISON_EVENTS, GZIP_REFUSED, *CONTROL)

# What may last for hours.
_LASTING = (
    *("dreamdata_503", "dreamdata_429", "dreamdata_unreachable", "dreamdata_refuses_all", "dreamdata_refuses_all"),
    *("dreamdata_flaps", "dreamdata_403", "dreamdata_404", "dreamdata_key_changed", "dreamdata_413", "secrets_down"),
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
    # Everything is sent within so many seconds.
    busy: float = 3600.0
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
    features: frozenset[str] = frozenset()
    # Something else arrives whenever something has come back.
    steady: bool = False
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
        plan.busy = plan.heal
        plan._choose_traffic(chance)
        plan._choose_phases(chance)
        plan._choose_gzip(Random(f"gzip {seed}"))  # noqa: S311  # numbers of its own: the rest stays what it was
        more = Random(f"features {seed}")  # noqa: S311  # likewise
        plan._choose_features(more)
        plan._choose_later(Random(f"later {seed}"), share)  # noqa: S311  # likewise
        plan._choose_rules(Random(f"rules {seed}"), focus)  # noqa: S311  # likewise
        plan._choose_control(Random(f"control {seed}"), focus)  # noqa: S311  # likewise
        plan.features |= frozenset(focus) & {*FEATURES, *RARE}
        plan._settle_features(more)
        plan._focus(focus, chance)
        return plan

    def _focus(self, focus: tuple[str, ...], chance: Random) -> None:
        for fault in focus:
            if fault == LARGE_EVENTS:
                self.large, self.clients, self.requests = 0.2, 3, 4
            elif fault == POISON_EVENTS:
                self.poison, self.clients, self.requests = 0.3, 3, 4
            elif fault == GZIP_REFUSED:
                self.compress, self.refuses_gzip = True, 400
            elif fault in (*self.features, *CONTROL):
                pass
            elif fault in PHASE_FAULTS:
                start = chance.random() * self.heal / 2
                self.phases.append(Phase(fault, start, start + self.heal / 4))
            else:
                self.rates[fault] = 0.2
            if fault == "sender_repeats":
                # Some of their kinds repeat at all, and a fifth of those.
                self.direct = 20

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
        self.max_receives = chance.choice((*[_RECEIVES] * 5, 9))

    def _choose_features(self, chance: Random) -> None:
        share = chance.choice((0.0, 0.1, 0.25))
        found = {feature for feature in FEATURES if chance.random() < share}
        if chance.random() < 0.7:
            # These cost the most to simulate.
            found -= {FULL_CALLS, FLOODS, HEAVY, FIREWALL}
        draw = chance.random()
        self.features |= frozenset(found) | {TROUBLES if draw < 0.04 else ASKS if draw < 0.045 else ""} - {""}

    def _choose_later(self, chance: Random, share: float) -> None:
        if chance.random() < share:
            self.rates[REFUSED_FROM] = 0.05
        if chance.random() < 0.02:
            self.features |= {SMALL_PAYLOADS}

    def _choose_rules(self, chance: Random, focus: tuple[str, ...]) -> None:
        if not {RULES, KEYS_DOWN}.isdisjoint(focus) or chance.random() < 0.1:
            self.features |= {RULES}
            if KEYS_DOWN in focus or chance.random() < 0.3:
                self._outage(KEYS_DOWN, chance)

    def _choose_control(self, chance: Random, focus: tuple[str, ...]) -> None:
        if chance.random() < 0.08 or RULES_CHANGE in focus:
            self.features |= {RULES, RULES_CHANGE}
        if chance.random() < 0.08 or not {SUPPRESSION, LIST_DOWN, LIST_PASSES}.isdisjoint(focus):
            self.features |= {SUPPRESSION} | ({LIST_PASSES} if chance.random() < 0.3 or LIST_PASSES in focus else set())
            if chance.random() < 0.4 or LIST_DOWN in focus:
                self._outage(LIST_DOWN, chance)

    def _outage(self, kind: str, chance: Random) -> None:
        """One that is over before a message is out of receives."""
        longest = min(self.heal, 10_000.0)
        start = chance.random() * longest / 2
        self.phases.append(Phase(kind, start, start + longest / 4))

    def _settle_features(self, chance: Random) -> None:
        """What the features ask of the rest of the plan."""
        has = self.features.__contains__
        if self.features & _CONTENT:
            self.poison = max(self.poison, 0.05)
        if has(FIREWALL):
            self.poison, self.clients, self.requests = 0.4, 1, 2
        self.steady = bool(self.features & {*_CONTENT, HEAVY})
        if self.steady or has(DEAR):
            # Less than some 20 receives cannot tell what an event does from what the day does.
            self.batch_size, self.max_receives = max(self.batch_size, 100), _RECEIVES
        if self.features & {SHARED_IDS, ODD_MESSAGES, SHARES, REPEATS, OLD_SENDERS, LOOKALIKES}:
            self.direct = max(self.direct, 5)
        if has(SMALL_PAYLOADS):
            self.steady, self.batch_size, self.max_receives = True, max(self.batch_size, 100), _RECEIVES
            self.phases.append(Phase("dreamdata_413", 0.0, self.heal))
        if has(TROUBLES):
            self._choose_troubles(chance)
        if has(LONG_OUTAGE):
            # Few messages, for each is received hundreds of times.
            self.features &= {LONG_OUTAGE, SHARED_IDS, LOOKALIKES, SHARES, REDRIVES, OLD_SENDERS}
            self.clients, self.requests, self.direct, self.batch_size, self.rates = 1, 1, 4, 1000, {}
            self.poison, self.steady, self.window = 0.0, False, 60.0
            self.heal, self.busy = 9 * 86_400.0, 900.0
            kind = chance.choice(("dreamdata_503", "dreamdata_unreachable", "dreamdata_403", "dreamdata_404"))
            self.phases = [Phase(kind, 10.0, self.heal)]

    def _choose_troubles(self, chance: Random) -> None:
        """Hours of one, then hours of another, with a little traffic all the time."""
        self.features -= {FULL_CALLS, FLOODS, HEAVY, DEAR}
        self.clients, self.requests, self.direct, self.window, self.max_receives = 1, 2, 3, 60.0, _RECEIVES
        self.rates = {fault: rate for fault, rate in self.rates.items() if fault.startswith("post_4")}
        self.heal = self.busy = chance.choice((86_400.0, 2 * 86_400.0))
        self.phases, moment = [], chance.random() * 3600
        while moment < 0.9 * self.heal:
            end = min(self.heal, moment + (1 + 9 * chance.random()) * 3600)
            self.phases.append(Phase(chance.choice(_LASTING), moment, end))
            moment = end + max(0.0, chance.random() - 0.5) * 3600

    def fit(self, maker: "EventMaker") -> None:
        """Have ``maker`` make this plan's events."""
        content = tuple(kind for feature, kinds in _KINDS_OF.items() if feature in self.features for kind in kinds)
        maker.content = content or maker.content
        maker.chance = 0.5 if FLICKERS in self.features else 1.0
        maker.shared_ids = 0.3 if SHARED_IDS in self.features else 0.0
        maker.lookalikes = 0.5 if LOOKALIKES in self.features else 0.0

    def _choose_gzip(self, chance: Random) -> None:
        self.compress = chance.random() < 0.5
        self.refuses_gzip = chance.choice((None, None, 400, 415, 422, 500))
        # One that breaks on gzip does so from the start: later it would be an outage, which environments outlast.
        self.refuses_gzip_from = 0.0 if self.refuses_gzip == 500 else chance.choice((0.0, 0.0, self.heal / 2))

    def _choose_phases(self, chance: Random) -> None:
        for _ in range(chance.choice((0, 1, 1, 2, 4))):
            kind = chance.choice(PHASE_FAULTS)
            start = chance.random() * self.heal * 0.8
            longest = self.heal - start
            self.phases.append(Phase(kind, start, start + chance.random() * longest))
        draw = chance.random()
        if draw > 0.995:
            self.features |= {LONG_OUTAGE}
        elif draw < 0.01:
            # Three days, as promised; few messages, each received some two hundred times.
            self.clients, self.requests, self.direct, self.batch_size, self.rates = 1, 2, 1, 1000, {}
            self.heal = self.busy = 3 * 86_400.0
            self.phases = [Phase("dreamdata_503", 10.0, self.heal)]

    @property
    def may_give_up(self) -> bool:
        """Whether a good event may be out of tries: something lasts longer than its receives."""
        return self.max_receives < _RECEIVES or bool(self.features & {LONG_OUTAGE, ASKS})

    @property
    def says_when(self) -> bool:
        """Whether Dreamdata may say at times when to come back."""
        return "post_429" in self.rates or any(phase.kind == "dreamdata_429" for phase in self.phases)

    def strikes(self, fault: str) -> bool:
        """Whether ``fault`` happens to this call."""
        rate = self.rates.get(fault)
        return rate is not None and self.random.random() < rate

    def phase(self, kind: str, now: float) -> bool:
        """Whether ``kind`` lasts at ``now``."""
        return any(phase.kind == kind and phase.start <= now < phase.end for phase in self.phases)

    def quiet(self, now: float, since: float) -> bool:
        """Whether nothing has lasted for ``since`` seconds, and every secret is given whenever it is asked for."""
        lately = any(phase.start <= now < phase.end + since for phase in self.phases)
        return not lately and self.rates.keys().isdisjoint({"secret_refused", "secret_slow"})
