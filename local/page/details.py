"""One event in detail: as it came, as it left, what differs and by which rule, and what to do about it."""

from typing import Any

import msgspec

from dreamdata_relay.messages.masking import masked
from local.page.again import curl_of
from local.page.came import sides_of
from local.page.differences import differences, of_rules
from local.page.observer import Observer
from local.page.reasons import dropped_text, fix_of, reason_text


def detail_of(observer: Observer, key: str) -> dict[str, Any] | None:
    """What `GET /api/events/{key}` answers, None where there is no such event. Raises LocalError."""
    sides = sides_of(observer, key)
    if sides is None:
        return None
    row, entry, came, left = sides
    keys = tuple(observer.keys())
    letter = entry.newest_letter() if row.state == "dead" else None
    changes = of_rules(came.changes)
    if left is not None:
        changes += differences(came.text, left, came.becomes, came.way)
    shown = {
        "row": msgspec.to_builtins(row),
        "came": came.text,
        "cameFrom": came.origin,
        "left": left,
        "changes": msgspec.to_builtins(changes),
        "fix": fix_of(row.reason, letter.message) if letter else None,
        "reasonText": dropped_text(row.reason) if row.state == "dropped" else reason_text(row.reason),
        "attributes": dict(letter.attributes) if letter else {},
    }
    # The command may hold the text packed: it is made of one without keys.
    curl = curl_of(came, observer.stack().api_url, keys) if came.text else ""
    return {**_without_keys(shown, keys), "curl": curl}


def _without_keys(value: Any, keys: tuple[str, ...]) -> Any:
    """`value` without the stack's keys: an event may hold one, as its writeKey or anywhere."""
    match value:
        case str():
            return masked(value, keys)
        case dict():
            return {name: _without_keys(one, keys) for name, one in value.items()}
        case list():
            return [_without_keys(one, keys) for one in value]
    return value
