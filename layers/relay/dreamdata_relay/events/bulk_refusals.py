"""Refuses events that break the first rules in bulk, because two million ``{}`` must not take a minute.

Only obvious faults are judged here: an unknown type, no identity, no name. Everything else is left to
:mod:`dreamdata_relay.events.reading`.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw

from dreamdata_relay.events.rules import NEEDS_OF, NO_TYPE, NOT_OBJECT, Reason
from dreamdata_relay.events.typed_fields import UNREADABLE, Text, array_of


class BulkRefusals(NamedTuple):
    """Indexes of events: ``refused`` by reason, and ``rest``, which are left to be read."""

    rest: list[int]
    refused: dict[Reason, list[int]]


_NAMES = tuple(dict.fromkeys(name for needs in NEEDS_OF.values() for _, names, _ in needs for name in names))
_Bare = msgspec.defstruct("_Bare", [(name, Raw, Raw()) for name in ("type", *_NAMES)], gc=False)
_BARE = msgspec.json.Decoder(_Bare)
_BARES = msgspec.json.Decoder(list[_Bare])  # type: ignore[valid-type]  # made of the table
_NEEDS_OF = {b'"' + kind.encode() + b'"': needs for kind, needs in NEEDS_OF.items()}
_QUOTE = 0x22
_EMPTY = frozenset({b"", b"null", b'""'})


def refuse_in_bulk(raws: Sequence[Text]) -> BulkRefusals:
    """Refuse those of ``raws``, each the text of a JSON value, that obviously break a rule."""
    found = BulkRefusals([], {})
    for index, reason in enumerate(_reasons(raws)):
        if reason is None:
            found.rest.append(index)
        else:
            found.refused.setdefault(reason, []).append(index)
    return found


def _reasons(raws: Sequence[Text]) -> Iterable[Reason | None]:
    try:
        return map(_reason, _BARES.decode(array_of(raws)))
    except UNREADABLE:
        return map(_reason_of_one, raws)


def _reason_of_one(raw: Text) -> Reason | None:
    text = bytes(raw)
    if text[:1] != b"{":
        return NOT_OBJECT
    try:
        return _reason(_BARE.decode(text))
    except UNREADABLE:
        return None


def _reason(bare: Any) -> Reason | None:
    if not bare.type:
        return NO_TYPE
    kind = bytes(bare.type)
    needs = _NEEDS_OF.get(kind)
    if needs is None:
        # A type may be written with escapes.
        return None if b"\\" in kind else NO_TYPE
    for reason, names, least in needs:
        perhaps = surely = 0
        for name in names:
            value = bytes(getattr(bare, name))
            if value not in _EMPTY:
                perhaps += 1
                # A number may be an id; no other value is one.
                if value[0] == _QUOTE:
                    surely += 1
                    if surely == least:
                        break
        if surely < least:
            return None if perhaps >= least else reason
    return None
