"""Opens one message: finds the events in it and its wrappers, and notes the ids and times that wrappers provide."""

import contextlib
import json
import re
from collections.abc import Iterable

from msgspec import Raw

from dreamdata_relay.deliver.queued_messages import QueuedMessage
from dreamdata_relay.deliver.unwrapped import MergesMuch, Unwrapped
from dreamdata_relay.deliver.wrappers import Members, holding, is_event_type, members_of, string_of
from dreamdata_relay.errors import EventRefused, NotJson, Refusal
from dreamdata_relay.events import json_editing
from dreamdata_relay.events.batches import Batch, read_array
from dreamdata_relay.events.bodies import read_batch_body
from dreamdata_relay.events.body_text import checked_or_lines, repaired
from dreamdata_relay.events.bulk_refusals import refuse_in_bulk
from dreamdata_relay.events.chunks import utf8_of
from dreamdata_relay.events.envelopes import Repeated, WrongShape, own_member
from dreamdata_relay.events.message_ids import derived_id
from dreamdata_relay.events.normalization import Completion
from dreamdata_relay.events.reading import Reading, RefusedEvent, read_events
from dreamdata_relay.events.rules import NO_EVENT, Reason
from dreamdata_relay.events.timestamps import from_epoch, to_utc
from dreamdata_relay.events.typed_fields import Text, is_sound
from dreamdata_relay.limits import MAX_DEAD_LETTER_BYTES, MAX_LONE_DEAD_LETTERS, MAX_MERGED_BYTES, MAX_WRAPPERS

# An id that needs no escape in JSON; EventBridge's ids are UUIDs.
_PLAIN_ID = re.compile(r"[0-9A-Za-z._:/-]{1,100}")
_ENVELOPE = frozenset({"batch", "context", "integrations"})


