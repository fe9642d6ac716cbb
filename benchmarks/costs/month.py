"""A month of events as dollars: counted work, times prices, under assumptions that are named here and nowhere else."""

from collections.abc import Mapping

from benchmarks.costs import prices
from benchmarks.costs.counts import LINE_OVERHEAD, Counts, Deliver, Flow
from benchmarks.costs.prices import GB, PRICES
from benchmarks.costs.stack import Stack

MONTH_S = 30 * 86_400
MILLION = 1_000_000
# A function has this share of a processor for each MB: 1,769 MB are one whole.
PROCESSOR_MB = 1769
# The SDK's part of a call to SQS (docs/performance.md), and how long the answer takes.
SEND_CPU_MS, SEND_WAIT_MS = 1.4, 8.0
# How long Dreamdata takes to answer: nothing is published; waiting is charged like working.
POST_WAIT_MS = 250.0
# HTTP headers of a post to Dreamdata and of an answer to a caller.
POST_HEADERS, ANSWER_HEADERS = 350, 250
# Lambda reads a queue with so many pollers, each with calls that wait up to 20 seconds.
POLLERS, POLL_S = 5, 20
# Environments that are warm all the time ask for their secret anew this often.
WARM_ENVIRONMENTS, KEY_AGE_S = 7, 240

type Dollars = Mapping[str, float]


def messages_an_invocation(flow: Flow, events: float, stack: Stack) -> float:
    """How many messages Lambda finds when its window ends, where ``events`` a month come evenly."""
    rate = events * flow.messages / flow.events / MONTH_S
    return max(1.0, min(rate * stack.window / POLLERS, float(stack.batch_size)))


def filled(flow: Flow, messages: float) -> Deliver:
    """The counts of the fullest invocations that ``messages`` an invocation fill; fewer to one cost more."""
    return max((one for one in flow.deliver if one.largest <= messages), key=lambda one: one.largest)


def fullest(flow: Flow) -> Deliver:
    """The counts of invocations as full as they get: a burst, or events that have waited."""
    return max(flow.deliver, key=lambda one: one.largest)


def ingest_ms(flow: Flow, stack: Stack) -> float:
    """How long one ingest invocation takes, in milliseconds; 0 without one."""
    return flow.ingest.cpu_ms_with(SEND_CPU_MS) / _share(stack.ingest_memory) + SEND_WAIT_MS if flow.ingest else 0.0


def deliver_ms(counted: Deliver, stack: Stack) -> float:
    """How long one deliver invocation takes, in milliseconds."""
    rounds = -(-counted.posts // (counted.invocations * stack.parallel))
    return counted.cpu_ms / _share(stack.deliver_memory) + rounds * POST_WAIT_MS


def costs(flow: Flow, events: float, counted: Deliver, stack: Stack) -> Dollars:
    """What ``events`` a month cost by part, but for what costs the same without any."""
    times, delivered = events / flow.events, events / counted.events
    invocations = counted.invocations * delivered
    log_bytes = counted.log_bytes * delivered
    out = (counted.posted_bytes + counted.posts * POST_HEADERS) * delivered
    seconds = invocations * deliver_ms(counted, stack) / 1000 * stack.deliver_memory / 1024
    api = 0.0
    if flow.ingest:
        requests = flow.ingest.requests * times
        api = flow.ingest.api_units * times
        invocations += requests
        log_bytes += flow.ingest.log_bytes * times + requests * (stack.access_log_bytes + LINE_OVERHEAD)
        out += flow.ingest.answer_bytes * times + requests * ANSWER_HEADERS
        seconds += requests * ingest_ms(flow, stack) / 1000 * stack.ingest_memory / 1024
    units = {
        prices.API: api,
        prices.SQS: flow.send_units * times + (counted.receive_units + counted.delete_units) * delivered,
        prices.INVOCATIONS: invocations,
        prices.DURATION: seconds,
        prices.LOGS: log_bytes / GB,
        prices.TRANSFER: out / GB,
    }
    return {name: PRICES[name].of(amount) for name, amount in units.items()}


def fixed(counts: Counts, stack: Stack) -> Dollars:
    """What a month costs without any event, by part; as if a free tier did not exist."""
    units = {
        prices.DASHBOARD: stack.dashboards,
        prices.METRICS: len(counts.metrics),
        prices.ALARMS: stack.alarm_metrics,
        prices.SECRETS: stack.secrets,
        prices.SQS: POLLERS * MONTH_S / POLL_S,
        prices.KEY_FETCHES: WARM_ENVIRONMENTS * MONTH_S / KEY_AGE_S,
    }
    return {name: PRICES[name].of(amount) for name, amount in units.items()}


def a_million(dollars: Dollars, events: float) -> float:
    """All parts together for a million of ``events``."""
    return sum(dollars.values()) / events * MILLION


def _share(memory: int) -> float:
    return min(1.0, memory / PROCESSOR_MB)
