"""JSON as text: repair what real clients send, check it, and find members and elements without building objects.

msgspec reads nearly everything; this module is for the rest: ``NaN`` and ``Infinity`` (all Python clients), escaped
lone surrogates (JavaScript cuts strings between the halves of a pair) and, beside them in one text, what nests too deep
to be read. Nothing here recurses.
"""

import functools
import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import msgspec.structs

from dreamdata_relay.errors import NotJson
from dreamdata_relay.limits import MAX_NESTING

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
# Runs of what stays, then at most one thing to change: so many matches as changes, however many strings or escapes
# there are. The text has not been checked yet: a string that nothing closes is taken to the end, or the search would
# begin anew at every quote in it and take time by the square of its length.
_CONSTANT = re.compile(
    rb'((?:[^"NI-]++|"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|-(?!Infinity)|N(?!aN)|I(?!nfinity))*+)(-?Infinity|NaN)?',
    re.DOTALL,
)
_LONE_SURROGATE = re.compile(
    rb"((?:[^\\]++|\\[^u]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|\\u(?![dD][89a-fA-F][0-9a-fA-F]{2})|\\\Z)*+)(\\u[dD][89a-fA-F][0-9a-fA-F]{2})?",
    re.DOTALL,
)
# What lies between brackets, then as many of one direction as follow one another, plain keys of objects between them:
# as few matches as there are turns. It matches at the text's end too, and a string that nothing closes ends the
# text, for the reason given above.
_BRACKETS = re.compile(
    rb'(?:[^"\[\]{}]++|"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z))*+'
    rb'((?:[\[{]++(?:[ \t\r\n]*+"[^"\\\[\]{}]*+"[ \t\r\n]*+:[ \t\r\n]*+)?+)++|[\]}]++|\Z)',
    re.DOTALL,
)
_OPENING = re.compile(rb"[\[{]")
_KEY = re.compile(rb"[{,][ \t\r\n]*+(" + _STRING + rb")[ \t\r\n]*+:[ \t\r\n]*+", re.DOTALL)
_ELEMENT = re.compile(rb"[\[,][ \t\r\n]*+(?=[^ \t\r\n\]])", re.DOTALL)
_SCALAR = re.compile(_STRING + rb"|[^,\]}\s]++", re.DOTALL)
_SPACE = re.compile(rb"[ \t\r\n]*+")
# An ASCII letter written as an escape, as nobody does.
_ESCAPED_LETTER = re.compile(rb"\\u00[4-7]")
_RAW = msgspec.json.Decoder(msgspec.Raw)


class Member(NamedTuple):
    """One member of an object's text: its decoded key, where it starts, and the span of its value, in bytes."""

    key: str
    start: int
    value_start: int
    value_end: int


def without_constants(text: bytes) -> bytes:
    """``text`` with ``NaN``, ``Infinity`` and ``-Infinity`` outside strings replaced by ``null``."""
    if b"NaN" not in text and b"Infinity" not in text:
        return text
    return _CONSTANT.sub(lambda m: m[1] + b"null" if m[2] else m[1], text)


def readable(text: bytes) -> bytes | bytearray:
    r"""A copy of ``text``, of the same length, that a strict reader takes: lone surrogate escapes become ``\ufffd``.

    For looking only: what travels on is ``text`` itself.
    """
    if b"\\u" not in text:
        return text
    made = bytearray(text)
    # Not by sub(): the pieces of a text with many would take more than the text.
    for found in _LONE_SURROGATE.finditer(text):
        if found[2]:
            made[found.start(2) : found.end(2)] = b"\\ufffd"
    return made


