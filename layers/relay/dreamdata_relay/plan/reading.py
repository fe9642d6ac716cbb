"""Decodes of an event what a plan looks at, and no more."""

import json
from collections.abc import Callable, Collection, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, Raw, UnsetType

# Events that are named by their member `name`; a track is by `event`.
_BY_NAME = ("page", "screen")
_decode = msgspec.json.Decoder().decode
# What msgspec raises for a text that it cannot read; RecursionError: nested too deep.
UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeError)


class Head(NamedTuple):
    """What an event is by its type and name; ``name`` is None for those that have none."""

    type: str
    name: str | None


class Reader:
    """Reads events in one pass: type, name, and the texts of the members that some schema looks at.

    ``members`` are these; None if all are needed by some, or too many: then such an event is decoded as a whole.
    """

    def __init__(self, members: Collection[str] | None) -> None:
        few = members is not None and len(members) <= _MOST_MEMBERS
        self._fields = {name: f"m{number}" for number, name in enumerate(sorted(members or ()))} if few else {}
        self._fields.update(type="type", event="event", name="name")
        fields = [(field, Any if field in _NAMES else Raw | UnsetType, UNSET) for field in self._fields.values()]
        encoded = {field: name for name, field in self._fields.items()}
        struct = msgspec.defstruct("Members", fields, rename=encoded, gc=False)
        self.read: Callable[[bytes], Any] = msgspec.json.Decoder(struct).decode

    def value_of(self, needs: Sequence[str] | None) -> Callable[[Any, bytes], Any]:
        """Return what makes the value to be judged of what :meth:`read` gave and the event's text."""
        if needs is None or not self._fields.keys() >= set(needs):
            return _whole
        plain = [(name, self._fields[name]) for name in needs if name in _NAMES]
        raws = [(name, self._fields[name]) for name in needs if name not in _NAMES]

        def value(members: Any, _: bytes) -> dict[str, Any]:
            found = {}
            for name, field in raws:
                raw = getattr(members, field)
                if raw is not UNSET:
                    found[name] = _decode(raw)
            for name, field in plain:
                if getattr(members, field) is not UNSET:
                    found[name] = getattr(members, field)
            return found

        return value


_NAMES = frozenset({"type", "event", "name"})
# A struct of more takes longer than it saves.
_MOST_MEMBERS = 30
_HEADS = Reader(())


def head_of(event: bytes) -> Head:
    """Return the type and name of an event; empty where they are no texts."""
    try:
        members = _HEADS.read(event)
    except UNREADABLE:
        members = members_of(readable(event))
    return named(members)


def members_of(value: Any) -> Any:
    """Return of a decoded event what :attr:`Reader.read` has of its type and name."""
    found = value if isinstance(value, dict) else {}
    return SimpleNamespace(type=found.get("type"), event=found.get("event"), name=found.get("name"))


def named(members: Any) -> Head:
    """Return the type and name in what :attr:`Reader.read` gave."""
    kind = members.type
    name = members.event if kind == "track" else members.name if kind in _BY_NAME else None
    return Head(kind if isinstance(kind, str) else "", name if isinstance(name, str) else None)


def _whole(_: Any, event: bytes) -> Any:
    return _decode(event)


def readable(event: bytes) -> Any:
    """Return the value of a text that msgspec does not take, lone surrogates replaced; UNSET if nothing does."""
    try:
        value = json.loads(event)
        return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return UNSET
