"""The envelope of a body: its events and what they share; refuses bodies of a wrong shape."""

from collections.abc import Iterator
from typing import NoReturn

from msgspec import Raw, Struct

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events.batches import Batch
from dreamdata_relay.events.streaming import LongArray
from dreamdata_relay.limits import MAX_SHARED_BYTES

_OF_EVENTS = ("event", "properties", "traits", "groupId", "previousId")
_REPEATED = {
    "batch": "the body has more than one member named batch: put all events into one list",
    "context": "the body has more than one member named context: put all that its events share into one",
    "integrations": "the body has more than one member named integrations: put all that its events share into one",
}


class WrongShape(NotJson):
    """Raised when a body is JSON but does not have the shape of its route."""


class Repeated(WrongShape):
    """Raised when a body says something twice, or beside its list of events, which a reader would silently lose."""


class Envelope(Struct, frozen=True):
    """A body that was read: its events, and the ``context`` and ``integrations`` objects to merge into them."""

    batch: Batch
    context: bytes | None = None
    integrations: bytes | None = None
    # Replaces ``batch``, which is empty then.
    long: LongArray | None = None

    def parts(self, most: int) -> Iterator[Batch]:
        """Yield the events in batches of at most ``most``."""
        return (self.batch if self.long is None else self.long).parts(most)

    def count(self) -> int:
        """Return the number of events; for a long body this takes a pass over it."""
        return len(self.batch.raws) if self.long is None else self.long.count()

    @property
    def shared_bytes(self) -> int:
        """Return the most bytes that merging adds to an event."""
        return len(self.context or b"") + len(self.integrations or b"")


def envelope_of(batch: Batch, context: bytes, integrations: bytes, long: LongArray | None = None) -> Envelope:
    """Make the envelope of a body with these members; raises :class:`WrongShape` if merging them takes too much."""
    envelope = Envelope(batch, _object(context), _object(integrations), long)
    if envelope.shared_bytes and envelope.shared_bytes * envelope.count() > MAX_SHARED_BYTES:
        raise WrongShape("the envelope's context and integrations are too large to be merged into so many events")
    return envelope


def _object(value: bytes) -> bytes | None:
    """Return ``value`` if it is an object with members; null, ``[]`` (PHP's empty map) and others share nothing."""
    return value if value[:1] == b"{" and value[1:].lstrip(b" \t\r\n")[:1] != b"}" else None


class Beside(Struct):
    """What an object has beside its list ``batch``: what its events share, and what it may say of itself."""

    type: Raw = Raw()
    context: Raw = Raw()
    integrations: Raw = Raw()
    event: Raw = Raw()
    properties: Raw = Raw()
    traits: Raw = Raw()
    groupId: Raw = Raw()
    previousId: Raw = Raw()
    userId: Raw = Raw()
    anonymousId: Raw = Raw()


def refuse_event(body: bytes, beside: Beside) -> None:
    """Raise :class:`WrongShape` for an object with a list ``batch`` that is an event, or may be meant as one.

    Only the events of the list would go on, and what the object says of itself would be lost without a reason.
    """
    if beside.type and _is_event_type(bytes(beside.type)):
        refuse_no_list(body)
    own = own_member(beside)
    if own:
        raise Repeated(f"the object has a list batch and a member {own} beside it: events go into the list, whole")


def own_member(beside: Beside) -> str | None:
    """Return the member by which an object that holds events says something itself; None if there is none.

    An identity alone may be the sender's way to name whom a batch is of; with a ``type`` it is an event's.
    """
    for name in _OF_EVENTS:
        if getattr(beside, name):
            return name
    if bytes(beside.type)[:1] == b'"' and (beside.userId or beside.anonymousId):
        return "type"
    return None


def refuse_repeated(name: str | None) -> None:
    """Raise :class:`Repeated` if ``name`` is given: a member that the body has twice."""
    if name:
        raise Repeated(_REPEATED[name])


def shared(context: Raw | bytes, integrations: Raw | bytes) -> tuple[tuple[str, Raw | bytes], ...]:
    """Return the members that events share, with their names."""
    return ("context", context), ("integrations", integrations)


def _is_event_type(value: bytes) -> bool:
    from dreamdata_relay.events.body_shapes import event_type

    return event_type(value) is not None


def refuse_no_list(text: bytes) -> NoReturn:
    """Raise :class:`WrongShape` for a body without a list of events, saying what it is instead."""
    from dreamdata_relay.events.body_shapes import of_no_list

    raise WrongShape(of_no_list(text))
