"""How one event came: as it stood in its request or its message, or as much of that as is still known."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct

from local.page.arrivals import Arrival, Arrivals, timestamp_of
from local.page.cleaning import RuleChange
from local.page.entries import Entry
from local.page.observer import Observer
from local.page.rows import Row

_LONGEST_AGENT = 80
_ON_QUEUE = {
    "sns": "As it lay on the queue, inside the notification of an SNS topic.",
    "eventbridge": "As it lay on the queue, the detail of an EventBridge event.",
}
_OTHER_WAY = "As it lay on the queue."
_BEHIND_INGEST = "As it lay on the queue behind ingest: the request that brought it is not kept any more."
_TOO_LONG_AGO = "As it left: how it came is not kept any more."
_AS_LETTER = "As it lies in the dead-letter queue: the relay keeps what it refuses as it came, but for a relay key."
_DROPPED = "A privacy rule dropped it: nothing of it is kept, here neither."
_CLEANED = " Without what privacy rules take away."
_FORGOTTEN = "What came is not kept any more: the page keeps the newest 64 MB of texts."


class CameAs(Struct, frozen=True):
    """How an event came: its text, where that is from, what the relay's core makes of it, and by which way.

    ``changes``: of the privacy rules, which are made in the text already.
    """

    text: str
    origin: str
    becomes: str
    way: str
    arrival: Arrival | None = None
    changes: tuple[RuleChange, ...] = ()


class Sides(NamedTuple):
    """An event's row, all that was seen of it, how it came, and the text that Dreamdata received, if it did."""

    row: Row
    entry: Entry
    came: CameAs
    left: str | None


def sides_of(observer: Observer, key: str) -> Sides | None:
    """Both sides of an event; None where there is no such event. Raises LocalError."""
    found = observer.find(key)
    if found is None:
        return None
    row, entry = found
    left = _left(observer, entry)
    return Sides(row, entry, came_of(row, entry, observer.arrivals(), left), left)


def _left(observer: Observer, entry: Entry) -> str | None:
    """The text that the sandbox received; None where there is none, or where it has been reset since."""
    if entry.received is None:
        return None
    events = observer.stack().sandbox.events(since=entry.received.index, limit=1)
    return next((event.raw for event in events if event.message_id == entry.event.message_id), None)


def came_of(row: Row, entry: Entry, arrivals: Arrivals, left: str | None) -> CameAs:
    """How the event came; `left` is the text that Dreamdata received, if it did."""
    if row.state == "dropped":
        return CameAs("", _DROPPED, "", row.way or "http")
    text = entry.event.text
    # A lone surrogate is an escape here, as it is in what the relay sends.
    behind = entry.event.becomes or text or (left or "").encode("utf-8", "backslashreplace")
    is_http = row.way.startswith("http") or not row.way
    arrival = arrivals.find(entry.event.message_id, behind) if is_http else None
    if arrival:
        made = arrival.made_into(entry.event.message_id, timestamp_of(behind)) or behind
        shown, changes = _decoded(arrival.event.text), arrival.changes
        return CameAs(shown, _told(_origin(arrival), changes), _decoded(made), row.way or "http", arrival, changes)
    way = row.way or "http"
    if not text:
        origin = _FORGOTTEN if left is None else _TOO_LONG_AGO
        return CameAs(left or "", origin, left or "", way)
    shown, becomes, changes = _decoded(text), _decoded(behind), entry.event.changes
    if not entry.places:
        return CameAs(shown, _AS_LETTER, becomes, way)
    origin = _BEHIND_INGEST if is_http else _ON_QUEUE.get(row.way, _OTHER_WAY)
    return CameAs(shown, _told(origin, changes), becomes, way, None, changes)


def _told(origin: str, changes: Sequence[RuleChange]) -> str:
    return origin + _CLEANED if changes else origin


def _origin(arrival: Arrival) -> str:
    event = arrival.event
    place = f"event {event.index + 1} of {event.count}" if event.count > 1 else "one event"
    agent = f" from {arrival.agent[:_LONGEST_AGENT]}" if arrival.agent else ""
    return f"As it came over HTTP{agent}: {arrival.method} {arrival.path}, {place}."


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "replace")
