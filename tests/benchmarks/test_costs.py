"""Dollars follow from counts and prices; the page says what they give; counts are of what was asked for."""

import json
import math
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import document
from benchmarks.children import environment, python
from benchmarks.corpus import make_corpus
from benchmarks.costs import capacity, counting, data_control, month, prices, stack, tables, what_if
from benchmarks.costs.__main__ import DOCUMENT, kept
from benchmarks.costs.counts import SQS_STEP, Counts, steps
from benchmarks.costs.prices import OTHERS, PRICES
from benchmarks.costs.stack import Stack
from local.patience import patient

COUNTS = kept()
STACK = stack.read()


@pytest.mark.parametrize("name", [*PRICES, *OTHERS])
def test_a_price_says_where_and_when_it_was_read(name: str) -> None:
    price = {**PRICES, **OTHERS}[name]

    assert price.page.startswith("https://aws.amazon.com/")
    assert price.source.startswith("https://")
    assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", price.date)
    assert [bound for bound, _ in price.tiers] == sorted(bound for bound, _ in price.tiers)
    assert price.tiers[-1][0] == math.inf


@pytest.mark.parametrize("name", PRICES)
def test_every_price_of_the_relay_is_from_a_text_of_aws(name: str) -> None:
    assert PRICES[name].source.startswith(("https://aws.amazon.com/", "https://pricing.us-east-1.amazonaws.com/"))


@given(st.sampled_from([*PRICES.values()]), st.floats(0, 1e13), st.floats(0, 1e13))
def test_more_costs_more_and_never_more_than_by_the_first_tier(price: prices.Price, less: float, added: float) -> None:
    assert price.of(less) <= price.of(less + added) * (1 + 1e-12)
    assert price.of(less) <= less * price.first * (1 + 1e-12)


def test_a_tier_is_left_for_the_next_one() -> None:
    assert PRICES[prices.API].of(300e6) == pytest.approx(300)
    assert PRICES[prices.API].of(1_000e6) == pytest.approx(300 + 700 * 0.9)


@given(st.integers(0, 10**9), st.integers(1, 10**7))
def test_steps_hold_what_they_charge_for(size: int, step: int) -> None:
    assert (steps(size, step) - 1) * step < max(size, 1) <= steps(size, step) * step


# A hundred thousand to ten thousand million a month, in steps of two percent.
AMOUNTS = [1e5 * 1.02**step for step in range(582)]


@pytest.mark.parametrize("way", COUNTS.flows)
def test_more_events_cost_more_in_sum_and_no_more_each(way: str) -> None:
    dollars = [what_if.even(COUNTS.flows[way], events, STACK) for events in AMOUNTS]
    sums = [sum(parts.values()) for parts in dollars]
    each = [total / events for total, events in zip(sums, AMOUNTS, strict=True)]

    assert sums == sorted(sums)
    # Fuller invocations and lower tiers; what a counted batch happened to hold varies by a little.
    assert all(later <= min(each[:number]) * 1.02 for number, later in enumerate(each) if number)


@pytest.mark.parametrize("way", COUNTS.flows)
def test_even_events_cost_no_less_than_a_backlog(way: str) -> None:
    """Each message has a receive of its own, and its invocation is no fuller."""
    flow = COUNTS.flows[way]
    full = month.backlog(flow, STACK)

    for events in AMOUNTS:
        spread = month.evenly(flow, events, STACK)
        assert spread[prices.SQS] >= full[prices.SQS] * 0.99
        assert spread[prices.INVOCATIONS] >= full[prices.INVOCATIONS] * 0.99


def test_a_price_by_hand() -> None:
    """Batches of 50, a thousand million a month: 20,000 requests a million at a dollar a million."""
    flow = COUNTS.flows[counting.way_of(50)]

    dollars = month.costs(flow, 1e6, month.backlog(flow, STACK), STACK)

    assert dollars[prices.API] == pytest.approx(0.02)
    assert dollars[prices.TRANSFER] == pytest.approx(COUNTS.event_bytes * 1e6 / 1e9 * 0.09, rel=0.05)
    assert month.a_million(dollars, 1e6) == pytest.approx(sum(dollars.values()))


def test_what_stands_still_is_counted_in_the_template() -> None:
    dollars = month.fixed(COUNTS, STACK)

    assert STACK.alarm_metrics >= 13
    assert STACK.gzip_alarms == 1
    assert dollars[prices.METRICS] == pytest.approx(0.30 * len(COUNTS.metrics))
    assert {metric.split()[0] for metric in COUNTS.metrics} >= {"EventsAccepted", "EventsDelivered", "DeliveryLag"}
    assert STACK.access_log_bytes > 100


