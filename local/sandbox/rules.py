"""The vendor's rules for a payload, judged on the bytes received.

Written from the vendor's guide (500 kB a request, a unique messageId per event, ISO 8601 timestamps in UTC, a user or
an anonymous id) and stricter where the guide is silent, so that what passes here passes anywhere.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from local.sandbox.json_scan import NotJsonError, ObjectText, read_array, read_document, read_object

MAX_PAYLOAD_BYTES = 500_000

_TYPES = {"identify", "track", "page", "screen", "group", "alias"}
_ID_FIELDS = ("userId", "anonymousId", "previousId", "groupId")
_OBJECT_FIELDS = ("traits", "properties", "context", "integrations")
_utc_timestamp = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z", re.ASCII).fullmatch


class RefusedError(Exception):
    """Raised when a payload breaks a rule; `status` is the HTTP status to answer with, the text says which rule."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its `messageId` and its text, exactly as sent."""

    message_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Payload:
    """One accepted payload: the envelope's `messageId` and its events in order."""

    message_id: str
    events: tuple[Event, ...]


def judge(body: bytes, max_bytes: int = MAX_PAYLOAD_BYTES) -> Payload:
    """Read a request's body.

    Raises RefusedError: 413 when it is larger than `max_bytes`, 400 for everything else.
    """
    if len(body) > max_bytes:
        raise RefusedError(f"the body has {len(body)} bytes, more than {max_bytes}", status=413)
    try:
        envelope = read_document(body.decode("utf-8", "strict"), read_object).members
        batch, _ = read_array(envelope.get("batch", ""), 0, read_object)
    except UnicodeDecodeError as error:
        raise RefusedError(f"the body is not UTF-8 at byte {error.start}") from error
    except NotJsonError as error:
        raise RefusedError(f"the body is not an envelope of events: {error}") from error
    payload_id = _required_text(envelope, "messageId", "envelope")
    _check_timestamp(envelope, "sentAt", "envelope")
    _check_no_write_key(envelope, "envelope")
    if not batch:
        raise RefusedError("the batch is empty")
    events = tuple(_judge_event(event, f"batch[{index}]") for index, event in enumerate(batch))
    _check_unique(event.message_id for event in events)
    return Payload(payload_id, events)


def _judge_event(event: ObjectText, where: str) -> Event:
    members = event.members
    kind = _text(members, "type")
    if kind not in _TYPES:
        raise RefusedError(f"{where}: type is not one of {', '.join(sorted(_TYPES))}")
    message_id = _required_text(members, "messageId", where)
    _check_identity(members, kind, where)
    if kind == "track":
        _required_text(members, "event", where)
    if kind == "group":
        _required_text(members, "groupId", where)
    _check_timestamp(members, "timestamp", where)
    for name in _OBJECT_FIELDS:
        if not members.get(name, "null").startswith(("{", "null")):
            raise RefusedError(f"{where}: {name} is neither an object nor null")
    _check_no_write_key(members, where)
    return Event(message_id, event.text)


def _check_identity(members: dict[str, str], kind: str, where: str) -> None:
    for name in _ID_FIELDS:
        if members.get(name, "null") != "null" and _text(members, name) is None:
            raise RefusedError(f"{where}: {name} is not a string")
    if kind == "alias":
        known = bool(_text(members, "userId") and _text(members, "previousId"))
    else:
        names = ("userId", "anonymousId", "groupId") if kind == "group" else ("userId", "anonymousId")
        known = any(_text(members, name) for name in names)
    if not known:
        raise RefusedError(f"{where}: {kind} has no identity")


def _check_timestamp(members: dict[str, str], name: str, where: str) -> None:
    match = _utc_timestamp(_text(members, name) or "")
    try:
        if match:
            datetime.fromisoformat(match[1])
    except ValueError:
        match = None
    if not match:
        raise RefusedError(f"{where}: {name} is not an ISO 8601 time in UTC that ends in Z")


def _check_no_write_key(members: dict[str, str], where: str) -> None:
    if "writeKey" in members:
        raise RefusedError(f"{where}: has a writeKey")


def _check_unique(message_ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for message_id in message_ids:
        if message_id in seen:
            raise RefusedError(f"messageId {message_id} is in the payload twice")
        seen.add(message_id)


def _required_text(members: dict[str, str], name: str, where: str) -> str:
    value = _text(members, name)
    if not value:
        raise RefusedError(f"{where}: {name} is not a non-empty string")
    return value


def _text(members: dict[str, str], name: str) -> str | None:
    """The member as a string, or None when it is absent or no string."""
    raw = members.get(name, "")
    return str(json.loads(raw)) if raw.startswith('"') else None
