"""What a message or a dead letter says by the contract, read by code of the simulation's own."""

import json
from typing import Any

KINDS = ("track", "identify", "page", "screen", "group", "alias")
_DEEPEST = 3


def events_in(body: str) -> list[Any]:
    """The values that ``body`` holds events in; none where it is no JSON, or says of itself that there are none.

    An event says what it is by its ``type``, whatever other members it has; only what says nothing is a wrapper.
    """
    try:
        return _events(_parsed(body), 0)
    except (ValueError, RecursionError):
        return []


def _events(value: Any, wrappers: int) -> list[Any]:
    if isinstance(value, list):
        return value
    if not isinstance(value, dict) or value.get("type") in KINDS:
        return [value]
    if isinstance(value.get("batch"), list):
        return [_merged(value, event) for event in value["batch"]]
    inner: Any = None
    if value.get("Type") == "Notification" and "TopicArn" in value and isinstance(value.get("Message"), str):
        inner = _parsed(value["Message"])
    elif all(name in value for name in ("detail-type", "source", "id", "detail")):
        inner = value["detail"]
    if inner is None or wrappers == _DEEPEST:
        return [value]
    return _events(inner, wrappers + 1)


def _merged(envelope: dict[str, Any], event: Any) -> Any:
    if not isinstance(event, dict):
        return event
    merged = dict(event)
    for name in ("context", "integrations"):
        shared = envelope.get(name)
        if isinstance(shared, dict) and shared and isinstance(event.get(name, {}), dict):
            merged[name] = shared | event.get(name, {})
    return merged


def _parsed(text: str) -> Any:
    return json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if names.count("batch") > 1:
        raise ValueError("batch stands twice")
    return dict(pairs)
