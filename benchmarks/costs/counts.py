"""What one function asks of AWS for a known number of events; numbers only, so that they can be kept in a file."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

API_STEP = 512 * 1024
SQS_STEP = 64 * 1024
# What CloudWatch Logs adds to each line's text when it charges.
LINE_OVERHEAD = 26


def steps(size: int, step: int) -> int:
    """As how many requests one of ``size`` bytes is charged; an empty one is one."""
    return max(1, -(-size // step))


class Ingest(Struct, frozen=True):
    """The ingest function over requests of one kind, and the HTTP API before it.

    ``log_bytes``: its own lines, with what is charged on top. ``answer_bytes``: bodies of the answers.
    ``cpu_ms``: CPU time of one invocation, the median.
    """

    requests: int
    events: int
    request_bytes: int
    api_units: int
    send_units: int
    messages: int
    message_bytes: int
    log_bytes: int
    answer_bytes: int
    cpu_ms: float

    def cpu_ms_with(self, call_ms: float) -> float:
        """CPU time of an invocation (ms) with that of its one call to SQS, for which counting has a stand-in."""
        return self.cpu_ms + call_ms


class Deliver(Struct, frozen=True):
    """The deliver function over messages of one kind; ``largest``: the most of them in one invocation.

    ``line_bytes``: what of ``log_bytes`` is lines for people, not metrics.
    """

    largest: int
    invocations: int
    messages: int
    events: int
    posts: int
    posted_bytes: int
    receive_units: int
    delete_units: int
    log_bytes: int
    line_bytes: int
    cpu_ms: float


class Flow(Struct, frozen=True):
    """One kind of sender: by the HTTP API where there is ``ingest``, else straight to the queue by ``send_units``.

    ``deliver``: counted with more and more messages to an invocation, up to as many as one takes; ``gzip``: the same
    with payloads in gzip.
    """

    events: int
    messages: int
    message_bytes: int
    send_units: int
    deliver: Sequence[Deliver]
    ingest: Ingest | None = None
    gzip: Sequence[Deliver] = ()


class Counts(Struct, frozen=True):
    """Everything counted. ``metrics``: names with their dimensions' values, as written in a month without trouble.

    ``levels``: by zlib's level, the share of its bytes that a full payload has in gzip, and the CPU time (ms) of a MB.
    """

    events: int
    event_bytes: float
    seed: int
    flows: Mapping[str, Flow]
    metrics: list[str]
    levels: Mapping[str, tuple[float, float]]
