"""Recognizes what an object on the queue is: an event, a batch, an SNS notification or an EventBridge event."""

import json

import msgspec
from msgspec import Raw

from dreamdata_relay.events import json_editing
from dreamdata_relay.events.envelopes import Beside
from dreamdata_relay.events.rules import EVENT_TYPES
from dreamdata_relay.events.typed_fields import UNREADABLE


class Members(Beside):
    """The members by which a wrapper is recognized, and by which an object says something itself."""

    batch: Raw = Raw()
    Type: Raw = Raw()
    TopicArn: Raw = Raw()
    Message: Raw = Raw()
    MessageId: Raw = Raw()
    Timestamp: Raw = Raw()
    detail_type: Raw = msgspec.field(default=Raw(), name="detail-type")
    source: Raw = Raw()
    detail: Raw = Raw()
    id: Raw = Raw()
    time: Raw = Raw()


_MEMBERS = msgspec.json.Decoder(Members)
_TYPES = frozenset(f'"{kind}"'.encode() for kind in EVENT_TYPES)
_FIELD_OF = {name.replace("_", "-"): name for name in Members.__struct_fields__}


def is_event_type(given: Raw) -> bool:
    """Whether ``given``, the text of a member ``type``, is one of the six event types."""
    text = bytes(given)
    # A type may be written with escapes.
    return text in _TYPES or (b"\\" in text and string_of(given) in EVENT_TYPES)


def holding(members: Members) -> list[str]:
    """Return the members that hold events, as an envelope, an SNS notification or an EventBridge event has them."""
    found = []
    if bytes(members.batch)[:1] == b"[" or (members.batch and not members.type):
        found.append("batch")
    if bytes(members.Type) == b'"Notification"' and members.TopicArn and bytes(members.Message)[:1] == b'"':
        found.append("Message")
    if members.detail_type and members.source and members.id and members.detail:
        found.append("detail")
    return found


def members_of(text: bytes) -> Members:
    """Return these members of the object ``text``, which has passed ``json_editing.check``."""
    try:
        return _MEMBERS.decode(text)
    except UNREADABLE:
        values = json_editing.values_of(text, tuple(_FIELD_OF))
        return Members(**{_FIELD_OF[key]: Raw(value) for key, value in values.items()})


def string_of(value: Raw) -> str | None:
    """Return the string that ``value`` is the JSON text of; None if it is another value."""
    text = bytes(value)
    return str(json.loads(text)) if text[:1] == b'"' else None
