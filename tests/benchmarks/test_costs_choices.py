"""What is said to be cheaper or to carry more is so, and by as much as it should be."""

import msgspec
import pytest

from benchmarks.costs import capacity, choices, counting, gzipped, month, prices, stack, tables, what_if
from benchmarks.costs.__main__ import kept
from benchmarks.costs.counts import Deliver, Flow, Ingest
from benchmarks.costs.month import MILLION
from benchmarks.parts import Cell, Part
from dreamdata_relay.deliver.compression import LEVEL

COUNTS = kept()
STACK = stack.read()
FIFTY = COUNTS.flows[counting.way_of(50)]
PARTS = {part.name: part for part in tables.all_tables(COUNTS, STACK)}


def column(part: Part, name: str) -> list[float]:
    """The numbers of a table's column."""
    return [float(value) for value in (row[name] for row in part.rows) if isinstance(value, int | float)]


def what_would(name: str) -> dict[str, Cell]:
    """A row of the table of changes."""
    return next(dict(row) for row in PARTS["what-if"].rows if name in str(row["if"]))


def deliver(messages: int, **counts: int) -> Deliver:
    """Invocations of ``messages`` each, a hundred in sum, of two events a message."""
    of = {"posts": 1, "posted_bytes": 1000, "receive_units": 1, "delete_units": 1, "log_bytes": 100, "line_bytes": 40}
    each = {name: value * (100 // messages) for name, value in {**of, **counts}.items()}
    return Deliver(largest=messages, invocations=100 // messages, messages=100, events=200, cpu_ms=1.0, **each)


# A hundred messages of two events, delivered one by one, by twos and by tens.
FLOW = Flow(200, 100, 50_000, 100, [deliver(1), deliver(2), deliver(10)])


def test_between_two_fills_invocations_are_those_of_the_messages() -> None:
    """Four messages an invocation: a quarter as many as messages, an eighth as many as events."""
    pollers = month.POLLERS * month.MONTH_S
    events = 2 * 3 * pollers / STACK.window

    assert month.messages_an_invocation(FLOW, events, STACK) == pytest.approx(4)
    assert month.evenly(FLOW, events, STACK)[prices.INVOCATIONS] == pytest.approx(1 / 8)


def test_an_even_message_has_a_receive_and_a_share_of_a_delete() -> None:
    units = month.evenly(FLOW, 1e15, STACK)

    assert units[prices.SQS] == pytest.approx((1 + 1 / 10) / 2)
    assert month.backlog(FLOW, STACK)[prices.SQS] == pytest.approx((1 / 10 + 1 / 10) / 2)


def test_a_batch_is_no_larger_than_the_batch_size() -> None:
    assert month.fullest(FLOW, STACK).largest == 10
    assert month.fullest(FLOW, msgspec.structs.replace(STACK, batch_size=9)).largest == 2
    assert month.fullest(FLOW, msgspec.structs.replace(STACK, batch_size=1)).largest == 1


def test_a_post_waits_for_its_answer_as_many_times_as_there_are_rounds() -> None:
    other = msgspec.structs.replace(STACK, post_wait_ms=100.0, parallel=2, deliver_memory=month.PROCESSOR_MB)

    assert month.deliver_ms(deliver(10, posts=5), other) == pytest.approx(1 + 3 * 100)


def test_an_answer_and_an_access_log_line_are_charged_with_a_request() -> None:
    ingest = Ingest(100, 200, 5000, 100, 100, 100, 5000, log_bytes=0, answer_bytes=0, cpu_ms=1.0)
    taken = month.taking_in(msgspec.structs.replace(FLOW, ingest=ingest), STACK)

    assert taken[prices.API] == taken[prices.SQS] == pytest.approx(1 / 2)
    assert taken[prices.LOGS] == pytest.approx((STACK.access_log_bytes + 26) / 2 / 1e9)
    assert taken[prices.TRANSFER] == pytest.approx(month.ANSWER_HEADERS / 2 / 1e9)
    without = month.taking_in(
        msgspec.structs.replace(FLOW, ingest=ingest), msgspec.structs.replace(STACK, access_log_bytes=0)
    )
    assert without[prices.LOGS] == 0


@pytest.mark.parametrize("name", ["gzip", "no line", "no access log", "window", "taken off"])
def test_a_cut_is_one(name: str) -> None:
    now, then = what_would(what_if.AS_IT_IS), what_would(name)

    assert all(float(then[column] or 0) < float(now[column] or 0) for column in now if column != "if")


def test_every_sender_is_told_both_ways() -> None:
    """In gzip as a way of its own, with the alarm that it brings."""
    ways = {way.name: way for way in gzipped.ways(COUNTS, STACK)}

    assert list(ways) == [name for flow in COUNTS.flows for name in (flow, f"{flow}, gzip")]
    assert [row["sender"] for row in PARTS["gzip"].rows] == list(COUNTS.flows)
    assert ways["batches of 50, gzip"].stack.alarm_metrics == STACK.alarm_metrics + 1


def test_from_the_events_told_on_they_cost_more_than_what_is_fixed() -> None:
    told = int(PARTS["fixed"].notes[0].split()[1])
    fixed = sum(month.fixed(COUNTS, STACK).values())
    less, more = (sum(what_if.even(FIFTY, n * MILLION, STACK).values()) for n in (told - 10, told))

    assert less < fixed <= more


@pytest.mark.parametrize("way", COUNTS.flows)
def test_gzip_changes_bytes_and_processor_and_nothing_else(way: str) -> None:
    flow = COUNTS.flows[way]

    for plain, packed in zip(flow.deliver, flow.gzip, strict=True):
        assert packed.posted_bytes < plain.posted_bytes
        for name in ("largest", "invocations", "messages", "events", "posts", "receive_units", "delete_units"):
            assert getattr(packed, name) == getattr(plain, name)


@pytest.mark.parametrize("way", ["batches of 50", "batches of 100"])
def test_at_the_share_told_a_million_events_cost_the_target(way: str) -> None:
    flow = COUNTS.flows[way]
    part = gzipped.share_at(COUNTS, flow, STACK, 0.1, 1e9)
    left = [
        msgspec.structs.replace(packed, posted_bytes=round(part * plain.posted_bytes))
        for plain, packed in zip(flow.deliver, flow.gzip, strict=True)
    ]
    at_it = gzipped.in_gzip(way, msgspec.structs.replace(flow, gzip=left), STACK)

    assert gzipped.whole(COUNTS, at_it, 1e9) == pytest.approx(0.1, rel=1e-3)


def test_the_level_is_the_one_beyond_which_little_is_saved() -> None:
    """Each level up to it is cheaper than the one before; the best of the others saves two percent at most."""
    sums = {int(row["level"] or 0): float(row["sum"] or 0) for row in PARTS["levels"].rows}

    assert all(sums[level] < sums[level - 1] for level in range(2, LEVEL + 1))
    assert min(sums.values()) > 0.98 * sums[LEVEL]


@pytest.mark.parametrize("name", ["in 1 s", "in 3 s", "cold start"])
def test_waiting_and_starting_cost(name: str) -> None:
    now, then = what_would(what_if.AS_IT_IS), what_would(name)

    assert all(float(then[column] or 0) > float(now[column] or 0) for column in now if column != "if")


def test_the_free_transfer_is_that_of_a_hundred_gigabytes() -> None:
    now, then = what_would(what_if.AS_IT_IS), what_would("taken off")
    off = {name: (float(now[name] or 0) - float(then[name] or 0)) for name in ("1 million", "1,000 million")}

    assert off["1,000 million"] * 1000 == pytest.approx(100 * 0.09)
    assert off["1 million"] == pytest.approx(what_if.even(FIFTY, MILLION, STACK)[prices.TRANSFER])


def test_the_tables_of_choices_have_the_defaults_in_them() -> None:
    assert {STACK.ingest_memory, STACK.deliver_memory} <= set(column(PARTS["memory"], "MB"))
    assert STACK.window in column(PARTS["window"], "window, s")
    assert STACK.batch_size in column(PARTS["batch-size"], "messages")
    chosen = zip(column(PARTS["concurrency"], "functions"), column(PARTS["concurrency"], "posts each"), strict=True)
    assert (STACK.concurrency, STACK.parallel) in list(chosen)
    assert STACK.post_wait_ms in column(PARTS["answers"], "Dreamdata answers in, ms")


def test_more_is_never_slower_and_a_longer_window_never_dearer() -> None:
    ingest = column(PARTS["memory"], "ingest, ms")
    window = column(PARTS["window"], "$ a million")
    batches = column(PARTS["batch-size"], "$ a million")
    carried = column(PARTS["answers"], "batches of 50, events a second")

    assert ingest == sorted(ingest, reverse=True)
    assert window == sorted(window, reverse=True)
    assert batches == sorted(batches, reverse=True)
    assert carried == sorted(carried, reverse=True)


def test_short_invocations_are_limited_by_their_number() -> None:
    """Ten a second for each that may run at once, though each takes less than a tenth of a second."""
    limits = {limit.what: limit.events for limit in capacity.limits(COUNTS.flows[counting.way_of(1)], STACK)}

    assert limits["the account's functions at once"] == 10 * capacity.ACCOUNT_CONCURRENCY
    assert choices.delivered_a_second(COUNTS.flows[counting.way_of(1)], STACK) == limits[capacity.DELIVER]
