"""What would make batches of 50 cheaper or dearer: everything else as it is."""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from benchmarks.costs import month, prices
from benchmarks.costs.counts import Deliver, Flow
from benchmarks.costs.month import Dollars
from benchmarks.costs.prices import PRICES
from benchmarks.costs.stack import Stack
from benchmarks.parts import Cell, Part

# A start in a new environment, in CPU time (docs/performance.md): imports, clients, the first secret.
START_CPU_MS = 300.0
AS_IT_IS = "as it is"

type _Change = Callable[[Flow, Stack], tuple[Flow, Stack]]


def even(flow: Flow, events: float, stack: Stack) -> Dollars:
    """What a month of evenly spread ``events`` costs, but for what is fixed."""
    return month.costs(flow, events, month.evenly(flow, events, stack), stack)


def table(flow: Flow, stack: Stack, amounts: Mapping[str, float]) -> Part:
    """Dollars a million of ``flow``'s events with each change alone, for each of ``amounts`` of events a month."""
    rows: list[Mapping[str, Cell]] = []
    for name, change in _CHANGES.items():
        changed = change(flow, stack)
        row: dict[str, Cell] = {"if": name}
        for title, events in amounts.items():
            row[title] = month.a_million(even(changed[0], events, changed[1]), events)
        rows.append(row)
    free: dict[str, Cell] = {
        "if": f"the {prices.FREE_TRANSFER_GB} GB that leave every account for nothing are taken off"
    }
    for title, events in amounts.items():
        free[title] = month.a_million(_less_free_transfer(even(flow, events, stack)), events)
    return Part(
        "what-if", "Dollars a million events in batches of 50, without what is fixed", [rows[0], free, *rows[1:]]
    )


def _delivered(flow: Flow, change: Callable[[Deliver], Deliver]) -> Flow:
    return replace(flow, deliver=[change(one) for one in flow.deliver])


def _without_lines(flow: Flow) -> Flow:
    return _delivered(flow, lambda one: replace(one, log_bytes=one.log_bytes - one.line_bytes, line_bytes=0))


def _cold(flow: Flow) -> Flow:
    started = _delivered(flow, lambda one: replace(one, cpu_ms=one.cpu_ms + START_CPU_MS))
    ingest = flow.ingest and replace(flow.ingest, cpu_ms=flow.ingest.cpu_ms + START_CPU_MS)
    return replace(started, ingest=ingest)


def _less_free_transfer(dollars: Dollars) -> Dollars:
    most = prices.FREE_TRANSFER_GB * PRICES[prices.TRANSFER].first
    return {**dollars, prices.TRANSFER: max(0.0, dollars[prices.TRANSFER] - most)}


_CHANGES: Mapping[str, _Change] = {
    AS_IT_IS: lambda flow, stack: (flow, stack),
    "PayloadCompression=gzip": lambda flow, stack: (replace(flow, deliver=flow.gzip), stack),
    "no line for each payload": lambda flow, stack: (_without_lines(flow), stack),
    "no access log": lambda flow, stack: (flow, replace(stack, access_log_bytes=0)),
    "a window of 60 s": lambda flow, stack: (flow, replace(stack, window=60)),
    "Dreamdata answers in 1 s": lambda flow, stack: (flow, replace(stack, post_wait_ms=1000.0)),
    "Dreamdata answers in 3 s": lambda flow, stack: (flow, replace(stack, post_wait_ms=3000.0)),
    "every invocation is a cold start": lambda flow, stack: (_cold(flow), stack),
}
