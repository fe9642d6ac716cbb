"""Defines every metric of the relay: its unit, what it means, and what to do when it moves.

Namespace ``DreamdataRelay/<stack>`` (a setting), dimension ``service`` (``ingest`` or ``deliver``); the ingest
function's metrics carry the name of the relay key (never the key) as a second set of dimensions.
"""

from typing import Protocol

from msgspec import Struct


class Metric(Struct, frozen=True):
    """A metric's definition; ``unit`` is CloudWatch's word for it."""

    name: str
    unit: str
    meaning: str
    remedy: str


_NOTHING = "Nothing: it tells how the relay is used."

REQUESTS_REFUSED = Metric(
    "RequestsRefused",
    "Count",
    "Requests answered 4xx: no or unknown relay key, not JSON, no such route.",
    "Look at the ingest function's log for the code; a rise of unauthorized means that a sender has an old key.",
)
REQUESTS_UNAUTHORIZED = Metric(
    "RequestsUnauthorized",
    "Count",
    "Requests answered 401, which RequestsRefused counts too: no relay key, or an unknown one. It has no key's name.",
    "Few: a sender has an old key. Thousands: a stranger's flood; see the alarm.",
)
REQUESTS_FAILED = Metric(
    "RequestsFailed",
    "Count",
    "Requests answered 503: the queue or Secrets Manager was not available. The senders keep the events and try again.",
    "If it lasts, look at the ingest function's log, its role and AWS's health page: some SDKs give up in a second.",
)
EVENTS_ACCEPTED = Metric("EventsAccepted", "Count", "Events put on the queue by the ingest function.", _NOTHING)
EVENTS_REFUSED = Metric(
    "EventsRefused",
    "Count",
    "Events dead-lettered because they break a rule of the contract or because Dreamdata refused them.",
    "Read the dead letters: error_code says which rule, source says which sender. Fix the sender, then redrive.",
)
EVENTS_REPEATED = Metric(
    "EventsRepeated",
    "Count",
    "Events left out because the same event, byte for byte, was in the same request or invocation.",
    "A steady stream means that a sender sends every event more than once; one copy is delivered.",
)
EVENTS_SANDBOXED = Metric(
    "EventsSandboxed", "Count", "Events of relay keys in mode sandbox: checked, and sent nowhere.", _NOTHING
)
EVENTS_DROPPED = Metric(
    "EventsDropped",
    "Count",
    "Events that a privacy rule dropped, also by the dimension `rule`. They are kept nowhere.",
    "Nothing, if the rule means it: the metric's dimension names it. Compare the rule with what its senders send.",
)
EVENTS_SUPPRESSED = Metric("EventsSuppressed", "Count", "Events of people on the suppression list.", _NOTHING)
RULES_UNAVAILABLE = Metric(
    "RulesUnavailable",
    "Count",
    "Requests answered 503 and messages held because the privacy rules could not run; suppression lists not read.",
    "See the log line's reason: the rules' file, the secret with their keys, the suppression list, or a fault.",
)
EVENTS_DELIVERED = Metric("EventsDelivered", "Count", "Events that Dreamdata answered 2xx for.", _NOTHING)
EVENTS_HELD = Metric(
    "EventsHeld",
    "Count",
    "Events left on the queue for a later try.",
    "Dreamdata is down or refuses: see the log line's reason. Nothing is lost while the queue retains messages.",
)
HELD_AGE = Metric(
    "HeldAge",
    "Seconds",
    "How long the oldest held event has been on the queue.",
    "Dreamdata has been down or refusing for that long. SQS's own age leaves out messages received three times.",
)
EVENTS_RESENT = Metric(
    "EventsResent",
    "Count",
    "Events posted from a message that had been received before: some of them may reach Dreamdata a second time.",
    "Follows EventsHeld. Without it: the function runs into its time-out, raise its memory or lower the batch size.",
)
EVENTS_AMBIGUOUS = Metric(
    "EventsAmbiguous",
    "Count",
    "Events posted without an answer that tells whether they arrived; they are sent again with the same ids.",
    "Dreamdata answers too slowly or drops connections. These events may be counted twice, as after a crash.",
)
MESSAGES_SPLIT = Metric(
    "MessagesSplit",
    "Count",
    "Messages of which a part was delivered or dead-lettered and the rest went back to the queue as a new message.",
    _NOTHING,
)
PAYLOADS = Metric("Payloads", "Count", "Payloads that Dreamdata answered 2xx for.", _NOTHING)
PAYLOAD_BYTES = Metric("PayloadBytes", "Bytes", "The size of each payload delivered, before gzip.", _NOTHING)
PAYLOAD_FILL = Metric(
    "PayloadFill",
    "Percent",
    "The size of each payload delivered as a part of 500,000 bytes.",
    "Low fill costs requests: raise the batching window or the batch size.",
)
DREAMDATA_LATENCY = Metric(
    "DreamdataLatency",
    "Milliseconds",
    "How long Dreamdata took to answer each post.",
    "Beyond 15 s, the read time-out, events become ambiguous: ask Dreamdata why it is slow. The time-out is fixed.",
)
ANSWERS_2XX = Metric("Answers2xx", "Count", "Posts answered 2xx.", _NOTHING)
ANSWERS_3XX = Metric("Answers3xx", "Count", "Posts answered 3xx; never followed.", "Check DreamdataEndpoint.")
ANSWERS_4XX = Metric(
    "Answers4xx", "Count", "Posts answered 4xx.", "See KeyRefused, EndpointMisconfigured and the dead letters."
)
ANSWERS_5XX = Metric("Answers5xx", "Count", "Posts answered 5xx.", "Dreamdata fails; the relay holds and tries again.")
NO_ANSWERS = Metric("NoAnswers", "Count", "Posts without an answer.", "See the log line's reason; check the network.")
DELIVERY_LAG = Metric(
    "DeliveryLag",
    "Seconds",
    "From an event's message reaching the queue to Dreamdata's answer, for each payload's oldest message.",
    "Rises with EventsHeld, or when concurrency is too low for the traffic: raise DeliverMaximumConcurrency.",
)
KEY_REFUSED = Metric(
    "KeyRefused",
    "Count",
    "Invocations in which Dreamdata refused the key (401, or 403 to everything) after it was fetched again, or in "
    "which there was none.",
    "Store the right key in the Dreamdata secret; held events are delivered then, without a new deployment.",
)
EVERYTHING_REFUSED = Metric(
    "EverythingRefused",
    "Count",
    "Invocations in which Dreamdata refused all events with a status that blames them (400, 413, 422).",
    "A fault of Dreamdata, of something before it, or of the relay: look at the answers in the log. After hours the "
    "refusal is believed, and the events are dead-lettered: fix it before, or redrive them after.",
)
EVENTS_MISCOUNTED = Metric(
    "EventsMiscounted",
    "Count",
    "Events of a message that went in and did not come out, or came out twice. Their message is kept.",
    "A fault of the relay: report it. Nothing was deleted.",
)
ENDPOINT_MISCONFIGURED = Metric(
    "EndpointMisconfigured",
    "Count",
    "Invocations in which Dreamdata answered 3xx, 404 or another 4xx that a right endpoint does not give.",
    "Check the DreamdataEndpoint parameter; events wait on the queue meanwhile.",
)
COMPRESSION_GIVEN_UP = Metric(
    "CompressionGivenUp",
    "Count",
    "Invocations that post uncompressed although gzip is configured: Dreamdata accepted only the uncompressed payload.",
    "Set the PayloadCompression parameter to none. Nothing waits and nothing is lost; the bytes cost as before.",
)
SECRET_UNREADABLE = Metric(
    "SecretUnreadable",
    "Count",
    "Times that Secrets Manager did not return the secret: it did not answer, or the secret was withdrawn.",
    "Look at the log line's reason. No answer: the cached secret stays in use for hours. Withdrawn: it was discarded.",
)
HOLDS_FAILED = Metric(
    "HoldsFailed",
    "Count",
    "Messages whose visibility timeout could not be set; they return after the queue's own.",
    "Nothing if rare; else check the deliver function's role.",
)
DEAD_LETTERS_FAILED = Metric(
    "DeadLettersFailed",
    "Count",
    "Events that could not be dead-lettered: refused with 503 by ingest, held by deliver.",
    "Check the dead-letter queue and the functions' roles; the events are not lost.",
)
UNEXPECTED_ERRORS = Metric(
    "UnexpectedErrors",
    "Count",
    "Faults of the relay itself; their messages are held and tried again.",
    "Read the log line with the error's type and place, and report it.",
)

