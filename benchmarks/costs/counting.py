"""Counts in a process of its own, for loggers keep the output they find: ``python -m benchmarks.costs.counting``.

Prints a :class:`Counts` as JSON; says on standard error how far it is.
"""

import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence

import msgspec

from benchmarks.corpus import SEED, make_corpus
from benchmarks.costs.counts import SQS_STEP, Counts, Flow, Ingest, steps
from benchmarks.costs.functions import Functions, Log
from benchmarks.deliver.processes import sink
from dreamdata_relay.events.chunks import chunk

EVENTS = 20_000
# SDK batches; one event a request is a caller without an SDK's buffer.
BATCHES = (1, 20, 50, 100)
# What an invocation gets: Lambda takes 6 MB, of which quotes and attributes need some; the template's batch size.
MOST_BYTES, MOST_MESSAGES = 5_000_000, 1000
FILLS = (1, 3, 10, 30, 100, 300, MOST_MESSAGES)
# So many small invocations say as much as all.
_ENOUGH = 300
# Events of the corpus that fill a payload, and zlib's word for gzip.
_FULL, _GZIP_WINDOW = 600, 31
# EventBridge, SNS and Step Functions send one event by one request; a program can send ten at once.
DIRECT, DIRECT_TEN, DIRECT_CHUNKS = "direct, one by one", "direct, ten at once", "direct, chunks of 62,400 bytes"


def count(events: Sequence[bytes], seed: int, tell: Callable[[str], object]) -> Counts:
    """Everything of ``events``; each is accepted, for what is refused costs less."""
    with sink() as other_side, Log() as log:
        functions = Functions(other_side, log)
        flows: dict[str, Flow] = {}
        for size in BATCHES:
            tell(f"requests of {size}")
            bodies = [b'{"batch":[' + b",".join(events[at : at + size]) + b"]}" for at in range(0, len(events), size)]
            ingest, messages = functions.ingest(bodies, len(events))
            flows[way_of(size)] = _flow(functions, messages, len(events), ingest.send_units, ingest)
        alone = [event.decode() for event in events]
        chunks = [body.decode() for body in chunk(events)]
        for name, messages, units in (
            (DIRECT, alone, [steps(len(text.encode()), SQS_STEP) for text in alone]),
            (DIRECT_TEN, alone, [steps(len("".join(ten).encode()), SQS_STEP) for ten in _by(alone, 10)]),
            (DIRECT_CHUNKS, chunks, [steps(len(text.encode()), SQS_STEP) for text in chunks]),
        ):
            tell(name)
            flows[name] = _flow(functions, messages, len(events), sum(units))
        average = sum(map(len, events)) / len(events)
        return Counts(len(events), average, seed, flows, sorted(log.metrics), _levels(list(_payloads(events))))


def way_of(size: int) -> str:
    """The name of the flow of requests with ``size`` events."""
    return "one event a request" if size == 1 else f"batches of {size}"


def _flow(
    functions: Functions, messages: list[str], events: int, send_units: int, ingest: Ingest | None = None
) -> Flow:
    counted, gzipped = [], []
    for fill in FILLS:
        invocations = list(_invocations(messages, fill))[:_ENOUGH]
        share = sum(map(len, invocations)) / len(messages)
        counted.append(functions.deliver(invocations, round(events * share)))
        gzipped.append(functions.deliver(invocations, round(events * share), compress=True))
        if counted[-1].largest < fill:
            break
    size = sum(len(text.encode()) for text in messages)
    return Flow(events, len(messages), size, send_units, counted, ingest, gzipped)


def _payloads(events: Sequence[bytes]) -> Iterator[bytes]:
    """Bodies as full as payloads get, but for the envelope."""
    for start in range(0, len(events), _FULL):
        yield b",".join(events[start : start + _FULL])


def _levels(payloads: Sequence[bytes]) -> dict[str, tuple[float, float]]:
    """By zlib's level: the share of its bytes that is left, and the CPU time (ms) of a MB, the least of three times."""
    whole = sum(map(len, payloads))
    found = {}
    for level in range(1, 10):
        took = []
        for _ in range(3):
            started = time.process_time()
            left = sum(len(zlib.compress(payload, level, _GZIP_WINDOW)) for payload in payloads)
            took.append(time.process_time() - started)
        found[str(level)] = round(left / whole, 4), round(min(took) * 1000 / whole * 1e6, 1)
    return found


def _invocations(messages: Sequence[str], most: int) -> Iterator[list[str]]:
    """``messages`` in order, as many to an invocation as it gets."""
    batch: list[str] = []
    size = 0
    for text in messages:
        length = len(text.encode())
        if batch and (len(batch) == most or size + length > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += length
    yield batch


def _by(items: Sequence[str], most: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), most):
        yield items[start : start + most]


if __name__ == "__main__":
    found = count(make_corpus(EVENTS).events, SEED, lambda what: print(f"  {what}", file=sys.stderr))
    sys.stdout.write(msgspec.json.encode(found).decode())
