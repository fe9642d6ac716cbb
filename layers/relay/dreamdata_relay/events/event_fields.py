"""Reads the members of one event that rules refer to from its text; the slow, exact counterpart of typed fields."""

import functools
import json
import re
from collections.abc import Iterable
from typing import NamedTuple

from dreamdata_relay.events.json_editing import values_of
from dreamdata_relay.events.rules import IDS, RULES
from dreamdata_relay.events.timestamps import to_utc

# Those that rules refer to, and those that are completed, edited or removed.
_NAMES = tuple(dict.fromkeys(["messageId", "writeKey", *(name for rule in RULES for name in rule.members)]))
_IDS = frozenset({*IDS, "messageId"})
_NUMBER = re.compile(rb"-?[0-9]")
EMPTY_ARRAY = re.compile(rb"\[[ \t\r\n]*\]")


class OwnTime(NamedTuple):
    """An event's own time: the member, its text as it came, and the moment in UTC, None if it is not valid."""

    member: str
    given: str | None
    moment: str | None


class EventFields:
    """The fields of the event ``text`` (one JSON object, already checked); ``kind``: the type that its path names."""

    def __init__(self, text: bytes, kind: str | None) -> None:
        # The last of a repeated key counts, as in every JSON reader that Dreamdata may use.
        self.values = values_of(text, _NAMES)
        self.kind = self.text("type") if kind is None else kind

    def text(self, name: str) -> str | None:
        """Return the member if it is a string."""
        value = self.values.get(name)
        if value is None or value[:1] != b'"':
            return None
        # A string without escapes is the text between its quotes.
        return str(json.loads(value)) if b"\\" in value else value[1:-1].decode("utf-8", "surrogatepass")

    def number(self, name: str) -> bytes | None:
        """Return the member if it is an id and a number."""
        value = self.values.get(name)
        return value if value is not None and value[:1] != b'"' and name in _IDS and _NUMBER.match(value) else None

    def given(self, name: str) -> bool:
        """Whether the member, an id or a name, is present and not empty."""
        value = self.values.get(name)
        return value is not None and (value != b'""' if value[:1] == b'"' else self.number(name) is not None)

    @functools.cached_property
    def own_time(self) -> OwnTime | None:
        """Return the event's own time; None if it has none."""
        for name in ("timestamp", "originalTimestamp"):
            value = self.values.get(name)
            if value is None or value == b"null":
                continue
            given = self.text(name)
            if given is not None and not given.strip():
                # An empty string counts as no member, as it does for ids.
                continue
            try:
                return OwnTime(name, given, to_utc(given or ""))
            except ValueError:
                return OwnTime(name, given, None)
        return None

    def misdated(self) -> str | None:
        """See :class:`dreamdata_relay.events.rules.Read`."""
        time = self.own_time
        return time.member if time and time.moment is None else None

    def no_object(self, names: Iterable[str]) -> str | None:
        """See :class:`dreamdata_relay.events.rules.Read`."""
        for name in names:
            value = self.values.get(name)
            if not (value is None or value == b"null" or value[:1] == b"{" or EMPTY_ARRAY.fullmatch(value)):
                return name
        return None
