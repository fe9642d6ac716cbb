"""Finds the relay key that some clients send only in the body, which may come from a stranger."""

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
    """Return the relay keys that a body may contain, at most two, the likelier one first.

    The body is untrusted until one of them is recognized, so it is read once and strictly, and its events are not
    processed. If that fails (``NaN``, lone surrogates), the last and the first member called ``writeKey`` count at any
    depth, because nobody can write a key without knowing it. Only a small body is repaired first.
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
