"""Floods of events that break the first rules, judged in bulk: two million ``{}`` must not take a minute.

Only what four members tell is judged here (an unknown type, no identity at all); everything else is left to
:mod:`dreamdata_relay.events.reading`. Of what is judged here the careful way says the same, by test.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from msgspec import Raw, Struct

from dreamdata_relay.errors import Refusal
from dreamdata_relay.events.normalization import ALIAS_DETAIL, EVENT_TYPES, IDENTITY_DETAIL, TYPE_DETAIL
from dreamdata_relay.events.reading import NOT_OBJECT_DETAIL
from dreamdata_relay.events.typed_fields import UNREADABLE, Text, array_of


class Reason(NamedTuple):
    """Why events are refused."""

    code: Refusal
    detail: str


class Sieve(NamedTuple):
    """Indexes of events: ``rest`` those left to be read, ``refused`` the others by reason."""

    rest: list[int]
    refused: dict[Reason, list[int]]


class _Bare(Struct, gc=False):
    type: Raw = Raw()
    userId: Raw = Raw()
    anonymousId: Raw = Raw()
    groupId: Raw = Raw()
    previousId: Raw = Raw()


_BARE = msgspec.json.Decoder(_Bare)
_BARES = msgspec.json.Decoder(list[_Bare])
_TYPES = {b'"' + kind.encode() + b'"': kind for kind in EVENT_TYPES}
_NO_ID = frozenset({b"", b"null", b'""'})
_NOT_OBJECT = Reason(Refusal.EVENT_NOT_OBJECT, NOT_OBJECT_DETAIL)
_TYPE_UNKNOWN = Reason(Refusal.TYPE_UNKNOWN, TYPE_DETAIL)
_IDENTITY_MISSING = Reason(Refusal.IDENTITY_MISSING, IDENTITY_DETAIL)
_ALIAS_INCOMPLETE = Reason(Refusal.IDENTITY_MISSING, ALIAS_DETAIL)


def sift(raws: Sequence[Text]) -> Sieve:
    """Which of ``raws``, each the text of a JSON value, break a rule that is plain at once."""
    sieve = Sieve([], {})
    for index, reason in enumerate(_reasons(raws)):
        if reason is None:
            sieve.rest.append(index)
        else:
            sieve.refused.setdefault(reason, []).append(index)
    return sieve


def _reasons(raws: Sequence[Text]) -> Iterable[Reason | None]:
    try:
        return map(_reason, _BARES.decode(array_of(raws)))
    except UNREADABLE:
        return map(_reason_of_one, raws)


def _reason_of_one(raw: Text) -> Reason | None:
    text = bytes(raw)
    if text[:1] != b"{":
        return _NOT_OBJECT
    try:
        return _reason(_BARE.decode(text))
    except UNREADABLE:
        return None


def _reason(bare: _Bare) -> Reason | None:
    if not bare.type:
        return _TYPE_UNKNOWN
    given = bytes(bare.type)
    kind = _TYPES.get(given)
    if kind is None:
        # A type may be spelled with escapes.
        return None if b"\\" in given else _TYPE_UNKNOWN
    lacking = bytes(bare.userId) in _NO_ID
    if kind == "alias":
        return _ALIAS_INCOMPLETE if lacking or bytes(bare.previousId) in _NO_ID else None
    if lacking and bytes(bare.anonymousId) in _NO_ID and not (kind == "group" and bytes(bare.groupId) not in _NO_ID):
        return _IDENTITY_MISSING
    return None
