"""Bodies decoded by msgspec into a union of types told apart by ``type``, large members left as text."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from benchmarks.ingest.checked import in_utc
from benchmarks.ingest.ours import NOW
from dreamdata_relay.events.message_ids import random_id

type _Name = Annotated[str, Meta(min_length=1)]
_ZULU_CHARACTERS = 24


class _Event(Struct, omit_defaults=True, tag_field="type", kw_only=True):
    userId: str | None = None
    anonymousId: str | None = None
    messageId: str | None = None
    timestamp: str | None = None
    context: Raw | UnsetType = UNSET
    properties: Raw | UnsetType = UNSET
    traits: Raw | UnsetType = UNSET
    integrations: Raw | UnsetType = UNSET


class _Track(_Event, tag="track"):
    event: _Name


class _Page(_Event, tag="page"):
    pass


class _Screen(_Event, tag="screen"):
    pass


class _Identify(_Event, tag="identify"):
    pass


class _Group(_Event, tag="group"):
    groupId: _Name


class _Alias(_Event, tag="alias"):
    previousId: _Name


type _Any = _Track | _Page | _Screen | _Identify | _Group | _Alias


class _Body(Struct):
    batch: list[_Any]


class _RawBody(Struct):
    batch: list[Raw]


_BODY = msgspec.json.Decoder(_Body)
_RAW_BODY = msgspec.json.Decoder(_RawBody)
_ONE: msgspec.json.Decoder[_Any] = msgspec.json.Decoder(_Track | _Page | _Screen | _Identify | _Group | _Alias)
_ENCODER = msgspec.json.Encoder()


def read(body: bytes) -> tuple[list[bytes], list[int]]:
    """The texts of the events accepted, written anew, and the places of those refused."""
    try:
        events: list[_Any | None] = list(_BODY.decode(body).batch)
    except msgspec.ValidationError:
        events = [_one(raw) for raw in _RAW_BODY.decode(body).batch]
    body.decode()  # msgspec skips over raw members without looking whether they are UTF-8
    accepted: list[bytes] = []
    refused: list[int] = []
    for index, event in enumerate(events):
        if event is None or not _is_valid(event):
            refused.append(index)
            continue
        if not event.messageId:
            event.messageId = random_id()
        if not event.timestamp:
            event.timestamp = NOW
        elif len(event.timestamp) != _ZULU_CHARACTERS or event.timestamp[-1] != "Z":
            event.timestamp = in_utc(event.timestamp)
        accepted.append(_ENCODER.encode(event))
    return accepted, refused


def _one(raw: Raw) -> _Any | None:
    try:
        return _ONE.decode(raw)
    except msgspec.ValidationError:
        return None


def _is_valid(event: _Any) -> bool:
    if not (event.userId or (event.anonymousId and not isinstance(event, _Alias)) or isinstance(event, _Group)):
        return False
    for value in (event.context, event.properties, event.traits, event.integrations):
        if value is not UNSET and bytes(value)[:1] not in (b"{", b"n"):
            return False
    if event.timestamp:
        try:
            datetime.fromisoformat(event.timestamp)
        except ValueError:
            return False
    return True
