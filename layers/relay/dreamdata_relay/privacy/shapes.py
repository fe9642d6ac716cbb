"""Reads in one pass of the C reader all that the rules name in an event."""

import operator
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from dreamdata_relay.privacy.locating import NotSure
from dreamdata_relay.privacy.paths import Path
from dreamdata_relay.privacy.units import Unit

# The name of a key, and where it is.
type Key = tuple[bytes, re.Match[bytes]]
type Leaf = tuple[str, ...]
# The members by which rules match, which every shape has, and what they are called in what it reads.
TYPE, EVENT = ("type",), ("event",)
_OWN = {"type": "kind", "event": "name"}


class Shape:
    """The members that ``units`` name, down to those whose values are wanted as a whole or looked through.

    ``also``: names of other members whose places count. ``paths``: other members to read.
    """

    def __init__(self, units: Sequence[Unit], also: frozenset[str], paths: Iterable[Path] = ()) -> None:
        self._ends = {TYPE, EVENT, *(unit.named for unit in units if unit.named), *map(tuple, paths)}
        self._decode = _decoder({self.leaf_of(end) for end in self._ends})
        counting = {name for unit in units if (name := unit.last_name()) is not None}
        # Finds the keys that are called like what is read or looked for, wherever they are, and some others. Group 1 is
        # the name.
        self.keys = re.compile(rb'"(' + _any_of(counting | also) + rb')"[ \t\r\n]*+:[ \t\r\n]*+').finditer

    def leaf_of(self, path: Path) -> Leaf:
        """Return the first of the members on ``path`` whose value is read."""
        ends = (tuple(path[:length]) for length in range(1, len(path)) if tuple(path[:length]) in self._ends)
        return next(ends, tuple(path))

    def read(self, text: bytes) -> Any:
        """Return what the event has of them; of a doubled member it is the last. Raises :class:`NotSure`."""
        try:
            return self._decode(text)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise NotSure from None

    def getter(self, leaf: Leaf) -> Callable[[Any], msgspec.Raw]:
        """Return what gets the value of ``leaf``, an empty one if there is none."""
        return operator.attrgetter(".".join(map(_attribute, leaf)))


def _any_of(names: Iterable[str]) -> bytes:
    """Return a pattern for ``names``, and for what has another one's first byte, which is no harm and found sooner."""
    listed = sorted(map(written, names))
    if not (listed and all(listed)):
        return b"|".join(map(re.escape, listed))
    firsts = b"".join(sorted({re.escape(name[:1]) for name in listed}))
    return b"[" + firsts + b"](?:" + b"|".join(sorted({re.escape(name[1:]) for name in listed})) + b")"


def written(name: str) -> bytes:
    """Return ``name`` as it is in a text without escapes."""
    return name.encode("utf-8", "surrogatepass")


def _attribute(name: str) -> str:
    # Any name of a member makes an identifier.
    return _OWN.get(name) or "m" + written(name).hex()


def _decoder(leaves: set[Leaf]) -> Callable[[bytes], Any]:
    return msgspec.json.Decoder(_struct(leaves)).decode


def _struct(leaves: set[Leaf]) -> type[msgspec.Struct]:
    fields: list[tuple[str, Any, Any]] = []
    names = sorted({leaf[0] for leaf in leaves})
    for name in names:
        below = {leaf[1:] for leaf in leaves if leaf[0] == name}
        if () in below:
            fields.append((_attribute(name), msgspec.Raw, msgspec.Raw()))
        else:
            struct = _struct(below)
            fields.append((_attribute(name), struct, struct()))
    return msgspec.defstruct("Named", fields, rename={_attribute(name): name for name in names}, frozen=True)
