"""Virtual time: processes are greenlets, and only this scheduler says which one runs."""

import heapq
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self

from greenlet import getcurrent, greenlet


class Killed(BaseException):  # not an Exception: a process ends wherever it is, as Lambda ends one
    """Raised inside a process where it is killed; no ``except Exception`` catches it."""


class _Greenlet(greenlet):
    process: "Process"


class Process:
    """One thread of control; ``owner`` is whatever it works for, shared with the processes it starts."""

    def __init__(self, scheduler: "Scheduler", work: Callable[[], Any], owner: Any) -> None:
        self._scheduler = scheduler
        self._work = work
        self.owner = owner
        self.result: Any = None
        self.error: Exception | None = None
        self.done = False
        self.killed = False
        self.turn = 0
        self.waiters: list[Process] = []
        self.greenlet = _Greenlet(self._run, scheduler.hub)
        self.greenlet.process = self

    def _run(self) -> None:
        try:
            self.result = self._work()
        except Killed:
            self.killed = True
        except Exception as error:  # noqa: BLE001  # its place is the process: whoever waits for it sees it
            self.error = error
        self.done = True
        for waiter in self.waiters:
            self._scheduler.wake(waiter)


class Scheduler:
    """Seconds begin at 0; events at one moment happen in the order they were asked for."""

    def __init__(self) -> None:
        self.now = 0.0
        self.hub = getcurrent()
        self._heap: list[tuple[float, int, Callable[[], object]]] = []
        self._count = 0
        self.processes: dict[int, Process] = {}

    @property
    def current(self) -> Process:
        """The process that runs."""
        running = getcurrent()
        assert isinstance(running, _Greenlet), "only a process can wait"
        return running.process

    def at(self, moment: float, call: Callable[[], object]) -> None:
        """Have the hub make ``call`` at ``moment``."""
        self._count += 1
        heapq.heappush(self._heap, (max(moment, self.now), self._count, call))

    def spawn(self, work: Callable[[], Any], owner: Any = None, delay: float = 0.0) -> Process:
        """Start ``work`` as a process of its own, ``delay`` seconds from now."""
        process = Process(self, work, owner)
        self.processes[id(process)] = process
        self.at(self.now + delay, lambda: self._switch(process))
        return process

    def _switch(self, process: Process) -> None:
        if not process.done:
            process.greenlet.switch()
        if process.done:
            self.processes.pop(id(process), None)

    def _go_on(self, process: Process, turn: int) -> None:
        if process.turn == turn:
            self._switch(process)

    def wake(self, process: Process) -> None:
        """Let a blocked process go on, at this moment but not before the running one stops."""
        turn = process.turn
        self.at(self.now, lambda: self._go_on(process, turn))

    def block(self, timeout: float | None = None) -> None:
        """Stop the running process until somebody wakes it, or ``timeout`` seconds have passed."""
        process = self.current
        process.turn += 1
        turn = process.turn
        if timeout is not None:
            self.at(self.now + timeout, lambda: self._go_on(process, turn))
        self.hub.switch()
        process.turn += 1

    def sleep(self, seconds: float) -> None:
        """Let ``seconds`` pass for the running process."""
        self.block(max(0.0, seconds))

    def kill(self, process: Process) -> None:
        """End ``process`` where it stands; from the hub, or from another process (then as soon as that one stops)."""
        if getcurrent() is not self.hub:
            self.at(self.now, lambda: self.kill(process))
        elif not process.done:
            process.turn += 1
            if process.greenlet.gr_frame is None and not process.greenlet:
                process.done = process.killed = True
                for waiter in process.waiters:
                    self.wake(waiter)
            else:
                process.greenlet.throw(Killed())
            self.processes.pop(id(process), None)

    def run(self, until: float, stop: Callable[[], bool] = lambda: False) -> None:
        """Let events happen until none is left, ``until`` is reached, or ``stop`` says so."""
        while self._heap and not stop():
            moment, _, call = self._heap[0]
            if moment > until:
                self.now = until
                return
            heapq.heappop(self._heap)
            self.now = moment
            call()

    def end(self) -> None:
        """Kill whatever still stands."""
        for process in list(self.processes.values()):
            self.kill(process)


