"""What the sandbox remembers: every request with its fate, and the events of those it took, in order."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.sandbox.rules import Event, Payload

_MAX_PARSED_NESTING = 100


def now() -> str:
    """The time as the sandbox writes it: UTC, ISO 8601, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request for `/v1/batch`: what came, and how it was answered (`status` None: not at all).

    `size` is of the body as it came, in `encoding` (`identity`, `gzip`, or what it said).
    """

    received_at: str
    size: int
    encoding: str
    headers: dict[str, str]
    status: int | None
    scripted: bool
    payload: Payload | None
    taken: bool
    reason: str | None

    def as_json(self, index: int) -> dict[str, Any]:
        """The record as the control endpoint shows it."""
        return {
            "index": index,
            "received_at": self.received_at,
            "size": self.size,
            "encoding": self.encoding,
            "status": self.status,
            "headers": self.headers,
            "payload": self.payload.message_id if self.payload else None,
            "events": len(self.payload.events) if self.payload else 0,
            "taken": self.taken,
            "scripted": self.scripted,
            "reason": self.reason,
        }


class Record:
    """All requests and all events taken since the last reset. Not locked: its owner guards it."""

    def __init__(self) -> None:
        self.requests: list[RequestRecord] = []
        self.events: list[tuple[Event, str, str]] = []

    def add(self, request: RequestRecord) -> None:
        """Remember a request and, when it was taken, its events."""
        self.requests.append(request)
        if request.taken and request.payload:
            payload = request.payload
            self.events.extend((event, payload.message_id, request.received_at) for event in payload.events)

    def clear(self) -> None:
        """Forget everything."""
        self.requests.clear()
        self.events.clear()


def events_as_json(events: list[tuple[Event, str, str]], first_index: int) -> bytes:
    """The events as one JSON list. An event's own text stands in it as it came, so nothing is lost by parsing.

    `event` is null for one that nests so deeply that an ordinary JSON parser would give up on the whole list; `raw`
    still has it.
    """
    items = (
        f'{{"index": {index}, "message_id": {json.dumps(event.message_id)}, "payload": {json.dumps(payload)}, '
        f'"received_at": {json.dumps(received_at)}, "raw": {json.dumps(event.text)}, "event": {_shown(event.text)}}}'
        for index, (event, payload, received_at) in enumerate(events, first_index)
    )
    return f"[{','.join(items)}]".encode()


def _shown(text: str) -> str:
    depth = deepest = 0
    if text.count("{") + text.count("[") <= _MAX_PARSED_NESTING:
        return text
    for char in text:
        depth += (char in "{[") - (char in "}]")
        deepest = max(deepest, depth)
    return text if deepest <= _MAX_PARSED_NESTING else "null"
