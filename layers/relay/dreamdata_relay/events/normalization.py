"""One event, read by every rule and completed where it must be: the careful way, for what the fast way leaves.

The event's text is never rebuilt. Each rule that has to change something edits the span of one member, and the edits
are applied at the end, so that whatever no rule names travels on byte for byte: order, spaces, numbers, escapes.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct, field

from dreamdata_relay.errors import EventRefused, Refusal
from dreamdata_relay.events.json_editing import (
    Member,
    keys_of,
    nests_too_deep,
    split_around,
    split_object,
    values_of,
)
from dreamdata_relay.events.numeric_ids import digits_of
from dreamdata_relay.events.timestamps import is_exact, to_utc
from dreamdata_relay.limits import MAX_DEAD_LETTER_BYTES, MAX_EVENT_BYTES, MAX_NESTING

EVENT_TYPES = ("identify", "track", "page", "screen", "group", "alias")

TYPE_DETAIL = "type is none of " + ", ".join(EVENT_TYPES)
TIMESTAMP_DETAIL = "{} is not ISO 8601"
IDENTITY_DETAIL = "userId and anonymousId are both missing or empty"
EVENT_NAME_DETAIL = "a track needs event, a string that is not empty"
GROUP_ID_DETAIL = "a group needs groupId, a string that is not empty"
ALIAS_DETAIL = "an alias needs userId and previousId, both not empty"
NESTING_DETAIL = f"it nests more than {MAX_NESTING:,} levels deep"

# The members that rules speak of.
_FIELDS = (
    "type",
    "messageId",
    "timestamp",
    "originalTimestamp",
    "userId",
    "anonymousId",
    "previousId",
    "groupId",
    "event",
    "traits",
    "properties",
    "context",
    "integrations",
    "writeKey",
)
_NUMBER = re.compile(rb"-?[0-9]")
_EMPTY_ARRAY = re.compile(rb"\[[ \t\r\n]*\]")


class Completion(Struct, frozen=True):
    """What events are completed with.

    ``received_at`` is the timestamp (RFC 3339, UTC) of an event that has none. ``message_id`` makes the id of an event
    without one from its text as it came, its place and whether it has a timestamp of its own that is as exact as
    milliseconds. ``kind`` is the type that the path of a single event names. ``context`` and ``integrations`` are
    objects (as JSON text) of the envelope, merged into each event.
    """

    received_at: str
    message_id: Callable[[bytes, int, bool], str]
    kind: str | None = None
    context: bytes | None = None
    integrations: bytes | None = None
    # Members of the two, found once for all events: an envelope's context may have ten thousand.
    _split: dict[bytes, list[tuple[str, bytes]]] = field(default_factory=dict)

    def members_of(self, shared: bytes) -> list[tuple[str, bytes]]:
        """Key and text of each member of ``context`` or ``integrations``."""
        if shared not in self._split:
            self._split[shared] = [(m.key, shared[m.start : m.value_end]) for m in split_object(shared)]
        return self._split[shared]


class Completed(NamedTuple):
    """An event as it is queued or sent, with its message id."""

    text: bytes
    message_id: str


def complete(text: bytes, index: int, completion: Completion) -> Completed:
    """Read the event ``text`` (one JSON object, grammar checked) by every rule.

    Raises :class:`EventRefused` with the first rule broken, in the order of the contract's table.
    """
    if len(text) > MAX_DEAD_LETTER_BYTES:
        # No key taken out makes this one fit, and it may have a million members.
        raise _too_large(text)
    return _Event(text, index, completion).completed()


def _too_large(text: bytes) -> EventRefused:
    return EventRefused(Refusal.EVENT_TOO_LARGE, f"{len(text)} bytes; one payload takes {MAX_EVENT_BYTES}")


def without_key(text: bytes) -> bytes:
    """The text of a JSON value; where it is an object, without ``writeKey``: no dead letter holds a relay key."""
    if not may_hold_key(text) or text[:1] != b"{" or not values_of(text, ("writeKey",)):
        return text
    return _edited(text, split_around(text, ("writeKey",)), {"writeKey": None}, ())


def with_type(text: bytes, kind: str) -> bytes:
    """The event ``text``, an object, with ``kind`` as its type: what the path of a single event says of it."""
    value = values_of(text, ("type",)).get("type")
    if value is None:
        return b'{"type":' + _quoted(kind) + _after_first(text)
    return text if value == _quoted(kind) else _edited(text, split_around(text, ("type",)), {"type": _quoted(kind)}, ())


def _after_first(text: bytes) -> bytes:
    """What follows a new first member of the object ``text``."""
    rest = text[1:]
    return rest if rest.lstrip(b" \t\r\n")[:1] == b"}" else b"," + rest


def may_hold_key(text: bytes) -> bool:
    """False where no member anywhere in ``text`` is called ``writeKey``, spelled with escapes or not."""
    return b"writeKey" in text or b"\\u" in text


class _Event:
    """The members of one event and the edits that the rules ask for."""

    def __init__(self, text: bytes, index: int, completion: Completion) -> None:
        self.text = text
        self.index = index
        self.completion = completion
        # Of a key that stands twice the last counts, as in every reader of JSON that Dreamdata may use.
        self.values = values_of(text, _FIELDS)
        self.added: list[tuple[str, bytes]] = []
        self.replaced: dict[str, bytes | None] = {}

    def completed(self) -> Completed:
        kind = self._type()
        self._identities(kind)
        self._names(kind)
        own_time = self._timestamp()
        self._objects(kind)
        if "writeKey" in self.values:
            self.replaced["writeKey"] = None
        message_id = self._message_id(is_exact(own_time))
        text = self._edited()
        if len(text) > MAX_EVENT_BYTES:
            raise _too_large(text)
        if nests_too_deep(text):
            raise EventRefused(Refusal.EVENT_NESTED_TOO_DEEP, NESTING_DETAIL)
        return Completed(text, message_id)

    # -- the rules, in the order of the contract's table

    def _type(self) -> str:
        kind = self.completion.kind
        given = self._text("type")
        if kind is None:
            if given not in EVENT_TYPES:
                raise EventRefused(Refusal.TYPE_UNKNOWN, TYPE_DETAIL)
            return given
        if given != kind:
            self._set("type", _quoted(kind))
        return kind

    def _message_id(self, exact: bool) -> str:
        given = self._id("messageId")
        if given:
            return given
        made = self.completion.message_id(self.text, self.index, exact)
        self._set("messageId", _quoted(made))
        return made

    def _identities(self, kind: str) -> None:
        if kind == "alias":
            if not self._id("userId") or not self._id("previousId"):
                raise EventRefused(Refusal.IDENTITY_MISSING, ALIAS_DETAIL)
            return
        # Both are read, so that a number in either becomes its string.
        found = [name for name in ("userId", "anonymousId") if self._id(name)]
        if not found and not (kind == "group" and self._id("groupId")):
            raise EventRefused(Refusal.IDENTITY_MISSING, IDENTITY_DETAIL)

    def _names(self, kind: str) -> None:
        if kind == "track" and not self._text("event"):
            raise EventRefused(Refusal.EVENT_NAME_MISSING, EVENT_NAME_DETAIL)
        if kind == "group" and not self._id("groupId"):
            raise EventRefused(Refusal.GROUP_ID_MISSING, GROUP_ID_DETAIL)

    def _timestamp(self) -> str | None:
        """The event's own time as it came; None where it has none."""
        for name in ("timestamp", "originalTimestamp"):
            value = self._value(name)
            if value is None or value == b"null":
                continue
            given = self._text(name)
            if given is not None and not given.strip():
                # Nothing is as good as no member: so it is with ids.
                continue
            try:
                moment = to_utc(given or "")
            except ValueError:
                raise EventRefused(Refusal.TIMESTAMP_INVALID, TIMESTAMP_DETAIL.format(name)) from None
            if name == "originalTimestamp" or moment != given:
                self._set("timestamp", _quoted(moment))
            return given
        self._set("timestamp", _quoted(self.completion.received_at))
        return None

    def _objects(self, kind: str) -> None:
        for name in ("traits", "properties", "context", "integrations"):
            value = self._value(name)
            if value is None or value == b"null" or value[:1] == b"{":
                continue
            if not _EMPTY_ARRAY.fullmatch(value):
                raise EventRefused(Refusal.FIELD_NOT_OBJECT, f"{name} is neither an object nor null")
            self._set(name, b"{}")
        self._merge("context", self.completion.context)
        self._merge("integrations", self.completion.integrations)
        if kind == "identify" and "traits" not in self.values:
            traits = _object_member(self._current("context"), "traits")
            if traits is not None:
                self._set("traits", traits)

    def _merge(self, name: str, shared: bytes | None) -> None:
        """Members of the envelope's object that the event's own does not have are added to it."""
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

    # -- reading and editing members

    def _value(self, name: str) -> bytes | None:
        return self.values.get(name)

    def _current(self, name: str) -> bytes | None:
        if name in self.replaced:
            return self.replaced[name]
        return dict(self.added).get(name, self._value(name))

    def _text(self, name: str) -> str | None:
        value = self._value(name)
        if value is None or value[:1] != b'"':
            return None
        # A string without escapes is what stands between its quotes.
        return str(json.loads(value)) if b"\\" in value else value[1:-1].decode("utf-8", "surrogatepass")

    def _id(self, name: str) -> str | None:
        """An id that is not empty; a number becomes the string of its digits."""
        value = self._value(name)
        if value is not None and _NUMBER.match(value):
            digits = digits_of(value)
            self._set(name, b'"' + digits + b'"')
            return digits.decode()
        return self._text(name)

    def _set(self, name: str, value: bytes) -> None:
        if name in self.values:
            self.replaced[name] = value
        else:
            self.added.append((name, value))

    def _edited(self) -> bytes:
        if not self.replaced and not self.added:
            return self.text
        # Only now that something changes does it matter where each member stands.
        return _edited(self.text, split_around(self.text, self.replaced), self.replaced, self.added)


