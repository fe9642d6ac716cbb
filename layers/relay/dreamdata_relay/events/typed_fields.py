"""The fields of events that rules speak of, decoded by type: one C pass tells of most events that they need nothing."""

import functools
import re
from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from dreamdata_relay.events.rules import Reason, refused_at_a_glance
from dreamdata_relay.events.timestamps import all_canonical

type Text = bytes | Raw | memoryview


class _Object(Struct, gc=False):
    """Any JSON object; its members are checked for grammar and skipped."""


class _Context(Struct, gc=False):
    traits: Raw = Raw()


class Probe(Struct, gc=False):
    """The fields of an event that rules speak of, typed as an event that needs no change has them."""

    type: str | UnsetType = UNSET
    messageId: str | UnsetType = UNSET
    timestamp: str | UnsetType = UNSET
    userId: str | None = None
    anonymousId: str | None = None
    event: str | None = None
    groupId: str | None = None
    previousId: str | None = None
    originalTimestamp: str | None = None
    traits: _Object | None | UnsetType = UNSET
    properties: _Object | None = None
    context: _Context | None | UnsetType = UNSET
    integrations: _Object | None | UnsetType = UNSET
    # No event with a key in it passes: the type has no value that anybody sends.
    writeKey: Literal["\0"] | UnsetType = UNSET


# Stands for an event that cannot be typed: it is never sound, so it is read with care.
UNTYPED = Probe()
_PROBE = msgspec.json.Decoder(Probe)
_PROBES = msgspec.json.Decoder(list[Probe])
# Of events that cannot be decoded all at once so many are tried at most; of so few each by itself costs less.
_WIDEST = 64
_NARROWEST = 8
# How msgspec says where in an array it stopped, at the end of its message: what a key may spell comes before.
_PLACE = re.compile(r"`\$(?:\.batch)?\[([0-9]+)\][^`]*`\Z")
# Types whose events need an identity and no more.
IDENTITY_ONLY = frozenset({"page", "screen"})
# What msgspec raises for a text it does not take; RecursionError: nested beyond the C stack.
UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeError)


def probe_array(array: Text) -> list[Probe] | None:
    """The probes of a JSON array of events, or None where not every one is typed as a complete event is."""
    try:
        return _PROBES.decode(array)
    except UNREADABLE:
        return None


def probe_each(raws: Sequence[Text], untyped: int | None = None) -> list[Probe]:
    """The probes of events of which some cannot be typed: in groups around these, so that one does not slow down all.

    What stops a group's decoding tells the event it stopped at: those before it are decoded at once, this one is left
    as it is, the next group begins after it. A group is the smaller the less came of the last one, so that an array
    in which nothing can be typed is not joined over and over. ``untyped``: the first event's place, where a decoding
    of all has told it already.
    """
    found: list[Probe] = []
    width = _WIDEST
    if untyped is not None and untyped < len(raws):
        found = _up_to(raws, untyped)
    while len(found) < len(raws):
        group = raws[len(found) : len(found) + width]
        try:
            found += _PROBES.decode(array_of(group))
            width = min(2 * width, _WIDEST)
        except UNREADABLE as error:
            place = place_in(error)
            if place is None or place >= len(group) or len(group) <= _NARROWEST:
                found += map(probe_one, group)
            else:
                found += _up_to(group, place)
            width = max(place or 0, _NARROWEST)
    return found


def _up_to(raws: Sequence[Text], untyped: int) -> list[Probe]:
    """The probes of the events before the ``untyped`` one, and one that stands for it."""
    before = raws[:untyped]
    return [*(probe_array(array_of(before)) or map(probe_one, before)), UNTYPED]


def place_in(error: Exception) -> int | None:
    """The place in an array of the event that ``error`` is about; None where it says none: a fault of the text."""
    found = _PLACE.search(str(error)) if isinstance(error, msgspec.ValidationError) else None
    return int(found[1]) if found else None


def array_of(raws: Sequence[Text]) -> bytes:
    """The text of a JSON array of events."""
    return b"[" + b",".join(raws) + b"]"


def incomplete(probes: Sequence[Probe]) -> list[int]:
    """The places of events that break a rule or lack an id or a timestamp; whether that is one is not looked at.

    This loop is where both functions spend their time: what stands in it was measured.
    """
    return [
        at
        for at, probe in enumerate(probes)
        if not (
            probe.messageId
            and probe.timestamp
            and (
                (
                    (probe.userId or probe.anonymousId)
                    and (probe.event if probe.type == "track" else probe.type in IDENTITY_ONLY)
                )
                or is_sound(probe)
            )
        )
    ]


def all_complete(probes: Sequence[Probe]) -> list[str] | None:
    """The ids of the events when every one keeps every rule as it stands, with no id twice; else None.

    The size of an event is not looked at.
    """
    if incomplete(probes):
        return None
    message_ids = [probe.messageId for probe in probes]
    if len(set(message_ids)) != len(message_ids) or not all_canonical([probe.timestamp for probe in probes]):  # type: ignore[misc]  # str, as the loop saw
        return None
    return message_ids  # type: ignore[return-value]  # str, as the loop saw


def is_sound(probe: Probe) -> bool:
    """Whether the event keeps every rule on types, identities, names and traits."""
    kind = probe.type
    if kind == "track":
        return bool(probe.event and (probe.userId or probe.anonymousId))
    if kind == "identify":
        if probe.traits is UNSET and probe.context and probe.context.traits:
            return False
    elif kind == "group":
        return bool(probe.groupId)
    elif kind == "alias":
        return bool(probe.userId and probe.previousId)
    elif kind not in IDENTITY_ONLY:
        return False
    return bool(probe.userId or probe.anonymousId)


def plain_refusal(probe: Probe) -> Reason | None:
    """Why an event that is typed but not sound is refused, where its probe tells."""
    return refused_at_a_glance(probe.type, functools.partial(getattr, probe))


def probe_one(raw: Text) -> Probe:
    """The probe of one event; ``UNTYPED`` where it is not typed as a complete event is."""
    try:
        return _PROBE.decode(raw)
    except UNREADABLE:
        return UNTYPED
