"""Looks at the stack again and again, and feeds the model with what is new."""

import threading
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local.errors import LocalError
from local.page.charts import Charts
from local.page.log_tail import DeliverLog, LogTail
from local.page.model import Model
from local.page.observations import Contents, DeadLook, Lag, Letter, Observation, Place, QueueLook, Received
from local.page.reading import contents_of, seen_event
from local.page.rows import FillPoint, Overview, Row, from_iso
from local.page.switches import Switches
from local.places import StateDir
from local.stack import QueuedMessage, Stack

_EVERY_S = 0.1
# A look at a full queue costs the emulator time: so many times as long it is then left alone.
_REST, _LONGEST_REST_S = 8.0, 2.0
_SLOW_S = 5.0
# Dead letters are looked at when their number changes, and now and then: one may have replaced another.
_LETTERS_EVERY_S = 3.0
_SCRIPT_EVERY_S = 1.0
# More comes with the next look.
_AT_ONCE = 5_000
_ATTRIBUTES = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
_STARTING = "the stack is being started"


@dataclass
class Sources:
    """One stack that is looked at, and how far it has been read."""

    stack: Stack
    switches: Switches
    log: LogTail
    events: int = 0
    payloads: int = 0
    dead_count: int = -1
    letters_at: float = 0.0
    script_at: float = 0.0
    resets: int = 0
    letters: set[str] = field(default_factory=set)
    contents: dict[str, Contents] = field(default_factory=dict)

    @classmethod
    def of(cls, stack: Stack) -> "Sources":
        """Of a stack that is up."""
        return cls(stack, Switches(stack.sandbox, stack.sandbox_key), LogTail(Path(stack.logs["deliver"])))


