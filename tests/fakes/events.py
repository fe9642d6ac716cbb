"""Events that need no completion, and what other AWS services wrap them in."""

import json
from typing import Any


def event(id_: str = "e1", **changes: Any) -> dict[str, Any]:
    """A track event that keeps every rule as it stands."""
    complete = {
        "type": "track",
        "messageId": id_,
        "userId": "u-1",
        "event": "Paid",
        "timestamp": "2026-11-23T10:00:00.000Z",
    }
    return {**complete, **changes}


def events(count: int, start: int = 0, **changes: Any) -> list[dict[str, Any]]:
    """So many of them, with ids from ``e<start>`` on."""
    return [event(f"e{number}", **changes) for number in range(start, start + count)]


def sns(inner: Any) -> dict[str, Any]:
    """An SNS notification of ``inner`` (text, or what json.dumps takes)."""
    text = inner if isinstance(inner, str) else json.dumps(inner)
    return {"Type": "Notification", "MessageId": "n-1", "TopicArn": "arn:aws:sns:eu-west-1:1:t", "Message": text}


def eventbridge(detail: Any, id_: str = "b-1", time: str = "2026-11-20T08:00:00Z") -> dict[str, Any]:
    """An EventBridge event with ``detail``."""
    return {"version": "0", "id": id_, "detail-type": "Paid", "source": "shop", "time": time, "detail": detail}
