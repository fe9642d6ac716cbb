"""The deliver function's figures: beside the loopback's limit, the clients' own senders and a log shipper."""

import contextlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.corpus import Corpus
from benchmarks.deliver import senders
from benchmarks.deliver.overshoot import overshoot
from benchmarks.deliver.processes import sink
from benchmarks.deliver.race import MOST, Run, fill, over, race
from benchmarks.deliver.senders import Contender, Work
from benchmarks.ingest import ours
from benchmarks.measuring import ratio
from benchmarks.parts import Cell, Check, Part
from dreamdata_relay.events.chunks import chunk

_COLUMNS = ("us/event", "events/CPU s", "% of limit", "range", "x relay", "x range", "posts/1,000", "fill %", "largest")
# Dear peers get every fourth message: CPU for an event does not depend on how many there are.
_EVERY = 4
_BATCH = 80
# How many times the relay's CPU each of these takes at least.
_PEERS = {senders.SEGMENT: 20.0, senders.SEGMENT_QUEUE: 10.0, senders.NODE: 30.0, senders.SHIPPER: 1.0}


def measure(corpus: Corpus, rounds: int) -> list[Part]:
    """The table; raises Lost when a sender does not deliver every event."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        work, ids, messages = work_of(corpus, folder)
        server = stack.enter_context(sink())
        contenders = senders.contenders(stack, server, work, folder)
        runs = race(contenders, server, rounds, ids, folder)
        sizes = overshoot(server, folder, corpus.seed)
    invocations = -(-messages // _BATCH)
    return [
        Part(
            "deliver",
            "Deliver: messages in hand to posts answered, beside other senders",
            [_row(one, runs, invocations) for one in contenders],
            _notes(work, runs, messages),
            [*_checks(runs, invocations), _none_over(sizes)],
        ),
        sizes,
    ]


def _none_over(sizes: Part) -> Check:
    found = sum(int(row["over"] or 0) for row in sizes.rows)
    return Check("the same of sizes chosen to overshoot", found, 0, "bodies")


def work_of(corpus: Corpus, folder: Path) -> tuple[Work, set[str], int]:
    """The corpus as ingest puts it on the queue: every event complete; and as it is."""
    texts, _ = ours.read(b'{"batch":[' + b",".join(corpus.events) + b"]}")
    events = [bytes(text) for text in texts]
    messages = chunk(events)
    part = messages[::_EVERY]
    files = {"all": messages, "part": part, "raw": corpus.messages}
    for name, bodies in files.items():
        (folder / name).write_bytes(b"\n".join(bodies))
    ids = {json.loads(event)["messageId"] for event in events}
    part_events = sum(len(json.loads(body)["batch"]) for body in part)
    return Work(folder / "all", folder / "part", folder / "raw", events, part_events), ids, len(messages)


def _row(one: Contender, runs: Mapping[str, Run], invocations: int) -> dict[str, Cell]:
    row: dict[str, Cell] = {"sender": one.name}
    run = runs.get(one.name)
    row |= dict.fromkeys(_COLUMNS)
    if run:
        share, times = ratio(runs[senders.LIMIT].seconds, run.seconds), ratio(run.seconds, runs[senders.OURS].seconds)
        row["us/event"] = run.seconds.median * 1e6
        row["events/CPU s"] = round(1 / run.seconds.median)
        row["% of limit"] = share.median * 100
        row["range"] = f"{share.least * 100:.1f} to {share.most * 100:.1f}"
        row["x relay"] = times.median
        row["x range"] = f"{times.least:.2f} to {times.most:.2f}"
        if run.sizes:
            row["posts/1,000"] = len(run.sizes) * 1000 / one.events
            row["fill %"] = fill(run.sizes, invocations if one.name in _RELAY else 1)
            row["largest"] = max(run.sizes)
    return row | {"note": one.note}


_RELAY = (senders.OURS, senders.INCOMPLETE, senders.INVOCATION, senders.FLOOR)


def _notes(work: Work, runs: Mapping[str, Run], messages: int) -> Sequence[str]:
    limit = runs[senders.LIMIT]
    overs = [f"{name} {over(run.sizes)} of {len(run.sizes)}" for name, run in runs.items() if over(run.sizes)]
    return (
        f"{len(work.events)} events as ingest puts them on the queue, {messages} messages, {_BATCH} to an invocation; "
        f"peers but syslog-ng get every fourth message, {work.part_events} events. User and system time of the sending "
        "process alone, by the kernel's clock of it. Each sender was first shown to deliver every event once.",
        f"The sink, a process of its own, was busy {limit.sink_busy:.0%} of the time that the limit took, and "
        f"{runs[senders.OURS].sink_busy:.0%} of the relay's.",
        f"Bodies over {MOST:,} bytes: {', '.join(overs) or 'none'}. fill: but for one payload "
        "of each invocation, the smallest.",
    )


def _checks(runs: Mapping[str, Run], invocations: int) -> list[Check]:
    mine = runs[senders.OURS]
    share = ratio(runs[senders.LIMIT].seconds, mine.seconds).median * 100
    floor = ratio(runs[senders.INVOCATION].seconds, runs[senders.FLOOR].seconds).median
    checks = [Check("delivering, of the loopback's limit", share, 18, "%", at_least=True)]
    for name, least in _PEERS.items():
        if name in runs:
            times = ratio(runs[name].seconds, mine.seconds).median
            checks.append(Check(f"{name}, beside the relay", times, least, at_least=True))
    return [
        *checks,
        Check("a deliver invocation, beside its floor", floor, 1.5),
        Check("payloads' fill but for the last", fill(mine.sizes, invocations), 98, "%", at_least=True),
        Check("bodies over 500,000 bytes", over(mine.sizes), 0, "bodies"),
    ]
