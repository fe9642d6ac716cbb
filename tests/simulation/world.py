"""One run's world: the scheduler, the simulated services, and the functions' real code wired to them."""

import functools
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import deliver_handler
import ingest_handler
from dreamdata_relay.adapters import privacy as privacy_adapter
from dreamdata_relay.adapters import sqs as sqs_adapter
from dreamdata_relay.deliver import dispatch
from dreamdata_relay.ingest import service
from dreamdata_relay.privacy import suppression_list
from dreamdata_relay.secrets import remembered
from tests.simulation.accounts import Accounts
from tests.simulation.dreamdata import URL, SimEndpoint
from tests.simulation.events import EventMaker
from tests.simulation.invocations import Call, Context, Environment, Invocation, SimTelemetry
from tests.simulation.ledger import Ledger, SimEvent
from tests.simulation.mapping import EventSourceMapping
from tests.simulation.plan import LIST_PASSES, SMALL_PAYLOADS, SUPPRESSION, Plan
from tests.simulation.privacy import KEYS, PLANTED, Privacy
from tests.simulation.queues import DEAD_LETTERS, DELIVER, INGEST, QUEUE, Message, SimSqs, SqsClient
from tests.simulation.scheduler import Clock, Condition, Lock, Pool, Process, Scheduler, Thread, wait_any
from tests.simulation.secrets import DREAMDATA_KEY, RELAY_KEYS, SecretsClient, SimSecrets
from tests.simulation.suppression import OBJECT, SimList

CRASHED = object()
# Their payload is larger than one that ``SMALL_PAYLOADS`` leaves whole.
_MANY = 20
_FAULT_LINES = ("error unexpected", "error a message could not be read", "error posting failed")


