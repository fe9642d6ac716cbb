"""Of an event as it lay on the queue behind ingest: which members the relay filled in, where that can be told.

What the relay adds it puts in front of all else. An id that it derived can be proven, by deriving it again from the
text without it; that a timestamp is the time of receipt can only be likely.
"""

import re
from datetime import datetime

from dreamdata_relay.events.message_ids import derived_id
from local.page.differences import Change
from local.page.json_tree import text_of

_FRONT = re.compile(rb'\{(?:"messageId":"([^"\\]*)",)?(?:"timestamp":"([0-9T:-]{19}\.[0-9]{3}Z)",)?')
# Between the relay's reading the clock and the queue's taking the message.
_SOON_S = 0.25
_MOST_PLACES = 1_000
_MOST_HASHED_BYTES = 20_000_000

_PROVEN = "Made by the relay at ingest, for an event without a messageId: it is derived from the rest of the text."
_LIKELY_ID = (
    "Most likely made by the relay at ingest: it stands in front, and no timestamp came that it could be derived with."
)
_LIKELY_TIME = "Most likely the time of receipt, put in front by the relay for an event without a timestamp."


def filled(text: bytes, sent_at: float | None) -> list[Change]:
    """What the relay filled in; `sent_at`: when the event's message reached the queue, in seconds since the epoch."""
    front = _FRONT.match(text)
    if front is None or front.end() == 1:
        return []
    message_id, timestamp = (value.decode() if value else None for value in front.groups())
    received = timestamp is not None and sent_at is not None and _is_receipt(timestamp, sent_at)
    without_id = text[len(b'{"messageId":"",') + len(message_id or "") :] if message_id else text[1:]
    found = []
    if message_id and _is_derived(message_id, b"{" + without_id, b"{" + text[front.end() :]):
        found.append(_added("messageId", message_id, _PROVEN))
    elif message_id and received and message_id[14:15] == "4" and b'"originalTimestamp"' not in text:
        found.append(_added("messageId", message_id, _LIKELY_ID))
    if received and timestamp and (found or not message_id):
        found.append(_added("timestamp", timestamp, _LIKELY_TIME))
    return found


def _is_receipt(timestamp: str, sent_at: float) -> bool:
    try:
        return -0.002 <= sent_at - datetime.fromisoformat(timestamp).timestamp() <= _SOON_S
    except ValueError:
        return False


def _is_derived(message_id: str, *originals: bytes) -> bool:
    """Whether the id is derived from one of the texts, at any of the first places of a request."""
    if message_id[14:15] != "5":
        return False
    places = min(_MOST_PLACES, _MOST_HASHED_BYTES // max(1, len(originals[0])))
    return any(
        derived_id(original, str(place).encode()) == message_id for place in range(places) for original in originals
    )


def _added(member: str, value: str, rule: str) -> Change:
    return Change(path=member, kind="added", came=None, left=text_of(value), rule=rule)