INGEST_METRICS = (
    REQUESTS_REFUSED,
    REQUESTS_UNAUTHORIZED,
    REQUESTS_FAILED,
    EVENTS_ACCEPTED,
    EVENTS_REFUSED,
    EVENTS_REPEATED,
    EVENTS_SANDBOXED,
    EVENTS_DROPPED,
    EVENTS_SUPPRESSED,
    RULES_UNAVAILABLE,
    SECRET_UNREADABLE,
    DEAD_LETTERS_FAILED,
    UNEXPECTED_ERRORS,
)
DELIVER_METRICS = (
    EVENTS_DELIVERED,
    EVENTS_HELD,
    HELD_AGE,
    EVENTS_REFUSED,
    EVENTS_REPEATED,
    EVENTS_DROPPED,
    EVENTS_SUPPRESSED,
    RULES_UNAVAILABLE,
    EVENTS_RESENT,
    EVENTS_AMBIGUOUS,
    MESSAGES_SPLIT,
    PAYLOADS,
    PAYLOAD_BYTES,
    PAYLOAD_FILL,
    DREAMDATA_LATENCY,
    ANSWERS_2XX,
    ANSWERS_3XX,
    ANSWERS_4XX,
    ANSWERS_5XX,
    NO_ANSWERS,
    DELIVERY_LAG,
    KEY_REFUSED,
    EVERYTHING_REFUSED,
    EVENTS_MISCOUNTED,
    ENDPOINT_MISCONFIGURED,
    COMPRESSION_GIVEN_UP,
    SECRET_UNREADABLE,
    HOLDS_FAILED,
    DEAD_LETTERS_FAILED,
    UNEXPECTED_ERRORS,
)


class Telemetry(Protocol):
    """Receives metrics and log lines; neither may hold a key or a part of an event."""

    def add(self, metric: Metric, value: float = 1, *, rule: str | None = None) -> None:
        """Add ``value`` to a count, or one value to a metric of another unit.

        ``rule``: the name of the privacy rule that a count is also shown by.
        """
        ...

    def label(self, **dimensions: str) -> None:
        """Emit the metrics of this request only under these dimensions too, in addition to ``service``."""
        ...

    def log(self, level: str, message: str, **fields: object) -> None:
        """Write a log line; ``level`` is ``info``, ``warning`` or ``error``."""
        ...
