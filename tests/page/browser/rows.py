"""Rows as the page's server sends them."""

from datetime import UTC, datetime, timedelta
from typing import Any

_START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def row(number: int, state: str = "delivered", **members: Any) -> dict[str, Any]:
    """The row of event `number`, taken that many seconds after nine; `members` differ from the usual."""
    return {
        "key": f"k{number}",
        "messageId": f"msg-{number}",
        "type": "track",
        "name": f"Order {number}",
        "user": f"user-{number}",
        "way": "http:default",
        "state": state,
        "reason": {"held": "unavailable:503", "dead": "identity_missing"}.get(state, ""),
        "takenAt": moment(number),
        "deliveredAt": moment(number + 1) if state == "delivered" else None,
        "nextTryAt": in_seconds(30) if state == "held" else None,
        "lagSeconds": 0.42 if state == "delivered" else None,
        "payload": "0f5c1a7e-aaaa-5bbb-8ccc-dddddddddddd" if state == "delivered" else None,
        "tries": 1,
        "version": 0,
    } | members


def moment(seconds: float) -> str:
    """So many seconds after nine, as the API writes moments."""
    return _iso(_START + timedelta(seconds=seconds))


def in_seconds(seconds: float) -> str:
    """So many seconds from now."""
    return _iso(datetime.now(UTC) + timedelta(seconds=seconds))


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def detail(came: str, left: str | None = None, **members: Any) -> dict[str, Any]:
    """What the server says of an event in detail; `members` differ from the usual."""
    usual: dict[str, Any] = {"cameFrom": "as sent from this page", "changes": [], "fix": None, "reasonText": None}
    usual["curl"] = f"curl --data-raw '{came}'"
    return usual | {"came": came, "left": left, "attributes": {}} | members


def change(path: str, came: str | None, left: str | None, rule: str) -> dict[str, Any]:
    """One difference."""
    kind = "added" if came is None else "removed" if left is None else "changed"
    return {"path": path, "kind": kind, "came": came, "left": left, "rule": rule}
