"""The rules of an event, as one table in the contract's order: the first one broken is why an event is refused.

Reading, the bulk refusals, the live page, the samples and the tables in docs/ follow from it. Only the fast pass knows
the rules by heart (:mod:`dreamdata_relay.events.typed_fields`), and is held against the table by test.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from dreamdata_relay.errors import EventRefused
from dreamdata_relay.events.json_editing import nests_too_deep
from dreamdata_relay.limits import MAX_EVENT_BYTES, MAX_NESTING

EVENT_TYPES = ("identify", "track", "page", "screen", "group", "alias")
OBJECTS = ("traits", "properties", "context", "integrations")
_NO_IDENTITY = "userId and anonymousId are both missing or empty"


class Reason(NamedTuple):
    """Why events are refused."""

    code: str
    detail: str


class Shown(Protocol):
    """What a glance at an event shows: its type, and which ids and names it has that are not empty."""

    @property
    def kind(self) -> str | None:
        """Its ``type``, or the one that its path names."""
        ...

    def given(self, name: str) -> bool:
        """Whether ``name`` is there and not empty."""
        ...


class Read(Protocol):
    """What takes reading: members by their text."""

    def misdated(self) -> str | None:
        """The member that should tell the event's time and does not; None: there is none such."""
        ...

    def no_object(self, names: Iterable[str]) -> str | None:
        """The first of these members that is neither an object nor null nor an empty array."""
        ...


class Rule[T](NamedTuple):
    """A rule. ``broken`` gives what a ``{}`` in ``detail`` stands for, None where the rule is kept.

    ``members`` are those that it looks at, ``kinds`` the types of events that it is for; these need ``least`` of the
    members, where that is the rule. ``meaning`` and ``remedy`` tell people what is wrong and what the sender should do,
    ``example`` is an event (JSON text) that breaks just this.
    """

    code: str
    detail: str
    members: tuple[str, ...]
    broken: Callable[[T], str | None]
    kinds: tuple[str, ...] = EVENT_TYPES
    least: int = 0
    meaning: str = ""
    remedy: str = ""
    example: str = ""

    def reason(self, found: str) -> Reason:
        """Why an event is refused in which ``broken`` has ``found`` this."""
        return Reason(self.code, self.detail.format(found))


def _needing(code: str, detail: str, least: int, *names: str, kinds: tuple[str, ...], **told: str) -> Rule[Shown]:
    """A rule that events of ``kinds`` have at least so many of the members ``names``."""
    return Rule(
        code,
        detail,
        names,
        lambda shown: "" if shown.kind in kinds and sum(map(shown.given, names)) < least else None,
        kinds,
        least,
        **told,
    )