def _edited(
    text: bytes, listed: list[Member], replaced: Mapping[str, bytes | None], added: Sequence[tuple[str, bytes]]
) -> bytes:
    """The object ``text`` with members ``replaced`` (None: taken out) and others ``added`` in front."""
    if not added and not any(member.key in replaced for member in listed):
        return text
    # Of a changed key that stands twice only the last stays: two readers must not see two values.
    last = {member.key: number for number, member in enumerate(listed)}
    kept = [
        number
        for number, member in enumerate(listed)
        if member.key not in replaced or (last[member.key] == number and replaced[member.key] is not None)
    ]
    front = b",".join(_quoted(name) + b":" + value for name, value in added)
    pieces = [b"{", front, b"," if front and kept else b""]
    position, previous = 1, -1
    for number in kept:
        member = listed[number]
        if number != previous + 1:
            # Something between the two was taken out, and with it the comma.
            pieces.append(b"," if previous >= 0 else b"")
            position = member.start
        value = replaced.get(member.key)
        if value is None:
            pieces.append(text[position : member.value_end])
        else:
            pieces += [text[position : member.value_start], value]
        position, previous = member.value_end, number
    pieces.append(text[listed[-1].value_end :] if listed else text[1:])
    return b"".join(pieces)


def _object_member(text: bytes | None, name: str) -> bytes | None:
    """The value of member ``name`` of the object ``text`` where it is an object too; ``[]`` counts as ``{}``."""
    if text is None or text[:1] != b"{":
        return None
    value = values_of(text, (name,)).get(name, b"")
    return b"{}" if _EMPTY_ARRAY.fullmatch(value) else value if value[:1] == b"{" else None


def _quoted(text: str) -> bytes:
    return json.dumps(text).encode()
