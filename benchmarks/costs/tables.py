"""The tables of docs/costs.md, from counts that are kept and the template as it is."""

from collections.abc import Mapping, Sequence

from benchmarks.costs import capacity, choices, data_control, gzipped, month, prices, what_if
from benchmarks.costs.counting import DIRECT, way_of
from benchmarks.costs.counts import Counts
from benchmarks.costs.prices import OTHERS, PRICES
from benchmarks.costs.stack import Stack
from benchmarks.costs.what_if import even
from benchmarks.parts import Cell, Check, Part
from benchmarks.report import cell

MONTHS = (1, 10, 1_000)
TARGET_DOLLARS = 0.10
# The lowest, and what comes next once that is raised.
_LIMITS = 2
_MILLION = month.MILLION
_BUSY = MONTHS[-1] * _MILLION


def all_tables(counts: Counts, stack: Stack) -> list[Part]:
    """Every table, in the order of the page."""
    return [
        _summary(counts, stack),
        _compared(counts, stack),
        _months(counts, stack),
        _parts(counts, stack),
        _fixed(counts, stack),
        data_control.table(stack, MONTHS),
        gzipped.table(counts, stack, TARGET_DOLLARS, _BUSY),
        gzipped.levels(counts, stack),
        what_if.table(
            counts.flows[way_of(50)], stack, {f"{one:,} million": one * _MILLION for one in (1, 10, 100, 1_000)}
        ),
        *choices.tables(counts, stack, way_of(1), way_of(50), DIRECT),
        _capacity(counts, stack),
        _work(counts, stack),
        _prices(),
    ]


def target(counts: Counts, stack: Stack) -> tuple[float, float]:
    """Dollars a million events in batches of 50: everything, and everything but the bytes sent to the internet."""
    dollars = even(counts.flows[way_of(50)], _BUSY, stack)
    whole = month.a_million({**dollars, "fixed": sum(month.fixed(counts, stack).values())}, _BUSY)
    return whole, whole - dollars[prices.TRANSFER] / _BUSY * _MILLION


def target_in_gzip(counts: Counts, stack: Stack) -> float:
    """The former with ``PayloadCompression=gzip``."""
    return gzipped.whole(counts, gzipped.in_gzip("", counts.flows[way_of(50)], stack), _BUSY)


def _summary(counts: Counts, stack: Stack) -> Part:
    """What a reader decides by."""
    fixed = sum(month.fixed(counts, stack).values())
    alone = month.a_million({**even(counts.flows[way_of(1)], _BUSY, stack), "fixed": fixed}, _BUSY)
    carried = capacity.limits(counts.flows[way_of(50)], stack)[0]
    whole, kept_in = target(counts, stack)
    figures = {
        "a stack without events": f"{cell(fixed)} dollars a month",
        "a million events in batches of 50": f"{cell(whole)} dollars",
        "of which the bytes that leave AWS, whoever sends them": f"{cell(whole - kept_in)} dollars",
        "a million in batches of 50 with `PayloadCompression=gzip`": f"{cell(target_in_gzip(counts, stack))} dollars",
        "a million events, each in a request of its own": f"{cell(alone)} dollars",
        "batches of 50 that one stack delivers with the defaults": f"{carried.events:,.0f} events a second",
    }
    return Part("summary", "What decides", [{"of": name, "figure": figure} for name, figure in figures.items()])


def _compared(counts: Counts, stack: Stack) -> Part:
    fixed = sum(month.fixed(counts, stack).values())
    rows: list[Mapping[str, Cell]] = []
    for name, flow in counts.flows.items():
        dollars = {**even(flow, _BUSY, stack), "fixed": fixed}
        rows.append({"way": name, "$ a million": month.a_million(dollars, _BUSY)})
    rows += [{"way": name, "$ a million": price.first * _MILLION} for name, price in OTHERS.items()]
    whole, kept_in = target(counts, stack)
    return Part(
        name="costs",
        title=f"Dollars a million events, at {MONTHS[-1]:,} million a month",
        rows=rows,
        chart=("way", "$ a million"),
        own=list(counts.flows),
        checks=[
            Check("batches of 50, everything but data transfer out", kept_in, TARGET_DOLLARS, "$ a million"),
            Check("batches of 50, everything", whole, TARGET_DOLLARS, "$ a million"),
            Check("batches of 50 in gzip, everything", target_in_gzip(counts, stack), TARGET_DOLLARS, "$ a million"),
        ],
    )