def test_data_control_by_hand() -> None:
    """A secret, two alarms, and seven environments that ask for keys every four minutes, for the list every minute."""
    keys, suppressed = data_control.added(STACK).values()

    assert keys[prices.SECRETS] == pytest.approx(0.40)
    assert keys[prices.ALARMS] == pytest.approx(0.20)
    assert keys[prices.KEY_FETCHES] == pytest.approx(7 * 30 * 24 * 15 * 0.05 / 10_000)
    assert suppressed[prices.LIST_READS] == pytest.approx(7 * 30 * 24 * 60 * 0.0004 / 1_000)
    assert suppressed[prices.LIST_STORAGE] == pytest.approx(31 * 0.016 * 0.023)


def test_a_stack_without_data_control_pays_nothing_for_it() -> None:
    dollars = month.fixed(COUNTS, STACK)

    assert dollars[prices.SECRETS] == pytest.approx(0.80)
    assert not {prices.LIST_READS, prices.LIST_STORAGE} & set(dollars)


def test_what_data_control_adds_is_shared_by_the_events() -> None:
    *_, whole = data_control.table(STACK, (1, 1_000)).rows

    dollars = sum(sum(parts.values()) for parts in data_control.added(STACK).values())
    assert [value for name, value in whole.items() if "$" in name] == pytest.approx([dollars, dollars, dollars / 1_000])


def test_the_lowest_limit_comes_first_and_its_parameter_moves_it() -> None:
    flow = COUNTS.flows[counting.way_of(1)]

    lowest, *others = capacity.limits(flow, STACK)

    assert lowest.events == STACK.rate
    assert "ThrottlingRateLimit" in lowest.moved_by
    assert all(lowest.events <= other.events for other in others)
    wider = capacity.limits(flow, msgspec.structs.replace(STACK, rate=STACK.rate * 2))
    assert wider[0].events == 2 * lowest.events


@pytest.mark.parametrize(
    ("way", "parameter", "name"),
    [
        (counting.DIRECT, "concurrency", "DeliverMaximumConcurrency"),
        (counting.DIRECT_CHUNKS, "concurrency", "DeliverMaximumConcurrency"),
        (counting.DIRECT_CHUNKS, "parallel", "ParallelPosts"),
    ],
)
def test_more_deliveries_at_once_carry_more(way: str, parameter: str, name: str) -> None:
    flow = COUNTS.flows[way]
    more: Stack = msgspec.structs.replace(STACK, **{parameter: getattr(STACK, parameter) * 2})

    [limit], [moved] = capacity.limits(flow, STACK), capacity.limits(flow, more)

    assert name in limit.moved_by
    assert moved.events > limit.events


def test_the_page_says_what_the_counts_and_the_template_give(tmp_path: Path) -> None:
    """Else `make costs` has to write it anew."""
    page = Path(shutil.copy(DOCUMENT, tmp_path))

    document.update(page, tables.all_tables(COUNTS, STACK), rounds=0, seed=COUNTS.seed, whole=False)

    assert page.read_text() == DOCUMENT.read_text()


def test_counts_are_of_what_was_asked_for() -> None:
    """In a process of its own, as always: loggers keep the output they found first."""
    program = (
        "import sys, msgspec; from benchmarks.costs.counting import count; from benchmarks.corpus import make_corpus;"
        "sys.stdout.write(msgspec.json.encode(count(make_corpus(200).events, 1, len)).decode())"
    )
    command = [python("")[0], "-c", program]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True, timeout=patient(100))
    counts = msgspec.json.decode(done.stdout, type=Counts)

    fifty, direct = counts.flows[counting.way_of(50)], counts.flows[counting.DIRECT]
    assert fifty.ingest is not None
    assert (fifty.ingest.requests, fifty.ingest.events, fifty.ingest.api_units) == (4, 200, 4)
    assert fifty.messages >= 4
    assert fifty.ingest.log_bytes > 4 * 100
    one, *_ = fifty.deliver
    assert (one.largest, one.invocations, one.posts) == (1, fifty.messages, fifty.messages)
    assert one.posted_bytes > sum(map(len, make_corpus(200).events))
    assert (direct.messages, direct.send_units) == (200, 200)
    assert direct.deliver[-1].posts == 1
    assert direct.deliver[-1].receive_units == direct.deliver[-1].delete_units == 20
    assert fifty.gzip[0].posted_bytes < fifty.deliver[0].posted_bytes
    assert list(counts.levels) == [str(level) for level in range(1, 10)]


def test_ten_sent_at_once_are_charged_by_their_sum() -> None:
    texts = [f"{event}" for event in ("x" * 30_000,) * 10]

    [ten] = counting._by(texts, 10)

    assert steps(len("".join(ten)), SQS_STEP) == 5


def test_counts_are_kept_without_anything_of_an_event() -> None:
    def leaves(value: Any) -> list[Any]:
        if isinstance(value, dict | list):
            return [leaf for one in (value.values() if isinstance(value, dict) else value) for leaf in leaves(one)]
        return [value]

    texts = {leaf for leaf in leaves(json.loads(msgspec.json.encode(COUNTS))) if isinstance(leaf, str)}
    assert texts == set(COUNTS.metrics)
