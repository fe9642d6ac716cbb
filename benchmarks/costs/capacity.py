"""How many events a second one stack carries, what limits it, and which parameter moves that limit."""

from collections.abc import Sequence

from msgspec import Struct

from benchmarks.costs.counts import Flow
from benchmarks.costs.month import deliver_ms, fullest, ingest_ms
from benchmarks.costs.stack import Stack

# What an account may run at once and take in by HTTP unless it asks for more; both are shared by all that is in it.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
ACCOUNT_CONCURRENCY = 1_000
# However short they are, so many requests a second for each that may run at once.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
REQUESTS_A_FUNCTION = 10
# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
ACCOUNT_REQUESTS = 10_000


DELIVER = "deliver functions at once"


class Limit(Struct, frozen=True):
    """``events`` a second that ``what`` lets through; ``moved_by`` names what moves it."""

    events: float
    what: str
    moved_by: str


def limits(flow: Flow, stack: Stack) -> Sequence[Limit]:
    """Every limit of a flow that is known, the lowest first."""
    full = fullest(flow, stack)
    an_invocation = full.events / full.invocations
    # Either it is full of bytes, so that posts take its time, or of messages.
    other = "DeliverBatchSize" if full.largest >= stack.batch_size else "ParallelPosts"
    found = [
        Limit(
            stack.concurrency * an_invocation / deliver_ms(full, stack) * 1000,
            DELIVER,
            f"DeliverMaximumConcurrency, {other}",
        )
    ]
    if flow.ingest:
        a_request = flow.ingest.events / flow.ingest.requests
        found += [
            Limit(stack.rate * a_request, "the stage's throttle", "ThrottlingRateLimit, ThrottlingBurstLimit"),
            Limit(ACCOUNT_REQUESTS * a_request, "the account's HTTP requests a second", "a quota: ask AWS"),
            Limit(
                ACCOUNT_CONCURRENCY * min(1000 / ingest_ms(flow, stack), REQUESTS_A_FUNCTION) * a_request,
                "the account's functions at once",
                "a quota: ask AWS; IngestReservedConcurrency keeps a share",
            ),
        ]
    return sorted(found, key=lambda limit: limit.events)
