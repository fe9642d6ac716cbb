"""Finds the ids of the person that an event is about, wherever the text may hide them.

One typed pass reads most events. A text in which a name may be repeated or escaped, or that the typed pass does not
read (a number as an id, a lone surrogate), is searched member by member.
"""

import json
import re
from collections import deque
from collections.abc import Iterator
from typing import Literal, NamedTuple

import msgspec
from msgspec import Struct

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events.json_editing import check, spans
from dreamdata_relay.events.json_repair import without_constants
from dreamdata_relay.events.numeric_ids import digits_of

type Kind = Literal["user", "anonymous", "email"]


class PersonId(NamedTuple):
    """An id of a person as the list has it; an email is trimmed and in lower case."""

    kind: Kind
    text: str


# Every JSON reader takes the first or the last of a repeated member. Of an event that has thousands, these are looked
# up, so that the time for an event stays bounded.
MOST_LOOKED_UP = 64

# The kinds that each member is looked up as; an alias names either kind of id as the previous one.
_KINDS: dict[str, tuple[Kind, ...]] = {
    "userId": ("user",),
    "previousId": ("user", "anonymous"),
    "anonymousId": ("anonymous",),
}
_MEMBERS = (*_KINDS, "traits", "properties", "context")
# What the privacy rules have made of an id, which may have been an address: a pseudonym or a hash.
_HIDDEN = re.compile("psn_.{1,80}|[0-9a-fA-F]{64}")
_NUMBER = re.compile(rb"-?[0-9]")
# An ASCII letter written as an escape.
_ESCAPED_LETTER = re.compile(rb"\\u00[4-7]")
_EMAILS = re.compile(rb'"email"[ \t\r\n]*:')
_TRAITS = re.compile(rb'"traits"[ \t\r\n]*:')


class _Person(Struct, gc=False):
    email: str | None = None


class _Context(Struct, gc=False):
    traits: _Person | None = None


class _Event(Struct, gc=False):
    userId: str | None = None
    previousId: str | None = None
    anonymousId: str | None = None
    traits: _Person | None = None
    properties: _Person | None = None
    context: _Context | None = None


_EVENT = msgspec.json.Decoder(_Event)


def ids_of(event: bytes) -> list[PersonId]:
    """Return the different ids of ``event``, the text of a JSON object; none if it is no JSON object.

    They are ``userId``, ``previousId``, ``anonymousId`` and the ``email`` in ``traits``, ``context.traits`` and
    ``properties``, each with all values of a repeated member. An id with an ``@`` is an email, too, and so is what the
    privacy rules may have made of one.
    """
    try:
        found = _EVENT.decode(event)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        found = None
    if found is None or _may_hide_more(event, found):
        return _bounded(list(dict.fromkeys(_ids_of_members(event))))
    ids = list[PersonId]()
    for name, text in (
        ("userId", found.userId),
        ("previousId", found.previousId),
        ("anonymousId", found.anonymousId),
    ):
        if text:
            ids += _of_member(name, text)
    inner = found.context.traits if found.context else None
    ids += [email_id(person.email) for person in (found.traits, found.properties, inner) if person and person.email]
    return list(dict.fromkeys(ids))


def email_id(address: str) -> PersonId:
    """Return the id for an email address, however its sender writes it."""
    return PersonId("email", address.strip().lower())


def _may_hide_more(text: bytes, found: _Event) -> bool:
    """Whether ``text`` may have members that ``found`` does not show, because they are repeated or escaped."""
    if b"\\u00" in text and _ESCAPED_LETTER.search(text):
        return True
    for name in (b'"userId"', b'"previousId"', b'"anonymousId"', b'"properties"', b'"context"'):
        if text.count(name) > 1:
            return True
    inner = found.context.traits if found.context else None
    emails = sum(person is not None and person.email is not None for person in (found.traits, found.properties, inner))
    if text.count(b'"email"') > emails and len(_EMAILS.findall(text)) > emails:
        return True
    traits = (found.traits is not None) + (inner is not None)
    return text.count(b'"traits"') > traits and len(_TRAITS.findall(text)) > traits


def _ids_of_members(event: bytes) -> Iterator[PersonId]:
    try:
        check(event)
    except NotJson:
        event = without_constants(event)
        try:
            check(event)
        except NotJson:
            return
    for name, value in _members(event, _MEMBERS):
        if name in _KINDS:
            text = _text(value)
            if text:
                yield from _of_member(name, text)
        elif name == "context":
            for _, traits in _members(value, ("traits",)):
                yield from _emails(traits)
        else:
            yield from _emails(value)


def _emails(person: bytes) -> Iterator[PersonId]:
    for _, value in _members(person, ("email",)):
        text = _text(value)
        if text:
            yield email_id(text)


def _of_member(name: str, text: str) -> list[PersonId]:
    ids = [PersonId(kind, text) for kind in _KINDS[name]]
    return [*ids, email_id(text)] if "@" in text or _HIDDEN.fullmatch(text) else ids


def _members(value: bytes, names: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Yield those members of ``value`` that are in ``names``, repeated ones too; none if it is no object."""
    if value.lstrip(b" \t\r\n")[:1] != b"{":
        return
    written = {f'"{name}"'.encode(): name for name in names}
    first: dict[str, list[slice]] = {name: [] for name in names}
    last: dict[str, deque[slice]] = {name: deque(maxlen=MOST_LOOKED_UP) for name in names}
    for key, _, start, end in spans(value):
        name = written.get(key) or (str(json.loads(key)) if b"\\" in key else "")
        if name in first:
            of_name = first[name]
            (of_name if len(of_name) < MOST_LOOKED_UP else last[name]).append(slice(start, end))
    for name in names:
        for place in (*first[name], *last[name]):
            yield name, value[place]


def _text(value: bytes) -> str | None:
    """Return a string's or a number's text as an id has it; None for any other value."""
    if value[:1] == b'"':
        return str(json.loads(value)) if b"\\" in value else value[1:-1].decode("utf-8", "surrogatepass")
    return digits_of(value).decode() if _NUMBER.match(value) else None


def _bounded(ids: list[PersonId]) -> list[PersonId]:
    return ids if len(ids) <= 2 * MOST_LOOKED_UP else ids[:MOST_LOOKED_UP] + ids[-MOST_LOOKED_UP:]
