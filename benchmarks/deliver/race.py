"""All senders in turn, round after round: CPU of each one's process alone, and what the sink got of it."""

import json
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from rich.progress import track

from benchmarks.deliver.processes import Sender, Sink
from benchmarks.deliver.senders import Contender
from benchmarks.measuring import Measured, measured

MOST = 500_000


class Run(NamedTuple):
    """Of one contender: CPU seconds for an event, the bodies of one run, the sink's share of a core meanwhile."""

    seconds: Measured
    sizes: Sequence[int]
    sink_busy: float


class Lost(RuntimeError):
    """Raised when a sender did not deliver exactly what it was given."""


def race(
    contenders: Sequence[Contender], sink: Sink, rounds: int, ids: Collection[str], folder: Path
) -> dict[str, Run]:
    """Run every contender once a round; a first round, to warm up, shows that each delivers every event.

    Raises :class:`Lost`.
    """
    here = [one for one in contenders if one.sender]
    seconds: dict[str, list[float]] = {one.name: [] for one in here}
    busy: dict[str, list[float]] = {one.name: [] for one in here}
    sizes: dict[str, list[int]] = {}
    for number in track(range(rounds + 1), description=f"{'deliver':<28}"):
        for one in here:
            assert one.sender
            kept = None if number else folder / "kept"
            sink.start(kept)
            if not kept:
                taken, share = _timed(one, one.sender, sink)
                seconds[one.name].append(taken)
                busy[one.name].append(share)
                sizes[one.name] = sink.sizes()
            else:
                one.sender.ask("go")
                sink.sizes()
                if one.checked:
                    complete(one, kept, ids)
    return {
        one.name: Run(measured(seconds[one.name]), sizes[one.name], measured(busy[one.name]).median) for one in here
    }


def _timed(one: Contender, sender: Sender, sink: Sink) -> tuple[float, float]:
    """CPU seconds of the sender for an event, and the share of a core that the sink took meanwhile."""
    taken = passed = busy = 0.0
    for _ in range(one.runs):
        sink.start()
        started, before, sink_before = time.monotonic(), sender.seconds(), sink.seconds()
        sender.ask("go")
        taken += sender.seconds() - before
        passed += time.monotonic() - started
        busy += sink.seconds() - sink_before
    return taken / (one.runs * one.events), busy / passed


def complete(one: Contender, kept: Path, ids: Collection[str]) -> None:
    """Whether the bodies in ``kept`` hold as many events as ``one`` was given, each id once, none that is not known.

    Raises :class:`Lost`.
    """
    got = list(ids_in(kept))
    different = set(got)
    unknown = 0 if one.renames else len(different.difference(ids))
    if len(got) != one.events or len(different) != len(got) or unknown:
        raise Lost(
            f"{one.name} delivered {len(got)} of {one.events} events, {len(different)} different, {unknown} unknown"
        )


def ids_in(kept: Path) -> Iterator[str]:
    """The ids of the events in the bodies that the sink kept."""
    with kept.open("rb") as lines:
        for line in lines:
            for event in json.loads(line)["batch"]:
                yield event["messageId"]


def fill(sizes: Sequence[int], last: int = 1) -> float:
    """How full payloads are, in percent of 500,000 bytes, but for the ``last`` smallest: those have what is left."""
    counted = sorted(sizes)[last:] if len(sizes) > last else sizes
    return 100 * sum(counted) / (MOST * len(counted)) if counted else 0.0


def over(sizes: Sequence[int]) -> int:
    """How many bodies are larger than Dreamdata takes."""
    return sum(size > MOST for size in sizes)
