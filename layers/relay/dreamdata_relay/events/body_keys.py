"""Finds the relay key that some clients send in the body only, in a body that may be a stranger's."""

import re

import msgspec
from msgspec import Raw, Struct

from dreamdata_relay.events import json_repair
from dreamdata_relay.events.body_text import repaired
from dreamdata_relay.events.typed_fields import UNREADABLE
from dreamdata_relay.limits import MAX_KEY_BYTES, MAX_KEYLESS_REPAIRED_BYTES


class _Keyed(Struct):
    writeKey: Raw = Raw()


_KEYED = msgspec.json.Decoder(_Keyed)
_WRITE_KEY = b'"writeKey"'
_WRITE_KEY_MEMBER = re.compile(
    _WRITE_KEY + rb'[ \t\r\n]{0,9}+:[ \t\r\n]{0,9}+("(?:[^"\\]|\\.){0,%d}+")' % MAX_KEY_BYTES
)


def keys_in(body: bytes) -> list[str]:
    """The relay keys that a body may show, at most two, whatever else it is; the likelier one first.

    The body is a stranger's until one of them is known: it is read once, strictly, and nothing is made of its events.
    Where it cannot be read so (``NaN``, lone surrogates) the last and the first member called ``writeKey`` count,
    wherever they stand: nobody can write a key that he does not know. Only a small body is repaired to be read.
    """
    try:
        found = [_KEYED.decode(body).writeKey]
    except UNREADABLE:
        places = {body.rfind(_WRITE_KEY): None, body.find(_WRITE_KEY): None}
        members = [_WRITE_KEY_MEMBER.match(body, place) for place in places if place >= 0]
        found = [Raw(member[1]) for member in members if member]
        if not found and 0 < len(body) <= MAX_KEYLESS_REPAIRED_BYTES:
            found = _key_of_repaired(body)
    return [key for raw in found if (key := _key_of(raw))]


def _key_of_repaired(body: bytes) -> list[Raw]:
    try:
        return [_KEYED.decode(json_repair.readable(repaired(body))).writeKey]
    except UNREADABLE:
        return []


def _key_of(raw: Raw) -> str | None:
    if len(raw) > MAX_KEY_BYTES:
        return None
    try:
        return msgspec.json.decode(raw, type=str)
    except UNREADABLE:
        return None
