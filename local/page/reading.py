"""Messages as events, opened by the relay's own core: an id derived here is the one that deliver will derive."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
from msgspec import Struct

from dreamdata_relay.deliver.opening import Wrapping
from dreamdata_relay.deliver.queued_messages import QueuedMessage as Message
from dreamdata_relay.errors import EventRefused, Refusal
from dreamdata_relay.events import json_editing, json_repair
from dreamdata_relay.events.batches import Batch
from dreamdata_relay.events.chunks import allowed_text, utf8_of
from dreamdata_relay.events.reading import Reading, read_events, readable_id
from dreamdata_relay.events.repeats import Seen
from dreamdata_relay.events.typed_fields import Text
from local.page.cleaning import Cleaner
from local.page.observations import Contents, SeenEvent
from local.stack import QueuedMessage

_LONGEST_SHOWN = 200


class Opened(Struct, frozen=True):
    """One event of a message: its text as it lies there, its place, and as what it leaves; None where it is refused."""

    raw: bytes
    index: int
    message_id: str
    left: bytes | None


class _Opening(Wrapping):
    """The core's own unwrapping, which here also tells each event's text before it was completed."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.opened: list[Opened] = []

    def events(self, batch: Batch, context: bytes | None = None, integrations: bytes | None = None) -> Reading:
        self.count = len(batch.raws)
        if not self.count:
            raise EventRefused(Refusal.MESSAGE_NOT_EVENT, "the message holds no event")
        completion = self.completion(self.count == 1, context, integrations)
        seen, all_read = Seen(), Reading()
        for index, raw in enumerate(batch.raws):
            reading = read_events(Batch([raw], None, len(raw), [index]), completion, seen)
            if reading.events:
                self.opened.append(Opened(bytes(raw), index, reading.message_ids[0], bytes(reading.events[0])))
            elif reading.refused:
                self.opened.append(Opened(bytes(raw), index, readable_id(raw) or "", None))
            all_read.events += reading.events
            all_read.refused += reading.refused
        return all_read


def open_message(message: QueuedMessage) -> tuple[list[Opened], str]:
    """The events of a message on the queue, each id once, and where they came from.

    What is no event at all is one that is refused, its text the message's.
    """
    opening = _Opening(
        # The emulator says of every sender that it is the account.
        Message(
            message.message_id, "", message.body, message.receive_count, message.sent_at, message.attributes, own=True
        )
    )
    try:
        opening.open(utf8_of(message.body))
        opened = opening.opened
    except Exception:  # noqa: BLE001  # refused as a whole or, as in deliver, a fault with this one: shown as it is
        opened = [Opened(utf8_of(message.body), 0, "", None)]
    return [_unrepaired(event, message.body) for event in opened], opening.message.sender or opening.source


def _unrepaired(opened: Opened, body: str) -> Opened:
    """An event that is a message by itself with the NaN it came with; the core reads it repaired."""
    if opened.left is None or not any(constant in body for constant in ("NaN", "Infinity")):
        return opened
    text = utf8_of(body).strip()
    return msgspec.structs.replace(opened, raw=text) if json_repair.without_constants(text) == opened.raw else opened


def contents_of(message: QueuedMessage, cleaner: Cleaner | None = None) -> Contents:
    """What a row needs of a message; its reading is the costly part of a look, and needed once only.

    With a `cleaner` nothing is in it that the privacy rules take away.
    """
    opened, way = open_message(message)
    if cleaner is None:
        events = tuple(_seen(event) for event in opened)
    else:
        sources = _sources(way, message.attributes.get("rules") == cleaner.version)
        events = tuple(_cleaned(event, cleaner, sources) for event in opened)
    first = Message(message.message_id, "", "", 1, message.sent_at, message.attributes, own=True)
    return Contents(events, way, first.first_sent_at, is_rest=first.splits > 0)


def _seen(opened: Opened) -> SeenEvent:
    seen = seen_event(opened.raw, opened.message_id)
    return seen if opened.left in (None, opened.raw) else replace(seen, becomes=opened.left)


def _sources(way: str, attested: bool) -> tuple[str, ...]:
    """The ways of which the rules hold; where nobody attests the one it names, of the queue, too."""
    if way.startswith("http:"):
        return (way,) if attested else ("queue", way)
    return (way if way in ("sns", "eventbridge") else "queue",)


def _cleaned(opened: Opened, cleaner: Cleaner, sources: Sequence[str]) -> SeenEvent:
    seen = _seen(opened)
    came = opened.raw if opened.left is None else opened.left
    cleaned = cleaner.cleaned(came, sources)
    if cleaned.text == came and (came == opened.raw or cleaner.cleaned(opened.raw, sources).text == opened.raw):
        return seen
    if not cleaned.text:
        return dropped_event(seen, cleaned.dropped)
    # As it came it would have members that rules take away, and not all by which they are told to.
    shown = replace(seen_event(cleaned.text, opened.message_id), changes=cleaned.changes)
    return shown if opened.message_id else replace(shown, mark=seen.mark)


def dropped_event(seen: SeenEvent, rule: str) -> SeenEvent:
    """Of an event that `rule` dropped all that is kept; without a rule: of one that cannot be cleaned."""
    return SeenEvent(seen.message_id, seen.mark, b"", seen.type, "", "", dropped=rule)


class _Described(Struct):
    """The members that a row shows; of any kind, for a refused event may have anything there."""

    type: Any = ""
    event: Any = ""
    name: Any = ""
    userId: Any = ""
    anonymousId: Any = ""
    groupId: Any = ""
    previousId: Any = ""
    properties: Any = None


_DESCRIBED = msgspec.json.Decoder(_Described)
_MEMBERS = tuple(_Described.__struct_fields__)


def seen_event(text: Text, message_id: str, keep_text: bool = True) -> SeenEvent:
    """The event ``text`` as a row shows it; anything that is no JSON object has no type, name or user."""
    raw = bytes(text)
    described = _described(raw)
    name = described.event if described.type == "track" else described.name
    if not name and isinstance(described.properties, dict):
        name = described.properties.get("name", "")
    user = described.userId or described.anonymousId or described.groupId or described.previousId
    return SeenEvent(
        message_id=message_id,
        mark="" if message_id else mark_of(raw),
        text=raw if keep_text else b"",
        type=_shown(described.type),
        name=_shown(name),
        user=_shown(user),
    )


def printable(text: str) -> str:
    """The text with lone surrogates, which no UTF-8 holds, written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def mark_of(text: bytes) -> str:
    """What tells a text from others, the same for an event on the queue and in its dead letter."""
    body = allowed_text(text.decode("utf-8", "replace")).strip()
    return hashlib.sha1(body.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def _described(raw: bytes) -> _Described:
    try:
        return _DESCRIBED.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _slowly_described(raw)


def _slowly_described(raw: bytes) -> _Described:
    """Of what msgspec does not take (NaN, lone surrogates, no JSON): the members that it takes alone."""
    described = _Described()
    try:
        text = json_repair.without_constants(raw)
        json_editing.check(text)
        values = json_editing.values_of(text, _MEMBERS) if text[:1] == b"{" else {}
    except Exception:  # noqa: BLE001  # a text that cannot be read has nothing to show
        return described
    for name, value in values.items():
        try:
            # Python's own reader takes lone surrogates.
            setattr(described, name, json.loads(value))
        except (ValueError, RecursionError):
            continue
    return described


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return printable(value[:_LONGEST_SHOWN])
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
