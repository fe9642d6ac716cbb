"""One event in detail: as it came, as it left, what differs and by which rule, and what to do about it."""

from typing import Any

import msgspec
from msgspec import Struct

from local.errors import LocalError
from local.page.differences import Change, differences
from local.page.entries import Entry
from local.page.filled import filled
from local.page.model import Model
from local.page.observer import Observer
from local.page.reasons import fix_of, reason_text
from local.page.rows import Row
from local.page.sending import Mail

_FROM_HERE = "As sent from this page."
_BEHIND_INGEST = (
    "As it lay on the queue behind ingest, which completes events before it queues them: what its sender left out may "
    "have been filled in already."
)
_ON_QUEUE = {
    "sns": "As it lay on the queue, inside the notification of an SNS topic.",
    "eventbridge": "As it lay on the queue, the detail of an EventBridge event.",
}
_OTHER_WAY = "As it lay on the queue."
_MISSED = "As it left: it passed the queue between two looks of this page, which did not see how it came."
_TOO_LONG_AGO = "As it left: how it came is not kept any more."
_AS_LETTER = "As it lies in the dead-letter queue: the relay keeps what it refuses as it came, but for a relay key."
_FORGOTTEN = "What came is not kept any more: the page keeps the newest 64 MB of texts."


class _Came(Struct, frozen=True):
    """How an event came: its text, where that is from, what the relay's core makes of it, and by which way."""

    text: str
    origin: str
    becomes: str
    way: str


def detail_of(observer: Observer, mail: Mail, key: str) -> dict[str, Any] | None:
    """What `GET /api/events/{key}` answers, None where there is no such event. Raises LocalError."""

    def ask(model: Model) -> tuple[Row, Entry] | None:
        row, entry = model.shown.get(key), model.entry(key)
        return (row, entry) if row and entry else None

    found = observer.locked(ask)
    if found is None:
        return None
    row, entry = found
    left = _left(observer, entry)
    came = _came(row, entry, mail, left)
    letter = entry.newest_letter() if row.state == "dead" else None
    shown = {
        "row": msgspec.to_builtins(row),
        "came": came.text,
        "cameFrom": came.origin,
        # What ingest completed before cannot be seen: no difference is then no proof that nothing was completed.
        "behindIngest": came.origin in (_BEHIND_INGEST, _MISSED),
        "left": left,
        "changes": [msgspec.to_builtins(change) for change in _changes(entry, came, left)],
        "fix": fix_of(row.reason) if letter else None,
        "reasonText": reason_text(row.reason),
        "attributes": dict(letter.attributes) if letter else {},
    }
    return _without_secrets(shown, observer)


def _left(observer: Observer, entry: Entry) -> str | None:
    """The text that the sandbox received; None where there is none, or where it has been reset since."""
    if entry.received is None:
        return None
    events = observer.stack().sandbox.events(since=entry.received.index, limit=1)
    return next((event.raw for event in events if event.message_id == entry.event.message_id), None)


def _came(row: Row, entry: Entry, mail: Mail, left: str | None) -> _Came:
    text = entry.event.text
    behind_ingest = text or (left or "").encode("utf-8", "surrogatepass")
    over_http = row.way.startswith("http:") or not row.way
    way = row.way or "http:"
    sent = mail.sent_as(behind_ingest, row.message_id) if over_http and behind_ingest else None
    if sent is not None:
        return _Came(_decoded(sent.text), _FROM_HERE, _decoded(behind_ingest), row.way or sent.way)
    if not text:
        origin = _FORGOTTEN if left is None else _TOO_LONG_AGO if entry.places else _MISSED
        return _Came(left or "", origin, left or "", way)
    shown, becomes = _decoded(text), _decoded(entry.event.becomes or text)
    if not entry.places:
        return _Came(shown, _AS_LETTER, becomes, way)
    return _Came(shown, _BEHIND_INGEST if over_http else _ON_QUEUE.get(row.way, _OTHER_WAY), becomes, way)


def _changes(entry: Entry, came: _Came, left: str | None) -> list[Change]:
    if left is None:
        return []
    found = differences(came.text, left, came.becomes, came.way)
    if came.origin in (_BEHIND_INGEST, _MISSED):
        sent_at = min((place.sent_at for place in entry.places.values()), default=None)
        found += filled(came.text.encode("utf-8", "surrogatepass"), sent_at)
    return found


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _without_secrets(shown: dict[str, Any], observer: Observer) -> dict[str, Any]:
    """`shown` without the stack's keys: a pasted event may hold one as its writeKey."""
    try:
        stack = observer.stack()
    except LocalError:
        return shown
    text = msgspec.json.encode(shown)
    for key in (stack.ingest_key, stack.sandbox_key):
        text = text.replace(msgspec.json.encode(key)[1:-1], b"(a key of the stack)")
    return dict(msgspec.json.decode(text))
