"""What a sandbox has received: the events that the relay would pass on, and what it would refuse."""

import json
import math
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from dreamdata_relay.events.bodies import read_batch_body
from dreamdata_relay.events.typed_fields import UNREADABLE
from dreamdata_relay.messages.dead_letters import OutgoingMessage


class Event(Struct, frozen=True):
    """An accepted event: its JSON text, completed as the relay would pass it on, and the same text parsed."""

    text: bytes
    members: dict[str, Any]


class Violation(Struct, frozen=True):
    """Something that the relay would refuse, or that a check of the sandbox complains of.

    ``code`` and ``detail`` are the relay's own words, as in its answer. ``status``: the answer to the request, 200
    where only an event was refused. ``event``: the event as it was sent, None where a whole request was refused or the
    event is no JSON object.
    """

    code: str
    detail: str
    status: int = 200
    event: dict[str, Any] | None = None


def events_of(messages: Iterable[OutgoingMessage]) -> list[Event]:
    """Return the events of the relay's messages, which are all batches."""
    bodies = (message.body.encode("utf-8", "surrogatepass") for message in messages)
    texts = [bytes(raw) for body in bodies for raw in read_batch_body(body).batch.raws]
    return [Event(text, _parsed(text)) for text in texts]


def violations_of(letters: Iterable[OutgoingMessage]) -> list[Violation]:
    """Return one for each refused event of the dead letters."""
    return [
        Violation(letter.attributes["error_code"], letter.attributes.get("error_detail", ""), event=event)
        for letter in letters
        for event in _sent(letter.body)
    ]


def _sent(body: str) -> list[dict[str, Any] | None]:
    """Return the events of a dead letter, with the context and integrations that they were sent with."""
    try:
        content = _parsed(body.encode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return [None]
    if not isinstance(content, dict):
        return [None]
    batch = content.get("batch")
    if "type" in content or not isinstance(batch, list):
        return [content]
    shared = {name: content[name] for name in ("context", "integrations") if name in content}
    return [shared | event if isinstance(event, dict) else None for event in batch]


def _parsed(text: bytes) -> Any:
    """Return the value of JSON that the relay takes: also with lone surrogates, which a strict reader refuses.

    A number beyond a float's range is its text. Raises ValueError or RecursionError.
    """
    try:
        return msgspec.json.decode(text)
    except UNREADABLE:
        return json.loads(text.decode("utf-8", "replace"), parse_float=_number)


def _number(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text
