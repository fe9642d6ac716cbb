"""Reads the members of an event that attribution rules refer to, whatever types they have."""

import functools
from collections.abc import Iterator
from typing import Any, get_args

import msgspec
import msgspec.structs
from msgspec import Struct

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events.json_editing import members_decoder
from dreamdata_relay.events.json_nesting import cut_at_max_nesting
from dreamdata_relay.events.json_repair import readable, without_constants
from dreamdata_relay.events.typed_fields import UNREADABLE, Text

type Id = str | int | float | None
type Amount = str | int | float | bool | None


class Person(Struct, gc=False):
    """Traits of a person or, in a group, of a company."""

    email: str | None = None
    domain: str | None = None
    website: str | None = None
    name: str | None = None


class Page(Struct, gc=False):
    """The page that the context names."""

    url: str | None = None
    referrer: str | None = None


class Campaign(Struct, gc=False):
    """The members of ``context.campaign`` in the vendor's guide."""

    name: str | None = None
    source: str | None = None
    medium: str | None = None
    term: str | None = None
    content: str | None = None


class Context(Struct, gc=False):
    """The event's ``context``."""

    ip: str | None = None
    page: Page | None = None
    campaign: Campaign | None = None
    traits: Person | None = None


class Properties(Struct, gc=False):
    """The event's ``properties``."""

    email: str | None = None
    url: str | None = None
    referrer: str | None = None
    currency: str | None = None
    stageId: Amount = None
    stageName: Amount = None
    stageValue: Amount = None
    revenue: Amount = None
    total: Amount = None
    value: Amount = None
    amount: Amount = None


class Event(Struct, gc=False):
    """An event; a member of another type counts as absent."""

    type: str | None = None
    userId: Id = None
    anonymousId: Id = None
    previousId: Id = None
    groupId: Id = None
    event: str | None = None
    timestamp: str | None = None
    originalTimestamp: str | None = None
    traits: Person | None = None
    properties: Properties | None = None
    context: Context | None = None


_EVENT = msgspec.json.Decoder(Event)


def event_of(text: Text) -> Event:
    """Return the event; an empty one where ``text`` is no JSON object. It never raises."""
    try:
        return _EVENT.decode(text)
    except UNREADABLE:
        return _leniently(bytes(text))


def _leniently(text: bytes) -> Event:
    for made in _made_readable(without_constants(text)):
        try:
            return _struct(made, Event)
        except UNREADABLE:
            continue
    return Event()


def _made_readable(text: bytes) -> Iterator[bytes]:
    """Yield the text, then without what a strict reader refuses: all escapes of surrogates, and what nests too deep."""
    yield text
    without = bytes(readable(text))
    yield without
    try:
        cut = cut_at_max_nesting(without)
    except NotJson:
        return
    yield cut


def _struct[T: Struct](text: bytes, kind: type[T]) -> T:
    """Decode each member by itself, so that one of another type does not hide the others."""
    names = kind.__struct_fields__
    made = kind()
    raws = msgspec.structs.astuple(members_decoder(names).decode(text))
    for name, raw, (decoder, inner) in zip(names, raws, _members(kind), strict=True):
        member = bytes(raw)
        if not member:
            continue
        try:
            setattr(made, name, decoder.decode(member))
        except UNREADABLE:
            if inner and member[:1] == b"{":
                setattr(made, name, _struct(member, inner))
    return made


@functools.cache
def _members(kind: type[Struct]) -> list[tuple[msgspec.json.Decoder[Any], type[Struct] | None]]:
    """Return for each member what decodes it, and the type of object that it may be."""
    found = []
    for field in msgspec.structs.fields(kind):
        inner = [one for one in get_args(field.type) if isinstance(one, type) and issubclass(one, Struct)]
        found.append((msgspec.json.Decoder(field.type), inner[0] if inner else None))
    return found
