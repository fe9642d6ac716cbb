"""Validates one event against every rule and completes it: the slow way, for events that the fast pass leaves.

The event's text is never rebuilt. Each member that has to change is edited in its span, and the edits are applied at
the end. Everything that no rule names stays byte for byte: order, spaces, numbers, escapes.
"""

from collections.abc import Callable
from typing import NamedTuple

from msgspec import Struct, field

from dreamdata_relay.errors import EventRefused
from dreamdata_relay.events.event_editing import edited, object_member, quoted
from dreamdata_relay.events.event_fields import EMPTY_ARRAY, EventFields
from dreamdata_relay.events.json_editing import keys_of, split_around, split_object
from dreamdata_relay.events.numeric_ids import digits_of
from dreamdata_relay.events.rules import IDS_OF, OBJECTS, check_completed, refused_at_a_glance, refused_by_members
from dreamdata_relay.events.timestamps import is_exact
from dreamdata_relay.limits import MAX_DEAD_LETTER_BYTES


class Completion(Struct, frozen=True):
    """What events are completed with.

    ``received_at`` is the timestamp (RFC 3339, UTC) for an event that has none. ``message_id`` makes the id of an event
    without one, from its text as it came, its index, and whether its own timestamp is exact to milliseconds. ``kind``
    is the type that the path of a single event names. ``context`` and ``integrations`` are objects (JSON text) of the
    envelope to merge into each event.
    """

    received_at: str
    message_id: Callable[[bytes, int, bool], str]
    kind: str | None = None
    context: bytes | None = None
    integrations: bytes | None = None
    # Whether an identify without ``traits`` gets those of its context; else it gets empty ones.
    copies_traits: bool = True
    # The members of the two, found once for all events, because a context may have ten thousand.
    _split: dict[bytes, list[tuple[str, bytes]]] = field(default_factory=dict)

    def members_of(self, shared: bytes) -> list[tuple[str, bytes]]:
        """Return the key and text of each member of ``context`` or ``integrations``."""
        if shared not in self._split:
            self._split[shared] = [(m.key, shared[m.start : m.value_end]) for m in split_object(shared)]
        return self._split[shared]


class Completed(NamedTuple):
    """An event as it is queued or sent, with its message id; ``copied``: its traits are a copy of its context's."""

    text: bytes
    message_id: str
    copied: bool = False


def complete(text: bytes, index: int, completion: Completion) -> Completed:
    """Validate and complete the event ``text`` (one JSON object, already checked).

    Raises :class:`EventRefused` with the first broken rule, in the order of the contract's table.
    """
    if len(text) > MAX_DEAD_LETTER_BYTES:
        # Removing a key cannot make this one fit, and it may have a million members.
        check_completed(text)
    fields = EventFields(text, completion.kind)
    reason = refused_at_a_glance(fields.kind, fields.given) or refused_by_members(fields)
    if reason:
        raise EventRefused(*reason)
    completed = _Edits(text, fields, completion).completed(index)
    check_completed(completed.text)
    return completed


def merged(text: bytes, completion: Completion) -> bytes:
    """Return ``text``, a JSON value that broke a rule, with what its path and its envelope add, and without a key."""
    if text[:1] != b"{":
        return text
    return _Edits(text, EventFields(text, completion.kind), completion).merged()


class _Edits:
    """The changes to one event whose members keep the rules."""

    def __init__(self, text: bytes, fields: EventFields, completion: Completion) -> None:
        self.text = text
        self.fields = fields
        self.completion = completion
        self.added: list[tuple[str, bytes]] = []
        self.replaced: dict[str, bytes | None] = {}
        self.copied = False

    def completed(self, index: int) -> Completed:
        kind = self.fields.kind or ""
        self._set_kind(kind)
        for name in IDS_OF[kind]:
            self._spell_out(name)
        self._set_timestamp()
        self._set_objects(kind)
        self._remove_key()
        message_id = self._message_id(index)
        return Completed(self._edited(), message_id, self.copied)

    def merged(self) -> bytes:
        if self.completion.kind is not None:
            self._set_kind(self.completion.kind)
        self._remove_key()
        for name, shared in (("context", self.completion.context), ("integrations", self.completion.integrations)):
            own = self.fields.values.get(name, b"null")
            if shared is not None and EMPTY_ARRAY.fullmatch(own):
                self._set(name, b"{}")
                own = b"{}"
            # Nothing can be merged into any other value.
            if own == b"null" or own[:1] == b"{":
                self._merge(name, shared)
        return self._edited()

    def _set_kind(self, kind: str) -> None:
        if self.fields.text("type") != kind:
            self._set("type", quoted(kind))

    def _remove_key(self) -> None:
        if "writeKey" in self.fields.values:
            self.replaced["writeKey"] = None

    def _spell_out(self, name: str) -> None:
        """Turn an id that is a number into a string of its digits."""
        number = self.fields.number(name)
        if number is not None:
            self._set(name, b'"' + digits_of(number) + b'"')

    def _set_timestamp(self) -> None:
        time = self.fields.own_time
        if time is None:
            self._set("timestamp", quoted(self.completion.received_at))
        elif time.moment is not None and (time.member != "timestamp" or time.moment != time.given):
            self._set("timestamp", quoted(time.moment))

    def _set_objects(self, kind: str) -> None:
        for name in OBJECTS:
            if EMPTY_ARRAY.fullmatch(self.fields.values.get(name, b"")):
                self._set(name, b"{}")
        self._merge("context", self.completion.context)
        self._merge("integrations", self.completion.integrations)
        if kind == "identify" and "traits" not in self.fields.values:
            traits = object_member(self._current("context"), "traits")
            if traits is not None:
                self.copied = self.completion.copies_traits
                self._set("traits", traits if self.copied else b"{}")

    def _merge(self, name: str, shared: bytes | None) -> None:
        """Add those members of the envelope's object that the event's own object lacks."""
        if shared is None:
            return
        own = self._current(name)
        if own is None or own == b"null":
            self._set(name, shared)
            return
        mine = keys_of(own)
        more = [text for key, text in self.completion.members_of(shared) if key not in mine]
        if more:
            inner = own[1:-1].strip(b" \t\r\n")
            self._set(name, b"{" + b",".join(([inner] if inner else []) + more) + b"}")

    def _message_id(self, index: int) -> str:
        self._spell_out("messageId")
        number = self.fields.number("messageId")
        given = digits_of(number).decode() if number else self.fields.text("messageId")
        if given:
            return given
        time = self.fields.own_time
        made = self.completion.message_id(self.text, index, is_exact(time.given if time else None))
        self._set("messageId", quoted(made))
        return made

    def _current(self, name: str) -> bytes | None:
        if name in self.replaced:
            return self.replaced[name]
        return dict(self.added).get(name, self.fields.values.get(name))

    def _set(self, name: str, value: bytes) -> None:
        if name in self.fields.values:
            self.replaced[name] = value
        else:
            self.added.append((name, value))

    def _edited(self) -> bytes:
        if not self.replaced and not self.added:
            return self.text
        # The places of members matter only now that something changes.
        return edited(self.text, split_around(self.text, self.replaced), self.replaced, self.added)
