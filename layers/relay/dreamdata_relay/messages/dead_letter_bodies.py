"""Makes the body of a dead letter: events with all that they were sent with, in a form that a redrive reads as such."""

import json
import re
from collections.abc import Sequence

import msgspec
from msgspec import Raw, Struct

from dreamdata_relay.bin_packing import runs
from dreamdata_relay.events.json_editing import values_of
from dreamdata_relay.events.rules import EVENT_TYPES
from dreamdata_relay.events.typed_fields import UNREADABLE, Text
from dreamdata_relay.limits import MAX_CHUNK_BYTES, MAX_DEAD_LETTER_BYTES


class _Wrapping(Struct, gc=False):
    """The members by which messages of other AWS services, and batches, are recognized."""

    type: Raw = Raw()
    batch: Raw = Raw()
    Type: Raw = Raw()
    TopicArn: Raw = Raw()
    Message: Raw = Raw()
    detail_type: Raw = msgspec.field(default=Raw(), name="detail-type")
    detail: Raw = Raw()


_WRAPPING = msgspec.json.Decoder(_Wrapping)
_DIGEST = rb'\{"relay_stub":true,"bytes":[0-9]{1,12},"sha256":"[0-9a-f]{64}"\}'
_NAMES = ("type", "batch", "Type", "TopicArn", "Message", "detail-type", "detail")


def reads_as_itself(text: Text) -> bool:
    """Whether ``text``, a JSON value, is read as one event if it is a message on the queue by itself.

    This is true of an object whose ``type`` is an event type, whatever else it holds, and of one without any member by
    which a batch, an SNS notification or an EventBridge event is recognized. Any other may be read as its contents.
    """
    event = bytes(text)
    if event[:1] != b"{":
        return False
    try:
        kind, *wrapping = map(bytes, msgspec.structs.astuple(_WRAPPING.decode(event)))
    except UNREADABLE:
        values = values_of(event, _NAMES)
        kind, *wrapping = (values.get(name, b"") for name in _NAMES)
    return (kind[:1] == b'"' and json.loads(kind) in EVENT_TYPES) or not any(wrapping)


def body_of(events: Sequence[Text], context: bytes | None = None, integrations: bytes | None = None) -> bytes:
    """Return ``events`` with the ``context`` and ``integrations`` of their envelope, if it had any.

    A single event without either stays as it is, unless it could be read as something else.
    """
    if len(events) == 1 and not context and not integrations and reads_as_itself(events[0]):
        return bytes(events[0])
    return _start(context, integrations) + b",".join(events) + b"]}"


def whole_body_of(event: Text, context: bytes | None = None, integrations: bytes | None = None) -> bytes:
    """Return the body of one event or, if that is over 1,000,000 bytes, a text to make a stub of.

    A stub has the ids and the beginning of the event, so in this text the shared members follow the event's own.
    """
    body = body_of([event], context, integrations)
    if len(body) <= MAX_DEAD_LETTER_BYTES:
        return body
    text = bytes(event)
    if text[:1] != b"{":
        # Nothing is merged into a value that is not an object.
        body = body_of([text])
        return body if len(body) <= MAX_DEAD_LETTER_BYTES else _oversize(text)
    more = b"".join(b"," + name + value for name, value in _shared(context, integrations))
    return _oversize(text[:-1] + (more if text[1:].lstrip(b" \t\r\n")[:1] != b"}" else more[1:]) + b"}")


def _oversize(text: bytes) -> bytes:
    """Return ``text`` made too large for a dead letter even without the few bytes of a batch around it."""
    return text.ljust(MAX_DEAD_LETTER_BYTES + 1)


def digest_of(body: bytes) -> bytes:
    """Return what tells one body from others and nothing of what it says: its size and its SHA-256.

    A digest that comes back is returned as it is.
    """
    # Imported here because hardly any environment needs it.
    import hashlib

    if re.fullmatch(_DIGEST, body):
        return body
    return b'{"relay_stub":true,"bytes":%d,"sha256":"%s"}' % (len(body), hashlib.sha256(body).hexdigest().encode())


def bodies_of(events: Sequence[Text], context: bytes | None = None, integrations: bytes | None = None) -> list[bytes]:
    """See :func:`counted_bodies_of`."""
    return [body for body, _ in counted_bodies_of(events, context, integrations)]


def counted_bodies_of(
    events: Sequence[Text], context: bytes | None = None, integrations: bytes | None = None
) -> list[tuple[bytes, int]]:
    """Return the same as bodies of at most 62,400 bytes, in order, each with the number of its events.

    A body is larger only if a single event is, or if the envelope takes more than half of this size; with such an
    envelope a body holds events up to the other half.
    """
    room = max(MAX_CHUNK_BYTES - len(_start(context, integrations)) - len(b"]}"), MAX_CHUNK_BYTES // 2)
    found = runs([len(event) + 1 for event in events], room + 1)
    return [(body_of(events[run.start : run.stop], context, integrations), len(run)) for run in found]


def _start(context: bytes | None, integrations: bytes | None) -> bytes:
    return b"{" + b"".join(name + value + b"," for name, value in _shared(context, integrations)) + b'"batch":['


def _shared(context: bytes | None, integrations: bytes | None) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in ((b'"context":', context), (b'"integrations":', integrations)) if value]
