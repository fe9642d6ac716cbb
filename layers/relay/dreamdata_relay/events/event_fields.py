"""The members of one event that rules speak of, read from its text: the careful counterpart of the typed fields."""

import functools
import json
import re
from collections.abc import Iterable
from typing import NamedTuple

from dreamdata_relay.events.json_editing import values_of
from dreamdata_relay.events.rules import IDS, RULES
from dreamdata_relay.events.timestamps import to_utc

# Beside those that rules look at: what is completed, edited or taken out.
_NAMES = tuple(dict.fromkeys(["messageId", "writeKey", *(name for rule in RULES for name in rule.members)]))
_IDS = frozenset({*IDS, "messageId"})
_NUMBER = re.compile(rb"-?[0-9]")
EMPTY_ARRAY = re.compile(rb"\[[ \t\r\n]*\]")


class OwnTime(NamedTuple):
    """An event's own time: the member, its text as it came, and the moment in UTC; None: it is none."""

    member: str
    given: str | None
    moment: str | None


class EventFields:
    """The fields of the event ``text`` (one JSON object, grammar checked); ``kind``: the type that its path names."""

    def __init__(self, text: bytes, kind: str | None) -> None:
        # Of a key that stands twice the last counts, as in every reader of JSON that Dreamdata may use.
        self.values = values_of(text, _NAMES)
        self.kind = self.text("type") if kind is None else kind

    def text(self, name: str) -> str | None:
        """The member where it is a string."""
        value = self.values.get(name)
        if value is None or value[:1] != b'"':
            return None
        # A string without escapes is what stands between its quotes.
        return str(json.loads(value)) if b"\\" in value else value[1:-1].decode("utf-8", "surrogatepass")

    def number(self, name: str) -> bytes | None:
        """The member where it is an id and a number."""
        value = self.values.get(name)
        return value if value is not None and value[:1] != b'"' and name in _IDS and _NUMBER.match(value) else None

    def given(self, name: str) -> bool:
        """Whether the member, an id or a name, is there and not empty."""
        value = self.values.get(name)
        return value is not None and (value != b'""' if value[:1] == b'"' else self.number(name) is not None)

    @functools.cached_property
    def own_time(self) -> OwnTime | None:
        """The event's own time; None where it has none."""
        for name in ("timestamp", "originalTimestamp"):
            value = self.values.get(name)
            if value is None or value == b"null":
                continue
            given = self.text(name)
            if given is not None and not given.strip():
                # Nothing is as good as no member: so it is with ids.
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
