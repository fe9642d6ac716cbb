"""Handles Ctrl-C, SIGTERM and a closed terminal: it ends at once with a true sentence, or between two calls.

It is imported first, so that a sentence exists at every moment; it imports nothing that is slow.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Self

INTERRUPTED = 130
_TO_END = (signal.SIGTERM, signal.SIGHUP)
# A shell tells a process that a signal ended by this and the signal's number.
_BY_SIGNAL = 128
_STDOUT, _STDERR = 1, 2
# A progress bar or a live screen has hidden it.
_SHOW_CURSOR = b"\x1b[?25h"
_NOTHING = "nothing was changed"
# So many times Ctrl-C: whoever presses it once more does not want to wait.
_IMPATIENT = 2
_WAITING = "relay: ends as soon as AWS has answered and no dead letter is hidden; Ctrl-C once more ends it at once"
_HALF_DONE = (
    "relay: interrupted: ended in the middle: what was asked of AWS last may be done or not, dead letters may stay"
    " hidden for ten minutes, and a file whose name ends in .part may be left"
)

_sentence = _NOTHING
_ended_by: int = signal.SIGINT
_running: "Interrupts | None" = None


def end_at_once() -> None:
    """From now on let an interrupt end the process at any point with the sentence of :func:`say_if_interrupted`.

    No exception is raised, because inside a library it could be lost or leave a traceback.
    """
    for number in _heeded():
        signal.signal(number, _end)
    # tools/relay keeps back what comes before this.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, *_TO_END))


def _heeded() -> list[signal.Signals]:
    # Under nohup a closed terminal is no reason to end.
    return [number for number in (signal.SIGINT, *_TO_END) if number == signal.SIGINT or not _is_ignored(number)]


def _is_ignored(number: int) -> bool:
    return signal.getsignal(number) == signal.SIG_IGN


def exit_status(status: int) -> int:
    """Return ``status``, or after an interrupt that of its signal: 130, 143 for SIGTERM, 129 for SIGHUP."""
    return _BY_SIGNAL + _ended_by if status == INTERRUPTED else status


def say_if_interrupted(sentence: str = _NOTHING) -> None:
    """Set the printable ``sentence`` that an interrupt prints from now on."""
    global _sentence  # there is one process to be interrupted
    _sentence = sentence


def told() -> str:
    """Return the line that is printed after an interrupt."""
    return f"relay: interrupted: {_sentence}"


@contextmanager
def raising() -> Iterator[None]:
    """Raise KeyboardInterrupt on an interrupt within this context: for a prompt, which must restore the terminal."""
    before = {number: signal.signal(number, _raise) for number in _heeded()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raise(number: int, _frame: FrameType | None) -> None:
    _note_end(number)
    raise KeyboardInterrupt


def _note_end(number: int) -> None:
    global _ended_by  # there is one process to be interrupted
    _ended_by = number


class _Came:
    """The signals that came, and how often Ctrl-C was pressed; ``is_ours``: they are meant for this command."""

    def __init__(self) -> None:
        self.signals: set[int] = set()
        self.presses = 0
        self.is_ours = True


class Interrupts:
    """A context that notes SIGINT, SIGTERM and a closed terminal; calling it tells whether one came.

    ``last``: only the result is left to be printed afterwards, and no interrupt stops that. A nested context knows of
    earlier interrupts. Pressing Ctrl-C repeatedly first prints what is waited for (``waiting``), and then ends the
    command with ``half_done``; the outermost context's texts count.
    """

    def __init__(
        self, *, last: bool = False, waiting: str = _WAITING, half_done: Callable[[], str] = lambda: _HALF_DONE
    ) -> None:
        self._last = last
        self._waiting = waiting
        self._half_done = half_done
        self._came = _Came()
        self._before: dict[int, Any] = {}
        self._outer: Interrupts | None = None

    def __enter__(self) -> Self:
        global _running  # there is one process to be interrupted
        self._outer, _running = _running, self
        if self._outer:
            self._came = self._outer._came
            return self
        for number in _heeded():
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        global _running  # there is one process to be interrupted
        _running = self._outer
        for number, handler in self._before.items():
            # Of a process that is to end by itself now; in any other the handler is somebody else's.
            if not (self._last and handler is _end):
                signal.signal(number, handler)

    def __call__(self) -> bool:
        """Whether one came."""
        return bool(self._came.signals)

    @property
    def to_end(self) -> bool:
        """Whether one came that is meant for this command alone, and not for a program that it started."""
        return not self._came.signals.isdisjoint(_TO_END)

    @contextmanager
    def of_another(self) -> Iterator[None]:
        """Within this context Ctrl-C is meant for a program that this command started."""
        self._came.is_ours = False
        try:
            yield
        finally:
            self._came.is_ours = True

    def forget(self) -> None:
        """Forget what came until now: it was meant for another program."""
        self._came.signals.discard(signal.SIGINT)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._came.signals.add(number)
        _note_end(number)
        if number != signal.SIGINT or not self._came.is_ours:
            return
        self._came.presses += 1
        if self._came.presses == _IMPATIENT:
            _write(f"{self._waiting}\n")
        elif self._came.presses > _IMPATIENT and self._before[number] is _end:
            _end_with(self._half_done())


def _write(text: str) -> None:
    """Write without the stream, which may be in the middle of a line."""
    with suppress(OSError):
        os.write(_STDERR, text.encode())


def _end(number: int, _frame: FrameType | None) -> None:
    _note_end(number)
    _end_with(told())


def _end_with(text: str) -> None:
    for number in (signal.SIGINT, *_TO_END):
        signal.signal(number, signal.SIG_IGN)
    with suppress(OSError):
        for terminal in (_STDOUT, _STDERR):
            if os.isatty(terminal):
                os.write(terminal, _SHOW_CURSOR)
    _write(f"{text}\n")
    os._exit(exit_status(INTERRUPTED))