def check(text: bytes) -> None:
    """Raise :class:`NotJson` unless ``text``, which is UTF-8, is one JSON value; lone surrogate escapes are allowed.

    What nests deeper than ``MAX_NESTING`` is passed over unread where the C reader gives it up: see
    :func:`nests_too_deep`.
    """
    try:
        _RAW.decode(readable(text))
    except RecursionError:
        _check_pruned(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NotJson("not JSON") from None


def _check_pruned(text: bytes) -> None:
    try:
        _RAW.decode(readable(_pruned(text)))
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NotJson("not JSON, or nests too deep") from None


def nests_too_deep(text: bytes) -> bool:
    """Whether ``text`` nests deeper than ``MAX_NESTING``; of nearly every text its length alone tells."""
    # A level takes two bytes; and counting brackets costs a tenth of reading.
    if len(text) <= 2 * MAX_NESTING or text.count(b"[") + text.count(b"{") <= MAX_NESTING:
        return False
    depth = 0
    for found in _BRACKETS.finditer(text):
        depth += _steps(found[1])
        if depth > MAX_NESTING:
            return True
    return False


def _pruned(text: bytes) -> bytes:
    """``text`` with every value that stands ``MAX_NESTING`` levels deep and nests itself replaced by a 0."""
    pieces = []
    depth = start = 0
    for found in _BRACKETS.finditer(text):
        before, depth = depth, depth + _steps(found[1])
        if before <= MAX_NESTING < depth:
            opening = itertools.islice(_OPENING.finditer(text, found.start(1)), MAX_NESTING - before, None)
            pieces += [text[start : next(opening).start()], b"0"]
            # Until it is closed; if it never is, what is left is not JSON, and found to be so.
            start = len(text)
        elif depth <= MAX_NESTING < before:
            start = found.start(1) + before - MAX_NESTING
    return b"".join((*pieces, text[start:]))


def _steps(brackets: bytes) -> int:
    """How many levels further in ``brackets`` lead, negative where further out."""
    if len(brackets) > 1 and brackets[0] in b"[{":
        return brackets.count(b"[") + brackets.count(b"{")
    return len(brackets) if brackets in (b"[", b"{") else -len(brackets)


def stands_twice(text: bytes, name: str) -> bool:
    """Whether the object ``text``, which has a member ``name`` (ASCII letters), has two of them.

    Every reader of JSON takes the last and says nothing of the first.
    """
    if text.count(f'"{name}"'.encode()) == 1 and not _ESCAPED_LETTER.search(text):
        return False
    return sum(member.key == name for member in _members(text)) > 1


def split_object(text: bytes) -> list[Member]:
    """The members of the object ``text`` in order, repeated keys included; ``text`` has passed :func:`check`."""
    return list(_members(text))


def _members(text: bytes) -> Iterator[Member]:
    key = _KEY.match(text, _first(text))
    while key:
        end = _end_of_value(text, key.end())
        yield Member(_decoded(key[1]), key.start(1), key.end(), end)
        key = _KEY.match(text, _after_space(text, end))


def values_of(text: bytes, names: tuple[str, ...]) -> dict[str, bytes]:
    """The values of those members of the object ``text`` that ``names`` has, of a key that stands twice the last one.

    ``text`` has passed :func:`check`. Where it can, without a look at each member: an object may have a million.
    """
    try:
        found = _decoder(names).decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return {m.key: text[m.value_start : m.value_end] for m in _members(text) if m.key in names}
    values = zip(names, map(bytes, msgspec.structs.astuple(found)), strict=True)
    return {name: value for name, value in values if value}


@functools.cache
def _decoder(names: tuple[str, ...]) -> msgspec.json.Decoder[msgspec.Struct]:
    fields = [(f"member_{number}", msgspec.Raw, msgspec.Raw()) for number in range(len(names))]
    renamed = {f"member_{number}": name for number, name in enumerate(names)}
    return msgspec.json.Decoder(msgspec.defstruct("Members", fields, rename=renamed))


def split_array(text: bytes) -> list[bytes]:
    """The elements of the array ``text`` in order, as they stand; ``text`` has passed :func:`check`."""
    return list(elements(text))


def elements(text: bytes) -> Iterator[bytes]:
    """The same one at a time."""
    start = _ELEMENT.match(text, _first(text))
    while start:
        end = _end_of_value(text, start.end())
        yield text[start.end() : end]
        start = _ELEMENT.match(text, _after_space(text, end))


def _decoded(key: bytes) -> str:
    # Not msgspec: a key may hold a lone surrogate. Imported here: nearly no cold start needs it.
    if b"\\" not in key:
        return key[1:-1].decode()
    import json

    return str(json.loads(key))


def _first(text: bytes) -> int:
    return _after_space(text, 0)


def _after_space(text: bytes, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _end_of_value(text: bytes, start: int) -> int:
    if text[start] not in b"[{":
        scalar = _SCALAR.match(text, start)
        return scalar.end() if scalar else start
    depth = 0
    for found in _BRACKETS.finditer(text, start):
        before, depth = depth, depth + _steps(found[1])
        if depth <= 0:
            # Of several that close one after the other the value's own is the one that ends it.
            return found.start(1) + before
    return len(text)