_NOT_OBJECT = Rule[bytes](
    "event_not_object",
    "an event is a JSON object",
    (),
    lambda text: None if text[:1] == b"{" else "",
    meaning="it is not a JSON object",
    remedy="put only objects (`{...}`) into the list `batch`: look at what is added beside events",
    example='"only a text"',
)
_TIMESTAMP = Rule[Read](
    "timestamp_invalid",
    "{} is not ISO 8601",
    ("timestamp", "originalTimestamp"),
    lambda read: read.misdated(),
    meaning="its `timestamp` (or, without one, its `originalTimestamp`) is not ISO 8601, or no moment of the calendar",
    remedy="write `timestamp` like 2026-01-31T12:00:00.000Z, or leave it out for the time of receipt",
    example='{"type":"track","userId":"user-3005","event":"When?","timestamp":"last Tuesday"}',
)
_AT_A_GLANCE: tuple[Rule[Shown], ...] = (
    Rule(
        "type_unknown",
        "type is none of " + ", ".join(EVENT_TYPES),
        ("type",),
        lambda shown: None if shown.kind in EVENT_TYPES else "",
        meaning="its `type` is missing, or none of " + ", ".join(EVENT_TYPES),
        remedy="set `type` to one of the six, all lower case",
        example='{"type":"purchase","userId":"user-3001","properties":{"total":5}}',
    ),
    _needing(
        "identity_missing", _NO_IDENTITY, 1, "userId", "anonymousId", kinds=("identify", "track", "page", "screen"),
        meaning="it does not say who did it: `userId` and `anonymousId` are both missing or empty "
        "(alias: `userId` or `previousId` is; group: `groupId` is enough)",
        remedy="give it a `userId` or an `anonymousId` that is not empty; an alias needs `userId` and `previousId`",
        example='{"type":"track","userId":"","event":"Nobody\'s"}',
    ),
    _needing("identity_missing", _NO_IDENTITY, 1, "userId", "anonymousId", "groupId", kinds=("group",)),
    _needing(
        "identity_missing", "an alias needs userId and previousId, both not empty", 2, "userId", "previousId",
        kinds=("alias",),
    ),
    _needing(
        "event_name_missing", "a track needs event, a string that is not empty", 1, "event", kinds=("track",),
        meaning="it is a track without `event`, or its `event` is no text",
        remedy="set `event` to what was done, a string that is not empty",
        example='{"type":"track","userId":"user-3003","properties":{"forgot":"the event\'s name"}}',
    ),
    _needing(
        "group_id_missing", "a group needs groupId, a string that is not empty", 1, "groupId", kinds=("group",),
        meaning="it is a group without `groupId`",
        remedy="set `groupId` to the company's or group's id, a string that is not empty",
        example='{"type":"group","userId":"user-3004","traits":{"name":"No id"}}',
    ),
)  # fmt: skip
_BY_MEMBERS: tuple[Rule[Read], ...] = (
    _TIMESTAMP,
    Rule(
        "field_not_object",
        "{} is neither an object nor null",
        OBJECTS,
        lambda read: read.no_object(OBJECTS),
        meaning="its `traits`, `properties`, `context` or `integrations` is neither an object nor null",
        remedy="make that member a JSON object (`{...}`) or leave it out; the detail names it",
        example='{"type":"track","userId":"user-3006","event":"Text for properties","properties":"free text"}',
    ),
)
_AS_COMPLETED: tuple[Rule[bytes], ...] = (
    Rule(
        "event_too_large",
        f"{{}} bytes; one payload takes {MAX_EVENT_BYTES}",
        (),
        lambda text: str(len(text)) if len(text) > MAX_EVENT_BYTES else None,
        meaning="it does not fit a payload of 500,000 bytes alone",
        remedy="leave out or shorten large properties (documents, images, lists)",
    ),
    Rule(
        "event_nested_too_deep",
        f"it nests more than {MAX_NESTING:,} levels deep",
        (),
        lambda text: "" if nests_too_deep(text) else None,
        meaning=f"it nests more than {MAX_NESTING:,} levels deep, with what the envelope's `context` and "
        "`integrations` add",
        remedy="look for an object that holds itself, or leave out what nests; real events nest some ten levels",
    ),
)
# All of them, in the contract's order, and their codes.
RULES: tuple[Rule[bytes] | Rule[Shown] | Rule[Read], ...] = (_NOT_OBJECT, *_AT_A_GLANCE, *_BY_MEMBERS, *_AS_COMPLETED)
CODES = tuple(dict.fromkeys(rule.code for rule in RULES))

# The ids that a number may stand for, and by type those that rules look at.
IDS = ("userId", "anonymousId", "previousId", "groupId")
IDS_OF = {
    kind: tuple(name for name in IDS if any(kind in rule.kinds and name in rule.members for rule in _AT_A_GLANCE))
    for kind in EVENT_TYPES
}
# Of what is no JSON object, of an event of no type, and of a timestamp that was read already and is none.
NOT_OBJECT, NO_TYPE, MISDATED = _NOT_OBJECT.reason(""), _AT_A_GLANCE[0].reason(""), _TIMESTAMP.reason("timestamp")
# What says of something that it is nothing like an event.
NO_EVENT = frozenset({NOT_OBJECT.code, NO_TYPE.code})
# By type: why events are refused without so many (the last) of these members.
NEEDS_OF = {
    kind: tuple(
        (rule.reason(""), rule.members, rule.least) for rule in _AT_A_GLANCE if rule.least and kind in rule.kinds
    )
    for kind in EVENT_TYPES
}


def refused_at_a_glance(kind: object, given: Callable[[str], object]) -> Reason | None:
    """The first rule broken by an event of this ``type``; ``given``: whether a member is there and not empty."""
    needs = NEEDS_OF.get(kind) if isinstance(kind, str) else None
    if needs is None:
        return NO_TYPE
    for reason, names, least in needs:
        have = 0
        for name in names:
            if given(name):
                have += 1
        if have < least:
            return reason
    return None


def refused_by_members(read: Read) -> Reason | None:
    """The first rule broken of those that take reading."""
    return _first_broken(_BY_MEMBERS, read)


def check_completed(text: bytes) -> None:
    """Raise EventRefused where ``text``, a completed event, breaks a rule on the whole of it."""
    if reason := _first_broken(_AS_COMPLETED, text):
        raise EventRefused(*reason)


def _first_broken[T](rules: Iterable[Rule[T]], asked: T) -> Reason | None:
    for rule in rules:
        found = rule.broken(asked)
        if found is not None:
            return rule.reason(found)
    return None
