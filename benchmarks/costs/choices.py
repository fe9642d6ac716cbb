"""What other values of the template's parameters would cost and carry: why the defaults are what they are."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from benchmarks.costs import capacity, month
from benchmarks.costs.counts import Counts, Flow
from benchmarks.costs.month import MILLION
from benchmarks.costs.stack import Stack
from benchmarks.costs.what_if import START_CPU_MS, even
from benchmarks.parts import Cell, Part

type _Rows = list[Mapping[str, Cell]]

# A day at a hundred events a second: what an outage of Dreamdata of that length leaves on the queue.
BACKLOG_RATE, BACKLOG_S = 100, 86_400


def tables(counts: Counts, stack: Stack, single: str, fifty: str, direct: str) -> Sequence[Part]:
    """A table for each choice; the names are those of the flows they are shown for."""
    flows = counts.flows
    return [
        _memory(flows[fifty], stack),
        _window(flows[single], flows[fifty], stack),
        _batch_size(flows[direct], stack),
        _concurrency(flows[fifty], stack),
        _answers(flows[single], flows[fifty], stack),
    ]


def _a_million(flow: Flow, millions: float, stack: Stack) -> float:
    return month.a_million(even(flow, millions * MILLION, stack), millions * MILLION)


def delivered_a_second(flow: Flow, stack: Stack) -> float:
    """Events a second that the deliver functions carry, all of them at work and full."""
    return next(one.events for one in capacity.limits(flow, stack) if one.what == capacity.DELIVER)


def _memory(fifty: Flow, stack: Stack) -> Part:
    rows: _Rows = []
    for memory in (256, 512, 1024, 1769):
        other = replace(stack, ingest_memory=memory, deliver_memory=memory)
        rows.append(
            {
                "MB": memory,
                "ingest, ms": month.ingest_ms(fifty, other),
                "delivery of 1 message, ms": month.deliver_ms(fifty.deliver[0], other),
                "full delivery, ms": month.deliver_ms(month.fullest(fifty, other), other),
                "cold start, ms": START_CPU_MS / month.processor_share(memory),
                "$ a million at 1 million": _a_million(fifty, 1, other),
                "at 1,000 million": _a_million(fifty, 1000, other),
            }
        )
    return Part("memory", "Memory of both functions, batches of 50", rows)


def _window(single: Flow, fifty: Flow, stack: Stack) -> Part:
    rows: _Rows = []
    for window in (1, 5, 10, 20, 60):
        other = replace(stack, window=window)
        rows.append(
            {
                "window, s": window,
                "messages each, single events, 10 million": month.messages_an_invocation(single, 10 * MILLION, other),
                "$ a million": _a_million(single, 10, other),
                "messages each, batches of 50, 10 million": month.messages_an_invocation(fifty, 10 * MILLION, other),
                "$ a million ": _a_million(fifty, 10, other),
                "messages each, batches of 50, 1,000 million": month.messages_an_invocation(fifty, 1e9, other),
                "$ a million  ": _a_million(fifty, 1000, other),
            }
        )
    return Part("window", "DeliverBatchingWindow", rows)


def _batch_size(direct: Flow, stack: Stack) -> Part:
    rows: _Rows = []
    for size in (10, 100, 300, 1000):
        other = replace(stack, batch_size=size)
        full = month.fullest(direct, other)
        dollars = month.costs(direct, 1e9, month.backlog(direct, other), other)
        rows.append(
            {
                "messages": size,
                "posts a million": round(full.posts / full.events * MILLION),
                "events a second": round(delivered_a_second(direct, other), -2),
                "$ a million": month.a_million(dollars, 1e9),
            }
        )
    return Part("batch-size", "DeliverBatchSize, a backlog of single events", rows)


def _concurrency(fifty: Flow, stack: Stack) -> Part:
    rows: _Rows = []
    for concurrency, parallel in ((2, 1), (2, 2), (5, 1), (5, 2), (5, 4), (20, 2), (100, 2)):
        carried = delivered_a_second(fifty, replace(stack, concurrency=concurrency, parallel=parallel))
        rows.append(
            {
                "functions": concurrency,
                "posts each": parallel,
                "posts at once": concurrency * parallel,
                "events a second": round(carried, -2),
                "minutes for a day's backlog": BACKLOG_RATE * BACKLOG_S / (carried - BACKLOG_RATE) / 60,
            }
        )
    return Part("concurrency", "DeliverMaximumConcurrency and ParallelPosts, batches of 50", rows)


def _answers(single: Flow, fifty: Flow, stack: Stack) -> Part:
    rows: _Rows = []
    for wait in (100.0, 250.0, 1000.0, 3000.0):
        other = replace(stack, post_wait_ms=wait)
        rows.append(
            {
                "Dreamdata answers in, ms": round(wait),
                "batches of 50, events a second": round(delivered_a_second(fifty, other), -2),
                "single events, events a second": round(delivered_a_second(single, other), -2),
            }
        )
    return Part("answers", "What the deliver functions carry, by Dreamdata's time to answer", rows)
