"""The actions on an event's text."""

from collections.abc import Callable, Iterator

import msgspec

from dreamdata_relay.events.json_editing import after_space, string_of
from dreamdata_relay.privacy.addresses import truncated_ip, without_query
from dreamdata_relay.privacy.edits import Edit, edited
from dreamdata_relay.privacy.finding import Finder, Found
from dreamdata_relay.privacy.model import Action
from dreamdata_relay.privacy.paths import Path, Paths
from dreamdata_relay.privacy.scanning import leaf_pattern
from dreamdata_relay.privacy.values import Change, Ring, hashed, masked, pseudonymised, pseudonymised_email, truncated

type Perform = Callable[[bytes, Ring], bytes]

_CLOSING = ord("}")
_encoder = msgspec.json.Encoder()


def performed(action: Action, at: tuple[Path, ...] | None = None) -> Perform:
    """Return what ``action``, which is not ``drop_event``, makes of an event's text at its paths, or at others."""
    paths = action.at if at is None else at
    match action.do:
        case "drop":
            return removing(Paths(paths))
        case "allow_only":
            return removing(Paths(paths, allowed=action.members))
        case "set":
            return setting(paths, (action.to or "null").encode())
    return changing(paths, change_of(action))


def change_of(action: Action) -> Change:
    """Return what ``action`` makes of each value."""
    match action.do:
        case "pseudonymise":
            return pseudonymised
        case "pseudonymise_email":
            return pseudonymised_email
        case "hash":
            return hashed
        case "truncate_ip":
            return truncated_ip
        case "strip_query":
            return without_query(action.keep)
        case "mask":
            return masked(action.keep_last)
        case "truncate":
            return truncated(action.characters or 0)
    raise ValueError(action.do)


def removing(paths: Paths) -> Perform:
    """Remove what is wanted at ``paths``: members, and items of arrays."""
    # What is not one of the allowed members is no object, and its array is to keep its length.
    item = b"null" if paths.allowed is not None else None

    def perform(text: bytes, _: Ring) -> bytes:
        found = Finder(text, paths.start, runs=True).found
        return edited(text, [(one.start, one.end, item if one.is_item else None) for one in found])

    return perform


def setting(at: tuple[Path, ...], value: bytes) -> Perform:
    """Set what is at the paths to ``value``, and add it to objects that lack it."""
    paths = Paths(at, added=True)

    def perform(text: bytes, _: Ring) -> bytes:
        walk = Finder(text, paths.start)
        edits: list[Edit] = [(one.value_start, one.end, value) for one in walk.found]
        for one in walk.lacking:
            start = one.start
            added = b",".join(quoted(name) + b":" + value for name in one.names)
            comma = b"" if text[after_space(text, start + 1)] == _CLOSING else b","
            edits.append((start + 1, start + 1, added + comma))
        return edited(text, edits)

    return perform


def changing(at: tuple[Path, ...], change: Change) -> Perform:
    """Change every string, number and boolean at the paths or in what is there."""
    paths = Paths(at)

    def perform(text: bytes, ring: Ring) -> bytes:
        edits = [
            edit
            for found in Finder(text, paths.start).found
            for one in _leaves(text, found)
            if (edit := _changed(text, one, change, ring))
        ]
        return edited(text, edits) if edits else text

    return perform


def _leaves(text: bytes, found: Found) -> Iterator[Found]:
    if text[found.value_start] not in b"{[":
        yield found
        return
    for leaf in leaf_pattern().finditer(text, found.value_start, found.end):
        if leaf[2]:
            start, end = leaf.span(2)
            yield Found(leaf.start(1) if leaf[1] else start, start, end, not leaf[1])


def _changed(text: bytes, found: Found, change: Change, ring: Ring) -> Edit | None:
    value = text[found.value_start : found.end]
    if value == b"null":
        return None
    old = string_of(value) if value[:1] == b'"' else value.decode()
    new = change(old, ring)
    if new is None:
        return (found.value_start, found.end, b"null") if found.is_item else (found.start, found.end, None)
    return None if new == old else (found.value_start, found.end, quoted(new))


def quoted(text: str) -> bytes:
    """Return ``text`` as a JSON string; only lone surrogates are written as escapes if they can be."""
    try:
        return _encoder.encode(text)
    except UnicodeEncodeError:
        import json

        return json.dumps(text).encode()
