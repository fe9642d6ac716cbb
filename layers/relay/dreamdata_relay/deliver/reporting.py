"""Reports an invocation in metrics and the log: delivered events, and held events with their reasons."""

import math
import re
from collections.abc import Iterable, Sequence

from dreamdata_relay import metrics
from dreamdata_relay.deliver.payloads import Piece
from dreamdata_relay.deliver.progress import MessageProgress
from dreamdata_relay.deliver.results import Results
from dreamdata_relay.limits import MAX_PAYLOAD_BYTES
from dreamdata_relay.metrics import Telemetry

# What is wrong with the key, for readers of the log.
_KEY_LINES = {
    "key:secret_placeholder": "nothing is delivered: put the Dreamdata API key in the secret's placeholder's place",
    "key:secret_malformed": 'nothing is delivered: the Dreamdata secret is neither a key nor {"api_key": "<key>"}',
    "key:secret_unavailable": "nothing is delivered: Secrets Manager did not give the Dreamdata secret",
    "key:secret_withdrawn": "nothing is delivered: Secrets Manager refuses to give the Dreamdata secret",
}
# This is about the key last read; the secret may hold a new one, which is read within 30 s of the next refusal.
_KEY_LINE = "nothing is delivered: Dreamdata refuses the key last read from the secret"

# The id of an event whose sender wants to follow it; it contains no personal data, so it may be logged.
TRACE = "relay-trace-"
_TRACED = re.compile(TRACE + "[0-9a-f]{32}")
_MOST_TRACED = 20


def report_delivered(telemetry: Telemetry, now: float, messages: Sequence[MessageProgress], results: Results) -> None:
    """Count payloads and delivered events; ``now`` in seconds since the epoch."""
    for payload in results.payloads:
        telemetry.add(metrics.PAYLOADS)
        telemetry.add(metrics.PAYLOAD_BYTES, payload.size)
        telemetry.add(metrics.PAYLOAD_FILL, round(100 * payload.size / MAX_PAYLOAD_BYTES, 2))
        oldest = min(messages[piece.message].message.first_sent_at for piece in payload.pieces)
        telemetry.add(metrics.DELIVERY_LAG, round(max(0.0, now - oldest), 3))
    delivered = sum(len(piece.message_ids) for piece in results.delivered)
    if delivered:
        telemetry.add(metrics.EVENTS_DELIVERED, delivered)
    if traced := _traced(results.delivered):
        telemetry.log("info", "traced events delivered", message_ids=traced)
    if refused := sum(
        len(one.message_ids) for one in results.delivered if messages[one.message].message.refused_before
    ):
        telemetry.log("info", "refused events delivered", count=refused)
    resent = sum(len(piece.message_ids) for piece in results.delivered if messages[piece.message].message.receives > 1)
    if resent:
        telemetry.add(metrics.EVENTS_RESENT, resent)


def report_dropped(telemetry: Telemetry, done: Iterable[MessageProgress]) -> None:
    """Count what privacy rules dropped of messages that are ``done``; of the others they will drop it again."""
    for progress in done:
        if progress.dropped:
            from dreamdata_relay.cleaning.counting import add_dropped

            add_dropped(telemetry, progress.dropped)


def report_held(telemetry: Telemetry, now: float, waiting: Sequence[MessageProgress], results: Results) -> None:
    """Count and log what is held and why; ``now`` in seconds since the epoch."""
    if results.ambiguous:
        telemetry.add(metrics.EVENTS_AMBIGUOUS, results.ambiguous)
    if not waiting:
        return
    events = sum(progress.waiting_events for progress in waiting)
    telemetry.add(metrics.EVENTS_HELD, events)
    oldest = min(progress.message.first_sent_at for progress in waiting)
    telemetry.add(metrics.HELD_AGE, round(max(0.0, now - oldest), 3))
    reasons = {hold.reason for _, hold in results.held} | {one.hold.reason for one in waiting if one.hold}
    keys = sorted(reason for reason in reasons if reason.startswith("key:"))
    if keys:
        telemetry.add(metrics.KEY_REFUSED)
    if "configuration" in reasons:
        telemetry.add(metrics.ENDPOINT_MISCONFIGURED)
    if "refused_all" in reasons:
        telemetry.add(metrics.EVERYTHING_REFUSED)
    level, line = ("error", _KEY_LINES.get(keys[0], _KEY_LINE)) if keys else ("warning", "messages held")
    asked = [hold.after for _, hold in results.held if hold.after is not None]
    after = {"retry_after": math.ceil(max(asked))} if asked else {}
    found = _traced(piece for piece, _ in results.held)
    traced = {"traced": found} if found else {}
    newly = _newly_refused(waiting)
    refused = {"refused": newly} if newly or "refused" in reasons else {}
    fields = {**after, **traced, **refused}
    telemetry.log(level, line, messages=len(waiting), events=events, reasons=sorted(reasons), **fields)


def _newly_refused(waiting: Sequence[MessageProgress]) -> int:
    """Return how many events wait for a second refusal since this invocation; earlier ones are counted already."""
    found = 0
    for progress in (one for one in waiting if not one.message.refused_before):
        pieces = [piece for pieces in progress.refused.values() for piece in pieces]
        if not pieces and progress.hold and progress.hold.reason == "refused":
            # Without a note of the refusal nothing will tell that these were delivered.
            pieces = progress.waiting
        found += sum(len(piece.message_ids) for piece in pieces)
    return found


def _traced(pieces: Iterable[Piece]) -> list[str]:
    """Return the ids of the first twenty events to follow; pieces without any cost next to nothing."""
    found: list[str] = []
    for piece in pieces:
        # Search once per piece, not once per event.
        if TRACE in "".join(piece.message_ids):
            found += [name for name in piece.message_ids if _TRACED.fullmatch(name)]
    return found[:_MOST_TRACED]
