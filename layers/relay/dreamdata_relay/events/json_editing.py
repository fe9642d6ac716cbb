"""Checks JSON text, and finds members and elements in it without building objects.

msgspec reads nearly everything. This module is for the rest: escaped lone surrogates and, in the same text, values that
nest too deep to be read. Nothing here recurses.
"""

import contextlib
import functools
import re
import sys
from collections.abc import Collection, Iterator
from typing import NamedTuple

import msgspec
import msgspec.structs

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events.json_nesting import STRING, containers, cut_at_max_nesting
from dreamdata_relay.events.json_nesting import nests_too_deep as nests_too_deep
from dreamdata_relay.events.json_repair import readable

# An ASCII letter written as an escape, which hardly anybody does.
_ESCAPED_LETTER = re.compile(rb"\\u00[4-7]")
_REPLACED = rb"\ufffd"
# As a number it is found sooner.
_BACKSLASH = ord("\\")
_SPACE = re.compile(rb"[ \t\r\n]*+")
_RAW = msgspec.json.Decoder(msgspec.Raw)
_KEYS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_STRING = msgspec.json.Decoder(str)


type Match = re.Match[bytes]


class Member(NamedTuple):
    """One member of an object's text: its decoded key, where it starts, and the span of its value, in bytes."""

    key: str
    start: int
    value_start: int
    value_end: int