class Wrapping:
    """One message being opened: its wrappers, and the id and time that they provide for an event without its own."""

    def __init__(self, message: QueuedMessage, most_merged: int = MAX_MERGED_BYTES) -> None:
        self.message = message
        self.most_merged = most_merged
        self.merged = 0
        self.source = "queue"
        self.id_parts = (message.message_id.encode(),)
        self.only_id: str | None = None
        self.received_at = from_epoch(message.sent_at)
        self.floods: dict[Reason, list[Text]] = {}
        self.context: bytes | None = None
        self.integrations: bytes | None = None
        self.count = 0
        self._opened: list[bytes] = []

    def unwrapped(self, reading: Reading) -> Unwrapped:
        """Return the result of :func:`unwrap` for the events in ``reading``."""
        return Unwrapped(
            self.message.sender or self.source,
            reading.message_ids,
            reading=reading,
            floods=self.floods,
            context=self.context,
            integrations=self.integrations,
            count=self.count,
            merged=self.merged,
            came=self.source,
        )

    def refused(self, error: EventRefused) -> Unwrapped:
        """Return the result of :func:`unwrap` for a message that cannot be events."""
        if error.code in (Refusal.MESSAGE_NOT_EVENT, Refusal.MESSAGE_NOT_JSON) and (looks := self.looks_like()):
            error = EventRefused(error.code, looks)
        return Unwrapped(self.message.sender or self.source, [], refusal=error, came=self.source)

    def looks_like(self) -> str | None:
        """Describe another service's message; the innermost text is examined first."""
        # Imported here because no event needs it.
        from dreamdata_relay.deliver import foreign_messages

        return next(filter(None, map(foreign_messages.looks_like, reversed(self._opened))), None)

    def open(self, text: bytes, wrappers: int = 0) -> Reading:
        """Return the events in ``text`` and in what it wraps; raises EventRefused if it cannot be events."""
        self._opened.append(text)
        text, is_lines = _json(text)
        if is_lines:
            return self._array(text, "line of the message")
        first = text[:1]
        if first == b"[":
            return self._array(text)
        if first != b"{":
            raise EventRefused(Refusal.MESSAGE_NOT_EVENT, "the message is JSON, but neither an object nor an array")
        members = members_of(text)
        if is_event_type(members.type):
            # Its type makes it an event, so all its other members are its own.
            return self.events(Batch([text]))
        found = holding(members)
        if not found:
            return self.events(Batch([text]))
        if len(found) > 1 or json_editing.stands_twice(text, found[0]):
            # A reader would silently take one of the two. This reason says more than whose message it is.
            self._opened.clear()
            raise EventRefused(Refusal.MESSAGE_NOT_EVENT, f"the object has more than one {' or '.join(found)}")
        if found[0] == "batch":
            return self._batch(text)
        if own := own_member(members):
            # Only what it holds would go on, and what it says itself would be lost.
            self._opened.clear()
            raise EventRefused(Refusal.MESSAGE_NOT_EVENT, f"the object has a {found[0]} and a member {own} beside it")
        if wrappers == MAX_WRAPPERS:
            raise EventRefused(Refusal.WRAPPED_TOO_DEEP, f"events are wrapped more than {MAX_WRAPPERS} deep")
        return self.open(self._inner(members, found[0]), wrappers + 1)

    def _array(self, text: bytes, element: str = "element of the array") -> Reading:
        reading = self.events(read_array(text))
        self._refuse_whole_if_no_event(reading, text, element)
        return reading

    def _refuse_whole_if_no_event(self, reading: Reading, text: bytes, element: str = "element of the array") -> None:
        """Refuse an array without any event as one message, because only the whole shows what it means.

        An array so large that a dead letter could hold only a part of it is refused element by element.
        """
        refused = len(reading.refused) + sum(map(len, self.floods.values()))
        if refused < self.count or len(text) > MAX_DEAD_LETTER_BYTES:
            return
        if holds_no_event(reading.refused) and holds_no_event(self.floods):
            raise EventRefused(Refusal.MESSAGE_NOT_EVENT, f"no {element} is an event")

    def _batch(self, text: bytes) -> Reading:
        try:
            envelope = read_batch_body(text)
        except WrongShape as error:
            if isinstance(error, Repeated):
                # This reason says more than whose message it is.
                self._opened.clear()
            raise EventRefused(Refusal.MESSAGE_NOT_EVENT, str(error)) from None
        merged = envelope.shared_bytes * envelope.count()
        if merged > MAX_MERGED_BYTES:
            detail = f"context and integrations merged into every event are {merged} bytes, over {MAX_MERGED_BYTES}"
            raise EventRefused(Refusal.MESSAGE_TOO_LARGE, detail)
        if merged > self.most_merged:
            raise MergesMuch(merged)
        self.merged = merged
        self.context, self.integrations = envelope.context, envelope.integrations
        reading = self.events(envelope.batch, envelope.context, envelope.integrations)
        if self.count > 1:
            self._refuse_whole_if_no_event(reading, text)
        elif reading.refused and reading.refused[0].code in NO_EVENT and not _ENVELOPE.issuperset(_names(text)):
            # Keep the object as it is, because it says more than its one element.
            raise EventRefused(reading.refused[0].code, reading.refused[0].detail)
        return reading

    def events(self, batch: Batch, context: bytes | None = None, integrations: bytes | None = None) -> Reading:
        """Return the events of ``batch``, read and completed; all share ``context`` and ``integrations``."""
        self.count = len(batch.raws)
        if not self.count:
            raise EventRefused(Refusal.MESSAGE_NOT_EVENT, "the message holds no event")
        completion = self.completion(len(batch.raws) == 1, context, integrations)
        return read_events(self._without_floods(batch), completion)

    def completion(self, alone: bool, context: bytes | None, integrations: bytes | None) -> Completion:
        """Return what completes the message's events; ``alone``: there is only one."""
        return Completion(
            received_at=self.received_at,
            message_id=lambda _text, index, _own_time: self._message_id(index, alone),
            context=context,
            integrations=integrations,
        )

    def _without_floods(self, batch: Batch) -> Batch:
        """Return ``batch`` without the events that bulk refusals cover; there may be hundreds of thousands."""
        raws = batch.raws
        if len(raws) <= MAX_LONE_DEAD_LETTERS or (batch.probes and all(map(is_sound, batch.probes))):
            return batch
        bulk = refuse_in_bulk(raws)
        for reason, indexes in bulk.refused.items():
            self.floods[reason] = [raws[index] for index in indexes]
        # Keep the original places, because derived ids depend on them.
        return Batch([raws[index] for index in bulk.rest], None, batch.size, bulk.rest)

    def _message_id(self, index: int, alone: bool) -> str:
        if alone and self.only_id:
            return self.only_id
        return derived_id(*self.id_parts, str(index).encode())

    def _inner(self, members: Members, member: str) -> bytes:
        if member == "Message":
            self._came_through("sns", members.MessageId, members.Timestamp)
            return utf8_of(json.loads(bytes(members.Message)))
        self._came_through("eventbridge", members.id, members.time)
        return bytes(members.detail)

    def _came_through(self, source: str, given_id: Raw, given_time: Raw) -> None:
        """Note a wrapper, whose id and time replace an event's missing ones, so that repeats get the same."""
        if self.source == "queue":
            self.source = source
        wrapper_id = string_of(given_id)
        if wrapper_id and _PLAIN_ID.fullmatch(wrapper_id):
            # An event that is delivered twice keeps its id, while each message on the queue has its own.
            self.only_id, self.id_parts = wrapper_id, (wrapper_id.encode(),)
        with contextlib.suppress(ValueError):
            self.received_at = to_utc(string_of(given_time) or "")


def _json(text: bytes) -> tuple[bytes, bool]:
    """Return ``text`` as JSON, and whether it was one event a line, which becomes an array."""
    content = repaired(text)
    if not content:
        raise EventRefused(Refusal.MESSAGE_EMPTY, "the message is empty")
    try:
        return checked_or_lines(content)
    except NotJson as error:
        raise EventRefused(Refusal.MESSAGE_NOT_JSON, f"the message is {error}") from None


def _names(text: bytes) -> set[str]:
    return {member.key for member in json_editing.split_object(text)}


def holds_no_event(refused: Iterable[RefusedEvent | Reason]) -> bool:
    """Whether nothing that was refused resembles an event."""
    return all(one.code in NO_EVENT for one in refused)
