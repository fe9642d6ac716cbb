"""A month of events as dollars: counted work, times prices, under assumptions that are named here and nowhere else."""

from collections.abc import Mapping

from benchmarks.costs import prices
from benchmarks.costs.counts import LINE_OVERHEAD, Counts, Deliver, Flow
from benchmarks.costs.prices import GB, PRICES
from benchmarks.costs.stack import Stack

DAYS = 30
MONTH_S = DAYS * 86_400
MILLION = 1_000_000
# A function has this share of a processor for each MB: 1,769 MB are one whole.
PROCESSOR_MB = 1769
# The SDK's part of a call to SQS (docs/performance.md), and how long the answer takes.
SEND_CPU_MS, SEND_WAIT_MS = 1.4, 8.0
# HTTP headers of a post to Dreamdata and of an answer to a caller.
POST_HEADERS, ANSWER_HEADERS = 350, 250
# Lambda reads a queue with so many pollers, each with calls that wait up to 20 seconds.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
POLLERS, POLL_S = 5, 20
# Environments that are warm all the time ask for their secret anew this often.
WARM_ENVIRONMENTS, KEY_AGE_S = 7, 240

# What costs more with more events.
VARIABLE = (
    prices.API,
    prices.SQS,
    prices.INVOCATIONS,
    prices.DURATION,
    prices.LOGS,
    prices.STORAGE,
    prices.TRANSFER,
)

type Units = Mapping[str, float]
type Dollars = Mapping[str, float]


def messages_an_invocation(flow: Flow, events: float, stack: Stack) -> float:
    """How many messages Lambda has when its window ends, where ``events`` a month come evenly.

    The first message opens a poller's window; then come those of its share of the queue.
    """
    rate = events * flow.messages / flow.events / MONTH_S
    return min(1 + rate * stack.window / POLLERS, float(stack.batch_size))


def fullest(flow: Flow, stack: Stack) -> Deliver:
    """The counts of invocations as full as they get: a burst, or events that have waited."""
    first, *others = sorted(flow.deliver, key=lambda one: one.largest)
    return [first, *(one for one in others if one.largest <= stack.batch_size)][-1]


def backlog(flow: Flow, stack: Stack) -> Units:
    """What delivering one event asks for where all invocations are full, each receive of ten messages too."""
    return delivering(fullest(flow, stack), stack)


def evenly(flow: Flow, events: float, stack: Stack) -> Units:
    """What delivering one event asks for where ``events`` a month come evenly; between counted fills by their shares.

    A long poll is answered as soon as there is a message: each has a receive of its own.
    """
    less, more, share = _between(flow, messages_an_invocation(flow, events, stack))
    below, above = delivering(less, stack), delivering(more, stack)
    found = {name: below[name] * (1 - share) + above[name] * share for name in below}
    alone = flow.deliver[0].receive_units / flow.deliver[0].events
    found[prices.SQS] += alone - sum(
        one.receive_units / one.events * part for one, part in ((less, 1 - share), (more, share))
    )
    return found


def delivering(counted: Deliver, stack: Stack) -> Units:
    """What delivering one event asks for, of its share in ``counted``."""
    seconds = counted.invocations * deliver_ms(counted, stack) / 1000
    units = {
        prices.SQS: counted.receive_units + counted.delete_units,
        prices.INVOCATIONS: counted.invocations,
        prices.DURATION: seconds * stack.deliver_memory / 1024,
        prices.LOGS: counted.log_bytes / GB,
        prices.TRANSFER: (counted.posted_bytes + counted.posts * POST_HEADERS) / GB,
    }
    return {name: amount / counted.events for name, amount in units.items()}


def taking_in(flow: Flow, stack: Stack) -> Units:
    """What one event asks for on its way to the queue."""
    units: dict[str, float] = {prices.SQS: flow.send_units}
    if flow.ingest:
        requests = flow.ingest.requests
        units |= {
            prices.API: flow.ingest.api_units,
            prices.INVOCATIONS: requests,
            prices.DURATION: requests * ingest_ms(flow, stack) / 1000 * stack.ingest_memory / 1024,
            prices.LOGS: (flow.ingest.log_bytes + requests * _access_log_bytes(stack)) / GB,
            prices.TRANSFER: (flow.ingest.answer_bytes + requests * ANSWER_HEADERS) / GB,
        }
    return {name: amount / flow.events for name, amount in units.items()}


def _between(flow: Flow, messages: float) -> tuple[Deliver, Deliver, float]:
    """The counts with less and with more messages an invocation, and the second one's share.

    What an invocation costs is shared by its messages, so that what one of them costs falls with their inverse.
    """
    counted = sorted(flow.deliver, key=_fill)
    if messages >= _fill(counted[-1]):
        return counted[-1], counted[-1], 0.0
    more = next(number for number, one in enumerate(counted) if _fill(one) > messages)
    less, full = counted[more - 1], counted[more]
    share = (1 / _fill(less) - 1 / messages) / (1 / _fill(less) - 1 / _fill(full))
    return less, full, share


def _fill(one: Deliver) -> float:
    return one.messages / one.invocations


def ingest_ms(flow: Flow, stack: Stack) -> float:
    """How long one ingest invocation takes, in milliseconds; 0 without one."""
    return (
        flow.ingest.cpu_ms_with(SEND_CPU_MS) / processor_share(stack.ingest_memory) + SEND_WAIT_MS
        if flow.ingest
        else 0.0
    )


def deliver_ms(counted: Deliver, stack: Stack) -> float:
    """How long one deliver invocation takes, in milliseconds."""
    rounds = -(-counted.posts // (counted.invocations * stack.parallel))
    return counted.cpu_ms / processor_share(stack.deliver_memory) + rounds * stack.post_wait_ms


def costs(flow: Flow, events: float, delivered: Units, stack: Stack) -> Dollars:
    """What ``events`` a month cost by part, but for what costs the same without any."""
    taken = taking_in(flow, stack)
    units = {name: (taken.get(name, 0.0) + delivered.get(name, 0.0)) * events for name in VARIABLE}
    units[prices.STORAGE] = units[prices.LOGS] * stack.retention_days / DAYS
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


def _access_log_bytes(stack: Stack) -> int:
    return stack.access_log_bytes + LINE_OVERHEAD if stack.access_log_bytes else 0


def processor_share(memory: int) -> float:
    """The share of a processor that a function with ``memory`` MB has; one is as much as one thread uses."""
    return min(1.0, memory / PROCESSOR_MB)
