"""Bodies parsed whole, each event checked by hand and written anew: the usual way without a validation library."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import orjson

from benchmarks.ingest.ours import NOW
from dreamdata_relay.events.message_ids import random_id

_TYPES = frozenset({"identify", "track", "page", "screen", "group", "alias"})
_OBJECTS = ("context", "properties", "traits", "integrations")
_ZULU_CHARACTERS = 24
_OFFSET = "+00:00"


def read_orjson(body: bytes) -> tuple[list[bytes], list[int]]:
    """By orjson."""
    return _read(orjson.loads(body)["batch"], orjson.dumps)


def read_json(body: bytes) -> tuple[list[bytes], list[int]]:
    """By the standard library."""
    return _read(json.loads(body)["batch"], _dumped)


def _dumped(event: Any) -> bytes:
    return _ENCODER.encode(event).encode()


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _read(events: Iterable[Any], dumps: Callable[[Any], bytes]) -> tuple[list[bytes], list[int]]:
    accepted: list[bytes] = []
    refused: list[int] = []
    for index, event in enumerate(events):
        if is_valid(event):
            complete(event)
            accepted.append(dumps(event))
        else:
            refused.append(index)
    return accepted, refused


def is_valid(event: Any) -> bool:
    """Whether ``event`` keeps the rules on types, identities, names, times and objects."""
    if not isinstance(event, dict) or event.get("type") not in _TYPES:
        return False
    kind = event["type"]
    identity = _filled(event.get("userId")) or _filled(event.get("anonymousId"))
    if kind == "track":
        identity = identity and _filled(event.get("event"))
    elif kind == "group":
        identity = _filled(event.get("groupId"))
    elif kind == "alias":
        identity = _filled(event.get("userId")) and _filled(event.get("previousId"))
    if not identity or not all(isinstance(event.get(name), dict | None) for name in _OBJECTS):
        return False
    for name in ("userId", "anonymousId", "messageId"):
        if not isinstance(event.get(name), str | None):
            return False
    timestamp = event.get("timestamp")
    return timestamp is None or is_moment(timestamp)


def _filled(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def is_moment(value: Any) -> bool:
    """Whether ``value`` is an ISO 8601 date and time."""
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def complete(event: dict[str, Any]) -> None:
    """Put in what is missing; the timestamp in UTC."""
    if not event.get("messageId"):
        event["messageId"] = random_id()
    timestamp = event.get("timestamp")
    if not timestamp:
        event["timestamp"] = NOW
    elif len(timestamp) != _ZULU_CHARACTERS or timestamp[-1] != "Z":
        event["timestamp"] = in_utc(timestamp)
    event.pop("writeKey", None)


def in_utc(timestamp: str) -> str:
    """The same moment in UTC."""
    if timestamp.endswith(_OFFSET):
        return timestamp.removesuffix(_OFFSET) + "Z"
    moment = datetime.fromisoformat(timestamp)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.isoformat().replace(_OFFSET, "Z")
