"""Decodes the fields that rules refer to by type: one C pass shows that most events need no change."""

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
    """Any JSON object; its members are checked for syntax and skipped."""


class _Context(Struct, gc=False):
    traits: Raw = Raw()


class Probe(Struct, gc=False):
    """The fields of an event that rules refer to, typed as in an event that needs no change."""

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
    # No event with a writeKey passes, because nobody sends a value of this type.
    writeKey: Literal["\0"] | UnsetType = UNSET


# Represents an event that cannot be typed; it is never sound, so it is read the slow way.
UNTYPED = Probe()
_PROBE = msgspec.json.Decoder(Probe)
_PROBES = msgspec.json.Decoder(list[Probe])
# The most events to decode in a group, and the fewest; fewer cost less one by one.
_WIDEST = 64
_NARROWEST = 8
# How the end of msgspec's message says where in an array it stopped; names of keys come before that.
_PLACE = re.compile(r"`\$(?:\.batch)?\[([0-9]+)\][^`]*`\Z")
# Types whose events need nothing but an identity.
IDENTITY_ONLY = frozenset({"page", "screen"})
# What msgspec raises for a text that it cannot read; RecursionError: nested too deep for the C stack.
UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeError)


def probe_array(array: Text) -> list[Probe] | None:
    """Return the probes of a JSON array of events, or None if not all are typed as a complete event is."""
    try:
        return _PROBES.decode(array)
    except UNREADABLE:
        return None


def probe_each(raws: Sequence[Text], untyped: int | None = None) -> list[Probe]:
    """Return the probes of events of which some cannot be typed, in groups, so that one does not slow down all.

    The error of a group's decoding names the event where it stopped: the events before it are decoded at once, this one
    stays untyped, and the next group begins after it. The fewer events the last group gave, the smaller the next one
    is, so that an array without typed events is not joined repeatedly. ``untyped``: the index of the first event that
    cannot be typed, if an earlier decoding of all has shown it.
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
    """Return the probes of the events before the ``untyped`` one, and ``UNTYPED`` for that one."""
    before = raws[:untyped]
    return [*(probe_array(array_of(before)) or map(probe_one, before)), UNTYPED]


def place_in(error: Exception) -> int | None:
    """Return the index of the event that ``error`` names; None if it names none, because the text is at fault."""
    found = _PLACE.search(str(error)) if isinstance(error, msgspec.ValidationError) else None
    return int(found[1]) if found else None


def array_of(raws: Sequence[Text]) -> bytes:
    """Return the text of a JSON array of events."""
    return b"[" + b",".join(raws) + b"]"


def incomplete(probes: Sequence[Probe]) -> list[int]:
    """Return the indexes of events that break a rule or lack an id or timestamp; timestamps are not validated.

    Both functions spend their time in this loop, so measure every change to it.
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
    """Return the ids of the events if all keep every rule unchanged and no id occurs twice; otherwise None.

    The size of events is not checked.
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
    """Return why an event that is typed but not sound is refused, if its probe shows it."""
    return refused_at_a_glance(probe.type, functools.partial(getattr, probe))


def probe_one(raw: Text) -> Probe:
    """Return the probe of one event; ``UNTYPED`` if it is not typed as a complete event is."""
    try:
        return _PROBE.decode(raw)
    except UNREADABLE:
        return UNTYPED
