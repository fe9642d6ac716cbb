"""Payloads in gzip beside payloads as they are: every sender's counts, how far gzip must go, and at which level."""

from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from benchmarks.costs import month, prices
from benchmarks.costs.counts import Counts, Flow
from benchmarks.costs.month import MILLION
from benchmarks.costs.prices import GB, PRICES
from benchmarks.costs.stack import Stack
from benchmarks.parts import Cell, Part


class Way(Struct, frozen=True):
    """A sender and how its payloads are sent; ``stack`` is the one with the parameter set so."""

    name: str
    flow: Flow
    stack: Stack


def ways(counts: Counts, stack: Stack) -> Iterator[Way]:
    """Every sender as it is by default and with ``PayloadCompression=gzip``."""
    for name, flow in counts.flows.items():
        yield Way(name, flow, stack)
        yield in_gzip(name, flow, stack)


def named(name: str) -> str:
    """What the sender is called with gzip on."""
    return f"{name}, gzip"


def in_gzip(name: str, flow: Flow, stack: Stack) -> Way:
    """The sender with gzip on, which brings an alarm of its own."""
    return Way(
        named(name),
        replace(flow, deliver=flow.gzip),
        replace(stack, alarm_metrics=stack.alarm_metrics + stack.gzip_alarms),
    )


def whole(counts: Counts, way: Way, events: float) -> float:
    """Dollars a million, everything counted, where ``events`` a month come evenly."""
    dollars = month.costs(way.flow, events, month.evenly(way.flow, events, way.stack), way.stack)
    return month.a_million({**dollars, "fixed": sum(month.fixed(counts, way.stack).values())}, events)


def share(flow: Flow, place: int) -> float:
    """What gzip leaves of the bytes posted, at one fill: 0 is one message an invocation, -1 the fullest."""
    plain, packed = flow.deliver[place], flow.gzip[place]
    return (packed.posted_bytes / packed.events) / (plain.posted_bytes / plain.events)


def share_at(counts: Counts, flow: Flow, stack: Stack, dollars: float, events: float) -> float:
    """What gzip may leave of the bytes at most for a million events to cost ``dollars``; all else as counted in gzip.

    Above 1 where even the bytes as they are would do; below 0 where no gzip would.
    """

    def leaving(part: float) -> float:
        sizes = zip(flow.gzip, flow.deliver, strict=True)
        zipped = [
            replace(packed, posted_bytes=round(part * plain.posted_bytes / plain.events * packed.events))
            for packed, plain in sizes
        ]
        return whole(counts, in_gzip("", replace(flow, gzip=zipped), stack), events)

    nothing, everything = leaving(0.0), leaving(1.0)
    return (dollars - nothing) / (everything - nothing)


def table(counts: Counts, stack: Stack, dollars: float, events: float) -> Part:
    """For each sender: what gzip leaves, what it saves, and what it may leave for ``dollars`` a million."""
    rows: list[Mapping[str, Cell]] = [
        {
            "sender": name,
            "left of one message": share(flow, 0),
            "left of full payloads": share(flow, -1),
            "$ a million": whole(counts, Way(name, flow, stack), events),
            "in gzip": whole(counts, in_gzip(name, flow, stack), events),
            "may be left for 10 cents": _possible(share_at(counts, flow, stack, dollars, events)),
        }
        for name, flow in counts.flows.items()
    ]
    return Part("gzip", "Payloads in gzip, at 1,000 million a month", rows)


def levels(counts: Counts, stack: Stack) -> Part:
    """What a million events in full payloads cost to compress and to send, by zlib's level."""
    size = counts.event_bytes * MILLION
    rows: list[Mapping[str, Cell]] = []
    for level, (left, milliseconds) in counts.levels.items():
        seconds = milliseconds / 1000 * size / 1e6 / month.processor_share(stack.deliver_memory)
        processor = PRICES[prices.DURATION].of(seconds * stack.deliver_memory / 1024)
        sent = left * size / GB * PRICES[prices.TRANSFER].first
        row: dict[str, Cell] = {"level": int(level), "left of the bytes": left, "CPU ms a MB": milliseconds}
        rows.append(row | {"$ a million sent": sent, "processor": processor, "sum": sent + processor})
    return Part("levels", "zlib's levels", rows)


def _possible(part: float) -> Cell:
    return part if part > 0 else None