def _months(counts: Counts, stack: Stack) -> Part:
    fixed = sum(month.fixed(counts, stack).values())
    rows: list[Mapping[str, Cell]] = [
        {
            "sender": name,
            **{f"{one:,} million": fixed + sum(even(flow, one * _MILLION, stack).values()) for one in MONTHS},
        }
        for name, flow in counts.flows.items()
    ]
    return Part("months", "Dollars a month, everything counted", rows)


def _parts(counts: Counts, stack: Stack) -> Part:
    """Of every sender, and in gzip of the one that the target is for."""
    rows: list[Mapping[str, Cell]] = []
    for way in gzipped.ways(counts, stack):
        if way.name not in (*counts.flows, gzipped.named(way_of(50))):
            continue
        quiet = even(way.flow, MONTHS[0] * _MILLION, way.stack)
        full = month.costs(way.flow, _BUSY, month.backlog(way.flow, way.stack), way.stack)
        for when, dollars, events in (("quiet", quiet, MONTHS[0] * _MILLION), ("busy", full, _BUSY)):
            row: dict[str, Cell] = {"sender": way.name, "when": when}
            row |= {part: dollars[part] / events * _MILLION for part in month.VARIABLE}
            row["sum"] = month.a_million(dollars, events)
            rows.append(row)
    return Part("parts", "Dollars a million events, by part", rows)


def _fixed(counts: Counts, stack: Stack) -> Part:
    dollars = month.fixed(counts, stack)
    rows: list[Mapping[str, Cell]] = [{"part": name, "$ a month": amount} for name, amount in dollars.items()]
    fixed = sum(dollars.values())
    told = f"Below {_outweighing(counts, stack, fixed)} million events a month in batches of 50 they exceed those of"
    rows.append({"part": "sum", "$ a month": fixed})
    return Part("fixed", "Dollars a month without an event", rows, (f"{told} the events.",))


def _outweighing(counts: Counts, stack: Stack, fixed: float) -> int:
    """From how many million events a month on, to ten, these cost as much as what is fixed."""
    flow = counts.flows[way_of(50)]
    return next(n for n in range(10, MONTHS[-1] + 10, 10) if sum(even(flow, n * _MILLION, stack).values()) >= fixed)


def _capacity(counts: Counts, stack: Stack) -> Part:
    rows: list[Mapping[str, Cell]] = [
        {"sender": name, "events a second": round(limit.events, -2), "limit": limit.what, "moved by": limit.moved_by}
        for name, flow in counts.flows.items()
        for limit in capacity.limits(flow, stack)[:_LIMITS]
    ]
    return Part("capacity", "Events a second, by limit", rows)


def _work(counts: Counts, stack: Stack) -> Part:
    rows: list[Mapping[str, Cell]] = []
    for name, flow in counts.flows.items():
        times = _MILLION / flow.events
        ingest = flow.ingest
        one, full = flow.deliver[0], month.fullest(flow, stack)
        rows.append(
            {
                "sender": name,
                "requests": round(ingest.requests * times) if ingest else None,
                "SQS sends": round(flow.send_units * times),
                "messages": round(flow.messages * times),
                "ingest: log B": round(ingest.log_bytes / ingest.requests) if ingest else None,
                "ingest: CPU ms": ingest.cpu_ms if ingest else None,
                "deliver, 1 message: log B": round(one.log_bytes / one.invocations),
                "CPU ms": one.cpu_ms,
                "full, messages": full.largest,
                "log B": round(full.log_bytes / full.invocations),
                "CPU ms ": full.cpu_ms,
            }
        )
    return Part("work", "Counted, for a million events", rows)


def _prices() -> Part:
    rows: list[Mapping[str, Cell]] = []
    for name, price in {**PRICES, **OTHERS}.items():
        rows.append(
            {
                "of": name,
                "unit": price.unit,
                "$": _tiers(price.tiers),
                "AWS's page": price.page,
                "from": price.source,
                "month": price.date,
            }
        )
    return Part("prices", "Prices", rows)


def _tiers(tiers: Sequence[tuple[float, float]]) -> str:
    texts = []
    for bound, dollars in tiers:
        amount = f"{dollars * _MILLION:.2f} a million" if dollars < 1e-3 else f"{dollars:g}"
        texts.append(amount if bound == float("inf") else f"{amount} up to {bound:,.0f}")
    return ", then ".join(texts)
