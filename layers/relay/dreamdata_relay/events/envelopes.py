"""A body as read: its events and what is shared by them; and the bodies that are refused for their shape."""

from collections.abc import Iterator
from typing import NoReturn

from msgspec import Raw, Struct

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events.batches import Batch
from dreamdata_relay.events.streaming import LongArray
from dreamdata_relay.limits import MAX_SHARED_BYTES

_REPEATED = {
    "batch": "the body has more than one member named batch: put all events into one list",
    "context": "the body has more than one member named context: put all that its events share into one",
    "integrations": "the body has more than one member named integrations: put all that its events share into one",
}


class WrongShape(NotJson):
    """Raised when a body is JSON but not of the shape that its route takes."""


class Repeated(WrongShape):
    """Raised when a body has a member twice whose first would be lost: its list of events, or what they share."""


class Envelope(Struct, frozen=True):
    """A body read: its events, and the ``context`` and ``integrations`` objects to merge into them."""

    batch: Batch
    context: bytes | None = None
    integrations: bytes | None = None
    # In the place of ``batch``, which is empty then.
    long: LongArray | None = None

    def parts(self, most: int) -> Iterator[Batch]:
        """The events in batches of at most ``most``."""
        return (self.batch if self.long is None else self.long).parts(most)

    def count(self) -> int:
        """How many events there are; of a long body a pass over it."""
        return len(self.batch.raws) if self.long is None else self.long.count()

    @property
    def shared_bytes(self) -> int:
        """What merging adds to an event at most."""
        return len(self.context or b"") + len(self.integrations or b"")


def envelope_of(batch: Batch, context: bytes, integrations: bytes, long: LongArray | None = None) -> Envelope:
    """The envelope of a body with these members; raises :class:`WrongShape` where merging them takes too much."""
    envelope = Envelope(batch, _object(context), _object(integrations), long)
    if envelope.shared_bytes and envelope.shared_bytes * envelope.count() > MAX_SHARED_BYTES:
        raise WrongShape("the envelope's context and integrations are too large to be merged into so many events")
    return envelope


def _object(value: bytes) -> bytes | None:
    """An object that has members to share; null, ``[]`` (PHP's empty map) and anything else share nothing."""
    return value if value[:1] == b"{" and value[1:].lstrip(b" \t\r\n")[:1] != b"}" else None


def refuse_event(body: bytes, kind: Raw | bytes) -> None:
    """Raise :class:`WrongShape` for an event that has a list named batch."""
    if kind and _is_event_type(bytes(kind)):
        refuse_no_list(body)


def refuse_repeated(name: str | None) -> None:
    """Raise :class:`Repeated` where ``name`` is a member that stands twice."""
    if name:
        raise Repeated(_REPEATED[name])


def shared(context: Raw | bytes, integrations: Raw | bytes) -> tuple[tuple[str, Raw | bytes], ...]:
    """The members that events share, with their names."""
    return ("context", context), ("integrations", integrations)


def _is_event_type(value: bytes) -> bool:
    from dreamdata_relay.events.body_shapes import event_type

    return event_type(value) is not None


def refuse_no_list(text: bytes) -> NoReturn:
    """Raise :class:`WrongShape` for a body without a list of events, with what it is."""
    from dreamdata_relay.events.body_shapes import of_no_list

    raise WrongShape(of_no_list(text))
