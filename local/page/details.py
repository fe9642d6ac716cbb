"""One event in detail: as it came, as it left, what differs and by which rule, and what to do about it."""

from typing import Any

import msgspec

from local.page.differences import differences
from local.page.entries import Entry
from local.page.model import Model
from local.page.observer import Observer
from local.page.reasons import fix_of, reason_text
from local.page.rows import Row
from local.page.sending import Mail


def detail_of(observer: Observer, mail: Mail, key: str) -> dict[str, Any] | None:
    """What `GET /api/events/{key}` answers, None where there is no such event. Raises LocalError."""

    def ask(model: Model) -> tuple[Row, Entry] | None:
        row, entry = model.row(key), model.entry(key)
        return (row, entry) if row and entry else None

    found = observer.locked(ask)
    if found is None:
        return None
    row, entry = found
    left = None
    if entry.received:
        [event] = observer.stack().sandbox.events(since=entry.received.index, limit=1)
        left = event.raw
    sent = mail.sent_as(entry.event) if entry.event.text else None
    if sent is not None:
        came, came_from = sent.decode("utf-8", "replace"), "as sent from this page"
    elif entry.event.text:
        came, came_from = entry.event.text.decode("utf-8", "replace"), "as it lay on the queue"
    else:
        came, came_from = left or "", "as it left: it passed the queue between two looks"
    letter = entry.newest_letter() if row.state == "dead" else None
    return {
        "row": msgspec.to_builtins(row),
        "came": came,
        "cameFrom": came_from,
        "left": left,
        "changes": differences(came, left, row.way) if left is not None else [],
        "fix": fix_of(row.reason) if letter else None,
        "reasonText": reason_text(row.reason),
        "attributes": dict(letter.attributes) if letter else {},
    }
