"""Looks at the stack again and again, feeds the model with what is new, and answers what the page asks."""

import threading
import time
import traceback
from collections.abc import Callable, Iterable

from botocore.exceptions import BotoCoreError, ClientError

from local.errors import LocalError
from local.page.arrivals import Arrivals
from local.page.charts import Charts
from local.page.entries import Entry
from local.page.keys import StackKeys
from local.page.looks import Looks, Seen
from local.page.model import Model
from local.page.observations import Depth, Lag, Reset
from local.page.rows import FillPoint, Overview, RefusedRequest, Row
from local.page.switches import Switches
from local.places import StateDir
from local.stack import Stack

_EVERY_S = 0.1
# A look at a full queue costs the emulator time: so many times as long it is then left alone.
_REST, _LONGEST_REST_S = 8.0, 2.0
_SLOW_S = 5.0
_STARTING = "the stack is being started"


class Observer:
    """All that the page knows of the stack in `state`; the methods may be called from any thread."""

    def __init__(self, state: StateDir, clock: Callable[[], float] = time.time) -> None:
        self._state = state
        self._clock = clock
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._looks: Looks | None = None
        self._trouble = _STARTING
        self._began: float | None = None
        self._depth = Depth(0, 0, 0)
        self._refusals = 0
        self._refusal: RefusedRequest | None = None
        # Who knows another epoch has to forget all rows.
        self._epoch = 0
        self._model = Model()
        self._charts = Charts()

    def start(self) -> None:
        """Look until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """End soon."""
        self._stop.set()

    @property
    def stopped(self) -> bool:
        """Whether it has been told to end."""
        return self._stop.is_set()

    def observe(self, stack: Stack) -> None:
        """Look at `stack`, and not at the one that `state` describes."""
        self._looks = Looks(stack, self._clock)

    def stack(self) -> Stack:
        """The stack that is looked at; raises LocalError while there is none."""
        return self._ready().stack

    def switches(self) -> Switches:
        """The sandbox's; raises LocalError while there is none."""
        return self._ready().switches

    def _ready(self) -> Looks:
        if self._looks is None:
            raise LocalError(_STARTING)
        return self._looks

    def changes(self, epoch: int, version: int) -> tuple[int, int, list[Row]]:
        """The epoch, the version, and the rows that changed since; all of them when `epoch` is another."""
        with self._lock:
            rows = self._model.shown.since(version if epoch == self._epoch else 0)
            return self._epoch, self._model.shown.version, rows

    def overview(self) -> Overview:
        """What stands above the rows."""
        with self._lock:
            depth, model = self._depth, self._model
            counts = {**model.shown.counts, "delivered": model.shown.counts["delivered"] + model.forgotten_delivered}
            switches = self._looks.switches.shown() if self._looks else {"mode": "healthy", "refused": []}
            return Overview(
                counts=counts,
                queue={"visible": depth.visible, "inFlight": depth.hidden, "dead": depth.dead},
                lag=self._charts.lag(),
                fill=self._charts.fill(),
                stack=self._trouble_now() or "ok",
                kept=model.max_rows,
                forgotten=model.forgotten,
                refusals=self._refusals,
                refusal=self._refusal,
                **switches,
            )

    def find(self, key: str) -> tuple[Row, Entry] | None:
        """One event's row, and all that was seen of it."""
        with self._lock:
            row, entry = self._model.shown.get(key), self._model.entry(key)
            return (row, entry) if row and entry else None

    def arrivals(self) -> Arrivals:
        """What came over HTTP."""
        return self._looks.arrivals if self._looks else Arrivals()

    def stack_keys(self) -> StackKeys:
        """The stack's keys; raises LocalError while there is none."""
        return self._ready().keys

    def keys(self) -> frozenset[str]:
        """All keys that the stack has had: nothing that is shown may hold one."""
        return self._looks.keys.known if self._looks else frozenset()

    def look(self) -> str:
        """Look once; returns in a line what is wrong with the stack, or nothing."""
        self._trouble = self._looked()
        return self._trouble

    def take(self, seen: Iterable[Seen]) -> None:
        """Take what a look has brought."""
        with self._lock:
            observations = []
            for one in seen:
                match one:
                    case Reset():
                        self._epoch += 1
                        self._model, self._charts = Model(self._model.shown.version), Charts()
                        self._refusals, self._refusal = 0, None
                    case Depth():
                        self._depth = one
                    case RefusedRequest():
                        self._refusals += 1
                        self._refusal = one.without(tuple(self.keys()))
                    case FillPoint():
                        self._charts.posted(one)
                    case _:
                        observations.append(one)
                        if isinstance(one, Lag):
                            self._charts.delivered(one.at, one.seconds)
            self._model.take(observations)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._began = began = time.monotonic()
            self.look()
            self._began = None
            self._stop.wait(max(_EVERY_S, min(_LONGEST_REST_S, _REST * (time.monotonic() - began))))

    def _looked(self) -> str:
        try:
            if self._looks is None:
                stack = Stack.find(self._state)
                if stack is None:
                    return _STARTING
                self.observe(stack)
            for seen in self._ready().look():
                self.take(seen)
                # A look at much takes long, and yet the stack answers.
                self._began = self._began and time.monotonic()
        except Exception as error:  # noqa: BLE001  # its place is the line on the page; the next look may go well
            return self._told(error)
        return ""

    def _told(self, error: Exception) -> str:
        try:
            if self._looks:
                self._looks.stack.check()
        except LocalError as ended:
            return str(ended)
        if isinstance(error, LocalError):
            return str(error)
        if not isinstance(error, BotoCoreError | ClientError):
            # A fault of the page's own: for its log.
            traceback.print_exception(error)
        return f"the stack cannot be looked at ({type(error).__name__}); logs: {self._state.logs}"

    def _trouble_now(self) -> str:
        """What is wrong, or nothing; a look that hangs is wrong, too."""
        began = self._began
        waited = time.monotonic() - began if began is not None else 0.0
        return f"the stack has not answered for {waited:.0f} s" if waited > _SLOW_S else self._trouble