def check(text: bytes) -> None:
    """Raise :class:`NotJson` unless ``text``, which is UTF-8, is one JSON value; lone surrogate escapes are allowed.

    If the C parser fails at nesting deeper than ``MAX_NESTING``, what is deeper is skipped unread, see
    :mod:`dreamdata_relay.events.json_nesting`.
    """
    try:
        _RAW.decode(readable(text))
    except RecursionError:
        _check_cut(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NotJson("not JSON") from None


def _check_cut(text: bytes) -> None:
    try:
        _RAW.decode(readable(cut_at_max_nesting(text)))
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NotJson("not JSON, or nests too deep") from None


def stands_twice(text: bytes, name: str) -> bool:
    """Whether the object ``text``, which has a member ``name`` (ASCII letters), has two of them.

    Every JSON reader silently takes the last one.
    """
    if text.count(f'"{name}"'.encode()) == 1 and not _ESCAPED_LETTER.search(text):
        return False
    return sum(member.key == name for member in split_around(text, (name,))) > 1


def split_object(text: bytes) -> list[Member]:
    """Return the members of the object ``text`` in order with repeated keys; ``text`` has passed :func:`check`."""
    return list(_members(text))


def split_around(text: bytes, names: Collection[str]) -> list[Member]:
    """Return the same, but with consecutive members that are not in ``names`` joined into one.

    A joined member has the key ``""`` and spans all of them. ``names`` are ASCII letters. An object may have a million
    members.
    """
    # Imported here because hardly any text needs it.
    from dreamdata_relay.events.json_names import members_without

    members, deep = _around(text, names, members_without(frozenset(names)), _member())
    if deep is not None:
        from dreamdata_relay.events.json_outlines import Outline, any_member, any_without

        outline = Outline(text, deep)
        rest, _ = _around(outline.text, names, any_without(frozenset(names)), any_member())
        members += [Member(key, *map(outline.place_of, places)) for key, *places in rest]
    return members


def _around(
    text: bytes, names: Collection[str], others: re.Pattern[bytes], one: re.Pattern[bytes]
) -> tuple[list[Member], int | None]:
    """Return the members, and the place of the first one, if any, whose value nests too deep for the patterns."""
    members = list[Member]()
    place = after_space(text, 0)
    while True:
        run = others.match(text, place)
        if run and run.end() > place:
            start = after_space(text, place + 1)
            members.append(Member("", start, start, run.end(1)))
            place = run.end()
        found = one.match(text, place)
        if found is None:
            return members, None
        value_start, value_end = found.span(2)
        if value_end < 0:
            return members, place
        name = string_of(found[1])
        members.append(Member(name if name in names else "", found.start(1), value_start, value_end))
        place = after_space(text, value_end)


def keys_of(text: bytes) -> set[str]:
    """Return the keys of the object ``text``."""
    with contextlib.suppress(msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return set(_KEYS.decode(text))
    import json

    return set(json.loads(b"[" + b",".join(key for key, *_ in spans(text)) + b"]"))


def _members(text: bytes) -> Iterator[Member]:
    for key, start, value_start, value_end in spans(text):
        yield Member(string_of(key), start, value_start, value_end)


def spans(text: bytes, start: int = 0) -> Iterator[tuple[bytes, int, int, int]]:
    """Yield the same from ``start`` on, one match each, as tuples with keys as written, in their quotes."""
    for found, value_start, value_end in _matches(_member(), text, start, 2):
        yield found[1], found.start(1), value_start, value_end


def _matches(
    pattern: re.Pattern[bytes], text: bytes, start: int, group: int, end: int = sys.maxsize
) -> Iterator[tuple[Match, int, int]]:
    """Yield each match of ``pattern`` from ``start`` to ``end`` with the span of its value, which is ``group``."""
    place: int | None = start
    while place is not None:
        rest, place = pattern.finditer(text, place, end), None
        for found in rest:
            value_start, value_end = found.span(group)
            if value_end < 0:
                # The value nests deeper than the pattern covers, so the match ends before it.
                value_start = found.end()
                place = value_end = end_of_container(text, value_start) or len(text)
            yield found, value_start, value_end
            if place is not None:
                break


def values_of(text: bytes, names: tuple[str, ...]) -> dict[str, bytes]:
    """Return the values of the members of the object ``text`` that are in ``names``; the last one of a repeated key.

    ``text`` has passed :func:`check`. If possible, not every member is examined, because there may be a million.
    """
    try:
        found = members_decoder(names).decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return _values_with_surrogates(text, names)
    values = zip(names, map(bytes, msgspec.structs.astuple(found)), strict=True)
    return {name: value for name, value in values if value}


def _values_with_surrogates(text: bytes, names: tuple[str, ...]) -> dict[str, bytes]:
    # These values hardly ever hold a surrogate; then they can be read as if the text had none.
    with contextlib.suppress(msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        found = members_decoder(names).decode(readable(text))
        values = dict(zip(names, map(bytes, msgspec.structs.astuple(found)), strict=True))
        if not any(_REPLACED in value for value in values.values()):
            return {name: value for name, value in values.items() if value}
    return {name: text[start:end] for name, (start, end) in value_spans(text, names).items()}


@functools.cache
def members_decoder(names: tuple[str, ...]) -> msgspec.json.Decoder[msgspec.Struct]:
    """Return what reads the members called ``names`` of an object, in their order; an empty Raw for one it lacks."""
    fields = [(f"member_{number}", msgspec.Raw, msgspec.Raw()) for number in range(len(names))]
    renamed = {f"member_{number}": name for number, name in enumerate(names)}
    return msgspec.json.Decoder(msgspec.defstruct("Members", fields, rename=renamed))


def value_spans(text: bytes, names: tuple[str, ...]) -> dict[str, tuple[int, int]]:
    """Return where the same values start and end. It copies none of them, which may be megabytes, but takes longer."""
    return {member.key: (member.value_start, member.value_end) for member in split_around(text, names) if member.key}


def split_array(text: bytes) -> list[bytes]:
    """Return the elements of the array ``text`` in order, as written; ``text`` has passed :func:`check`."""
    return list(elements(text))


def elements(text: bytes, start: int = 0, end: int = sys.maxsize) -> Iterator[bytes]:
    """Yield those of the array from ``start`` to ``end`` one at a time."""
    return (text[first:last] for _, first, last in _matches(_element(), text, start, 1, end))


def string_of(value: bytes) -> str:
    """Return the string that ``value``, with its quotes, is; it may hold lone surrogates."""
    if _BACKSLASH not in value:
        return value[1:-1].decode()
    try:
        return _STRING.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Imported here, because hardly any cold start needs it.
        import json

        return str(json.loads(value))


def after_space(text: bytes, place: int) -> int:
    """Return the place of the next byte that is no space."""
    found = _SPACE.match(text, place)
    return found.end() if found else place


def end_of_container(text: bytes, start: int) -> int | None:
    """Return where the array or object at ``start`` ends, however deep it nests; None if it does not."""
    # Imported here because hardly any text needs it.
    from dreamdata_relay.events import json_depths

    return json_depths.end_of_container(text, start)


_WS = rb"[ \t\r\n]*+"
_VALUE = STRING + rb"|[^,\[\]{}\"\s]++|" + containers()


# Compiled at first use, because hardly any cold start needs them.
@functools.cache
def _member() -> re.Pattern[bytes]:
    """Return a pattern for a member's key and, unless that nests deep, its value."""
    return re.compile(rb"[{,]" + _WS + rb"(" + STRING + rb")" + _WS + rb":" + _WS + rb"(" + _VALUE + rb")?+", re.DOTALL)


@functools.cache
def _element() -> re.Pattern[bytes]:
    return re.compile(rb"[\[,]" + _WS + rb"(?!\])(" + _VALUE + rb")?+", re.DOTALL)
