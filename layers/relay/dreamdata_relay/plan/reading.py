"""Decodes of an event what a plan looks at, and no more."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

# Events that are named by their member `event`, and those that are named by `name`.
BY_EVENT = frozenset({"track"})
BY_NAME = frozenset({"page", "screen"})


class Heads(msgspec.Struct, gc=False):
    """What an event is by its type and name; ``name`` is None for those that have none."""

    type: str
    name: str | None


class _Head(msgspec.Struct, gc=False):
    type: Any = None
    event: Any = None
    name: Any = None


_HEAD = msgspec.json.Decoder(_Head)
_ALL = msgspec.json.Decoder()
_UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeError)


def head_of(event: bytes) -> Heads:
    """Return the type and name of an event; empty where they are no texts."""
    try:
        head = _HEAD.decode(event)
    except _UNREADABLE:
        value = readable(event)
        found = value if isinstance(value, dict) else {}
        head = _Head(found.get("type"), found.get("event"), found.get("name"))
    kind = head.type if isinstance(head.type, str) else ""
    name = head.event if kind in BY_EVENT else head.name if kind in BY_NAME else None
    return Heads(kind, name if isinstance(name, str) else None)


def reader_of(needs: Sequence[str] | None) -> Callable[[bytes], Any]:
    """Return what decodes these members of an event, or all; what it raises is one of msgspec's or RecursionError."""
    if needs is None:
        return _ALL.decode
    fields = [(f"m{number}", Any, UNSET) for number in range(len(needs))]
    names = {f"m{number}": name for number, name in enumerate(needs)}
    members = msgspec.defstruct("Members", fields, rename=names, gc=False)
    decode = msgspec.json.Decoder(members).decode
    as_tuple = msgspec.structs.astuple

    def read(event: bytes) -> dict[str, Any]:
        return {name: value for name, value in zip(needs, as_tuple(decode(event)), strict=True) if value is not UNSET}

    return read


def readable(event: bytes) -> Any:
    """Return the value of a text that msgspec does not take, lone surrogates replaced; UNSET if nothing does."""
    try:
        value = json.loads(event)
        return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return UNSET