class Observer:
    """All that the page knows of the stack in `state`; the methods may be called from any thread."""

    def __init__(self, state: StateDir, clock: Callable[[], float] = time.time) -> None:
        self._state = state
        self._clock = clock
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.sources: Sources | None = None
        # Told to begin anew: a client that knows another epoch has to forget its rows.
        self.epoch = 0
        self._trouble = _STARTING
        self._began: float | None = None
        self._queue = {"visible": 0, "inFlight": 0, "dead": 0}
        self._forget()

    def _forget(self) -> None:
        self.model = Model()
        self._charts = Charts()
        self._log = DeliverLog()

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

    def stack(self) -> Stack:
        """The stack that is looked at; raises LocalError while there is none."""
        return self._ready().stack

    def switches(self) -> Switches:
        """The sandbox's; raises LocalError while there is none."""
        return self._ready().switches

    def _ready(self) -> Sources:
        if self.sources is None:
            raise LocalError(_STARTING)
        return self.sources

    def changes(self, epoch: int, version: int) -> tuple[int, int, list[Row]]:
        """The epoch, the version, and the rows that changed since; all of them when `epoch` is another."""
        with self._lock:
            rows = self.model.rows_since(version if epoch == self.epoch else 0)
            return self.epoch, self.model.version, rows

    def overview(self) -> Overview:
        """What stands above the rows."""
        with self._lock:
            switches = self.sources.switches.shown() if self.sources else {"mode": "healthy", "refused": []}
            return Overview(
                counts=dict(self.model.counts),
                queue=dict(self._queue),
                lag=self._charts.lag(),
                fill=self._charts.fill(),
                stack=self._trouble_now() or "ok",
                kept=self.model.max_rows,
                forgotten=self.model.forgotten,
                **switches,
            )

    def locked[T](self, ask: Callable[[Model], T]) -> T:
        """What `ask` finds in the model."""
        with self._lock:
            return ask(self.model)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._began = began = time.monotonic()
            self.look()
            self._began = None
            self._stop.wait(max(_EVERY_S, min(_LONGEST_REST_S, _REST * (time.monotonic() - began))))

    def _trouble_now(self) -> str:
        """What is wrong, or nothing; a look that hangs is wrong, too."""
        began = self._began
        waited = time.monotonic() - began if began is not None else 0.0
        return f"the stack has not answered for {waited:.0f} s" if waited > _SLOW_S else self._trouble

    def look(self) -> str:
        """Look once; returns in a line what is wrong with the stack, or nothing."""
        self._trouble = self._looked()
        return self._trouble

    def _looked(self) -> str:
        try:
            if self.sources is None:
                stack = Stack.find(self._state)
                if stack is None:
                    return _STARTING
                self.sources = Sources.of(stack)
            self._look_at_all(self.sources)
        except Exception as error:  # noqa: BLE001  # its place is the line on the page; the next look may go well
            return self._told(error)
        return ""

    def _told(self, error: Exception) -> str:
        try:
            if self.sources:
                self.sources.stack.check()
        except LocalError as ended:
            return str(ended)
        if isinstance(error, LocalError):
            return str(error)
        if not isinstance(error, BotoCoreError | ClientError):
            # A fault of the page's own: for its log.
            traceback.print_exception(error)
        return f"the stack cannot be looked at ({type(error).__name__}); logs: {self._state.logs}"

    def _look_at_all(self, sources: Sources) -> None:
        """Look at every source; what was seen by the time that one fails is taken."""
        now = self._clock()
        if now - sources.script_at > _SCRIPT_EVERY_S:
            sources.switches.refresh()
            sources.script_at = now
        self._look_at_sandbox(sources)
        self._look_at_log(sources)
        self._look_at_queues(sources)

    def _look_at_queues(self, sources: Sources) -> None:
        stack = sources.stack
        queue = _counts(stack, stack.queue_url)
        dead = sum(_counts(stack, stack.dead_letter_queue_url))
        with self._lock:
            self._queue = {"visible": queue[0], "inFlight": queue[1], "dead": dead}
        known, remembered = sources.contents, set(sources.contents)
        now = self._clock()
        messages = stack.queued()
        places = tuple(
            Place(message.message_id, message.receive_count, message.visible_at, _known(known, message))
            for message in messages
        )
        seen: list[Observation] = [QueueLook(now, places)]
        if dead != sources.dead_count or now - sources.letters_at > _LETTERS_EVERY_S:
            now = self._clock()
            letters = stack.dead_letters()
            seen.append(DeadLook(now, tuple(_letter(known, message) for message in letters)))
            sources.dead_count, sources.letters_at = dead, now
            sources.letters = {message.message_id for message in letters}
        self._take(seen)
        here = sources.letters | {message.message_id for message in messages}
        sources.contents = {
            id_: contents if id_ in remembered else contents.without_texts()
            for id_, contents in known.items()
            if id_ in here
        }

    def _look_at_sandbox(self, sources: Sources) -> None:
        sandbox = sources.stack.sandbox
        health = sandbox.health()
        if health["resets"] != sources.resets:
            with self._lock:
                sources.resets = health["resets"]
                sources.events = sources.payloads = 0
                sources.contents.clear()
                sources.dead_count = -1
                self.epoch += 1
                self._forget()
        if health["payloads"] > sources.payloads:
            payloads = sandbox.payloads(since=sources.payloads, limit=_AT_ONCE)
            sources.payloads += len(payloads)
            with self._lock:
                for payload in payloads:
                    self._charts.posted(FillPoint(payload.received_at, payload.size, payload.events, payload.status))
        if health["events"] > sources.events:
            events = sandbox.events(since=sources.events, limit=_AT_ONCE)
            sources.events += len(events)
            self._take(
                Received(
                    event.index,
                    from_iso(event.received_at),
                    event.payload,
                    seen_event(event.raw.encode("utf-8", "replace"), event.message_id, keep_text=False),
                )
                for event in events
            )

    def _look_at_log(self, sources: Sources) -> None:
        seen = [found for line in sources.log.lines() for found in self._log.read(line)]
        if seen:
            self._take(seen)
            with self._lock:
                for found in seen:
                    if isinstance(found, Lag):
                        self._charts.delivered(found.at, found.seconds)

    def _take(self, seen: Iterable[Observation]) -> None:
        with self._lock:
            self.model.take(seen)


def _known(known: dict[str, Contents], message: QueuedMessage) -> Contents:
    if message.message_id not in known:
        known[message.message_id] = contents_of(message)
    return known[message.message_id]


def _letter(known: dict[str, Contents], message: QueuedMessage) -> Letter:
    # The redrive policy moves a message with its id: what was known of it on the queue holds for the letter, too.
    return Letter(message.message_id, _known(known, message), tuple(sorted(message.attributes.items())))


def _counts(stack: Stack, queue_url: str) -> tuple[int, int]:
    answer = stack.aws.sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=list(_ATTRIBUTES))
    visible, hidden = (int(answer["Attributes"].get(name, 0)) for name in _ATTRIBUTES)
    return visible, hidden