class Clock:
    """The relay's clock on the scheduler's time."""

    START = 1_795_436_875.411

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def now(self) -> float:
        return self.START + self._scheduler.now

    time = now

    def monotonic(self) -> float:
        return self._scheduler.now

    def sleep(self, seconds: float) -> None:
        self._scheduler.sleep(seconds)


class Lock(AbstractContextManager[None]):
    """``threading.Lock`` for processes."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._holder: Process | None = None
        self._waiting: list[Process] = []

    def __enter__(self) -> None:
        while self._holder is not None:
            self._waiting.append(self._scheduler.current)
            self._scheduler.block()
        self._holder = self._scheduler.current

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._holder = None
        waiting, self._waiting = self._waiting, []
        for process in waiting:
            self._scheduler.wake(process)


class Condition(Lock):
    """``threading.Condition`` for processes."""

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__(scheduler)
        self._told: list[Process] = []

    def wait_for(self, predicate: Callable[[], object], timeout: float) -> object:
        """What ``predicate`` says in the end; the lock is let go while waiting."""
        end = self._scheduler.now + timeout
        while not (found := predicate()) and (left := end - self._scheduler.now) > 0:
            self._told.append(self._scheduler.current)
            self.__exit__(None, None, None)
            self._scheduler.block(left)
            self.__enter__()
        return found

    def notify(self) -> None:
        """Let one that waits go on."""
        if self._told:
            self._scheduler.wake(self._told.pop(0))


class Thread:
    """``threading.Thread`` as a process of the same owner."""

    def __init__(
        self, scheduler: Scheduler, target: Callable[..., Any], args: tuple[Any, ...], name: str, *, daemon: bool
    ) -> None:
        self._scheduler = scheduler
        self._work = lambda: target(*args)

    def start(self) -> None:
        """Run at this moment, as soon as the running process stops."""
        self._scheduler.spawn(self._work, self._scheduler.current.owner)


class Future:
    """``concurrent.futures.Future`` of a process."""

    def __init__(self, process: Process) -> None:
        self.process = process

    def result(self) -> Any:
        if self.process.error is not None:
            raise self.process.error
        return self.process.result


class Pool:
    """``ThreadPoolExecutor`` whose threads are processes of the same owner, at most ``max_workers`` at once."""

    def __init__(self, scheduler: Scheduler, max_workers: int) -> None:
        self._scheduler = scheduler
        self._most = max_workers
        self._started: list[Process] = []

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Future:
        return Future(self._start(lambda: work(*arguments)))

    def map(self, work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        futures = []
        for item in items:
            running = [process for process in self._started if not process.done]
            if len(running) >= self._most:
                wait_any(self._scheduler, running, None)
            futures.append(self.submit(work, item))
        for future in futures:
            while not future.process.done:
                wait_any(self._scheduler, [future.process], None)
        return [future.result() for future in futures]

    def _start(self, work: Callable[[], Any]) -> Process:
        process = self._scheduler.spawn(work, self._scheduler.current.owner)
        self._started.append(process)
        return process

    def shutdown(self, *, wait: bool = True, cancel_futures: bool = False) -> None:
        """Nothing: what still runs goes on, as threads do."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()


def wait_any(scheduler: Scheduler, processes: Iterable[Process], timeout: float | None) -> None:
    """Block until one of ``processes`` is done or ``timeout`` seconds have passed."""
    waiting = list(processes)
    if any(process.done for process in waiting):
        return
    for process in waiting:
        process.waiters.append(scheduler.current)
    scheduler.block(timeout)
    for process in waiting:
        if scheduler.current in process.waiters:
            process.waiters.remove(scheduler.current)