class World:
    """Everything of one run; ``plan`` decides, ``ledger`` remembers."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.healed = False
        self.scheduler = Scheduler()
        self.clock = Clock(self.scheduler)
        self.ledger = Ledger()
        self.accounts = Accounts(self)
        self.maker = EventMaker(plan.random, self.clock.now)
        plan.fit(self.maker)
        self.privacy = Privacy(self)
        self.suppression = SimList(self)
        # Complete events that were promised, with their source: somebody else may send the same to the byte.
        self.echoes: list[tuple[str, SimEvent]] = []
        # Keys and markers of echoes sent: by one key the same event, with its id, counts once.
        self.echoed: set[tuple[str, str]] = set()
        self.sqs = SimSqs(self)
        self.secrets = SimSecrets(self)
        self.mapping = EventSourceMapping(self)
        self.metrics: defaultdict[str, float] = defaultdict(float)
        self.holds_set: defaultdict[str, list[tuple[float, int]]] = defaultdict(list)
        self._idle: dict[str, list[Environment]] = {"ingest": [], "deliver": []}
        self._secret_texts = [*self.secrets.keys(), "sim-", *PLANTED]
        # Apart from the plan's: how often the code asks must not change what the world does next.
        self._jitter = random.Random(plan.seed)  # noqa: S311  # to be replayed, not to be secret

    # -- faults

    def strikes(self, fault: str) -> bool:
        if self.healed or not self.plan.strikes(fault):
            return False
        self.ledger.faults[fault] += 1
        self.tell(f"fault: {fault}")
        return True

    def lasts(self, kind: str) -> bool:
        if self.healed or not self.plan.phase(kind, self.scheduler.now):
            return False
        self.ledger.faults[kind] += 1
        return True

    def call(self, name: str, count: int) -> Call:
        """A call to the outside by the running function."""
        self.ledger.counts[name] += count
        return Call(self, name)

    # -- books

    def tell(self, line: str) -> None:
        self.ledger.story.append((self.scheduler.now, line))

    def check(self, holds: bool, claim: str) -> None:
        if not holds:
            self.ledger.violated(f"broken: {claim}")

    def logged(self, line: str) -> None:
        if line.startswith(_FAULT_LINES):
            self.ledger.violated(f"the relay met a fault of its own: {line}")
        for secret in self._secret_texts:
            if secret in line:
                self.ledger.violated(f"a log line holds {secret!r}: {line[:120]}")

    def counted(self, name: str, value: float) -> None:
        """The relay counts ``value`` by the metric called ``name``."""
        owner = getattr(self.scheduler.current, "owner", None)
        if not isinstance(owner, Invocation):
            return
        owner.metrics[name].append(value)
        if name == "KeyRefused" and owner.accepted and owner.key_refused_at is None and not self._key_faults:
            self.ledger.violated("the key is blamed, with which something was accepted")

    @property
    def _key_faults(self) -> int:
        faults = ("secrets_down", "secret_refused", "secret_slow", "dreamdata_placeholder", "dreamdata_key_changed")
        return sum(self.ledger.faults[fault] for fault in faults)

    def delivered(self, message_id: str, text: str) -> str:
        return self.accounts.delivered(message_id, text)

    def dead_lettered(self, message: Message) -> None:
        self.accounts.dead_lettered(message)

    def one_more(self) -> None:
        """Somebody sends a good event to the queue, at this moment; or many, where many are too large together."""
        events = [self.maker.good(plain=True) for _ in range(_MANY if SMALL_PAYLOADS in self.plan.features else 1)]
        for event in events:
            event.born = self.clock.now()
            self.ledger.events[event.marker] = event
        texts = ",".join(event.text for event in events)
        self.sqs.put(QUEUE, texts if len(events) == 1 else f"[{texts}]", {})

    # -- functions

    @property
    def invocation(self) -> Invocation:
        """The one that the running process belongs to."""
        owner: Invocation = self.scheduler.current.owner
        return owner

    def invoke(self, kind: str, event: Mapping[str, Any], timeout: float, prepare: Callable[[Invocation], None]) -> Any:
        """Run a function on ``event`` as Lambda does; its result, or ``CRASHED``."""
        idle = self._idle[kind]
        if idle and self.strikes("environment_recycled"):
            idle.clear()
        # Those of a deployment that is over are gone.
        idle[:] = filter(self.privacy.may_run, idle)
        environment = idle.pop() if idle else Environment(SimTelemetry(self))
        invocation = Invocation(kind, environment, self.scheduler.now + timeout, self.scheduler.now)
        if self.strikes("function_killed"):
            invocation.crash_at = self.plan.random.randrange(1, 10)
        prepare(invocation)
        handler = deliver_handler.handler if kind == "deliver" else ingest_handler.handler
        context = Context(self, invocation.deadline)
        # Lambda reads an event anew for every invocation: what a function does to it nobody else sees.
        main = self.scheduler.spawn(lambda: handler(dict(event), context), invocation)
        started = self.scheduler.now
        wait_any(self.scheduler, [main], timeout)
        if not main.done:
            self.tell(f"{kind} function timed out")
            self.check(invocation.slowed or invocation.crash_at is not None, f"the {kind} function ends in time")
            self.ledger.faults["function_timed_out"] += 1
            self.die(invocation)
            self.scheduler.sleep(0)
        invocation.over = True
        if main.killed or not main.done:
            self.ledger.excuse("function_ended", invocation.touched.elements())
            return CRASHED
        if main.error is not None:
            self.ledger.violated(f"the {kind} handler raised {main.error!r}")
            return CRASHED
        self.ledger.counts[f"{kind}_invocations"] += 1
        if kind == "ingest":
            self.check(self.scheduler.now - started <= 8.0, "a request is answered within 8 s")
        idle.append(environment)
        return main.result

    def die(self, invocation: Invocation) -> None:
        """End a function as Lambda does: all of it, wherever it is."""
        for process in list(self.scheduler.processes.values()):
            if process.owner is invocation:
                self.scheduler.kill(process)

    def environment(self) -> Environment:
        return self.invocation.environment

    @contextmanager
    def installed(self) -> Iterator[None]:
        """The handlers and adapters on this world's clock and services; undone at the end."""
        replaced = [(module, name, getattr(module, name)) for module, name, _ in self._replacements()]
        try:
            for module, name, value in self._replacements():
                setattr(module, name, value)
            yield
        finally:
            self.scheduler.end()
            for module, name, value in replaced:
                setattr(module, name, value)

    def _replacements(self) -> list[tuple[Any, str, Any]]:
        settings = {
            "QUEUE_URL": QUEUE,
            "DEAD_LETTER_QUEUE_URL": DEAD_LETTERS,
            "INGEST_KEYS_SECRET_ID": RELAY_KEYS,
            "DREAMDATA_SECRET_ID": DREAMDATA_KEY,
            "DREAMDATA_ENDPOINT": URL,
            "PARALLEL_POSTS": str(self.plan.parallel),
            "DELIVER_ROLE_ID": DELIVER.partition(":")[0],
            "INGEST_ROLE_ID": INGEST.partition(":")[0],
            "PRIVACY_KEYS_SECRET_ID": KEYS,
            "SUPPRESSION_OBJECT": OBJECT if SUPPRESSION in self.plan.features else "",
            "SUPPRESSION_FAIL": "pass" if LIST_PASSES in self.plan.features else "hold",
            "MAX_RECEIVE_COUNT": str(self.plan.max_receives),
            "PAYLOAD_COMPRESSION": "gzip" if self.plan.compress else "none",
        }
        shared = {
            "sqs_client": lambda tries=2: SqsClient(self, tries),
            "secrets_client": lambda tries=2, region=None: SecretsClient(self),
            "SystemClock": lambda: self.clock,
            "os": SimpleNamespace(environ=settings),
            "_telemetry": lambda: self.environment().telemetry,
            "rules_at": self.privacy.compiled,
        }
        threads = SimpleNamespace(
            Lock=lambda: Lock(self.scheduler),
            Condition=lambda: Condition(self.scheduler),
            Thread=functools.partial(Thread, self.scheduler),
        )
        return [
            *((module, name, value) for module in (deliver_handler, ingest_handler) for name, value in shared.items()),
            (deliver_handler, "_deliverer", self._core(_MAKES_DELIVERER)),
            (ingest_handler, "_intake", self._core(_MAKES_INTAKE)),
            (deliver_handler, "DreamdataEndpoint", lambda *settings: SimEndpoint(self)),
            (deliver_handler, "random", SimpleNamespace(random=self._jitter.random)),
            (deliver_handler, "time", self.clock),
            (sqs_adapter, "ThreadPoolExecutor", lambda max_workers: Pool(self.scheduler, max_workers)),
            (dispatch, "threading", threads),
            (remembered, "threading", threads),
            (suppression_list, "threading", threads),
            (privacy_adapter, "_stored", lambda url, longest_s: self.suppression),
            (service, "random_id", lambda: str(UUID(int=self._jitter.getrandbits(128), version=4))),
        ]

    def _core(self, make: Callable[[], Any]) -> Callable[[], Any]:
        def core() -> Any:
            environment = self.environment()
            if environment.core is None:
                environment.core = make()
            return environment.core

        return core


# The real wiring, behind the caches that a world replaces.
_MAKES_DELIVERER: Callable[[], Any] = deliver_handler._deliverer.__wrapped__
_MAKES_INTAKE: Callable[[], Any] = ingest_handler._intake.__wrapped__

__all__ = ["CRASHED", "Process", "World"]
