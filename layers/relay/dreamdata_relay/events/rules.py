"""The rules of an event, as one table in the contract's order: an event is refused for the first rule that it breaks.

Reading, the bulk refusals, the live page, the samples and the tables in docs/ derive from it. Only the fast pass has
the rules in code (:mod:`dreamdata_relay.events.typed_fields`), and a test compares it with the table.
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
    """Why an event is refused."""

    code: str
    detail: str


class Shown(Protocol):
    """What rules see without parsing members: the event's type, and which ids and names are present and not empty."""

    @property
    def kind(self) -> str | None:
        """Return its ``type``, or the one that its path names."""
        ...

    def given(self, name: str) -> bool:
        """Whether ``name`` is present and not empty."""
        ...


class Read(Protocol):
    """What rules see only by parsing members."""

    def misdated(self) -> str | None:
        """Return the member that should hold the event's time but is not a valid one; None if there is none."""
        ...

    def no_object(self, names: Iterable[str]) -> str | None:
        """Return the first of these members that is neither an object nor null nor an empty array."""
        ...


class Rule[T](NamedTuple):
    """A rule. ``broken`` returns the text for the ``{}`` in ``detail``, or None if the event keeps the rule.

    ``members`` are those that it examines, ``kinds`` the event types that it applies to, ``least`` the number of the
    members that these need, if that is the rule. ``meaning`` and ``remedy`` tell people what is wrong and what the
    sender should do. ``example`` is an event (JSON text) that breaks only this rule.
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
        """Return the reason to refuse an event for which ``broken`` returned ``found``."""
        return Reason(self.code, self.detail.format(found))


def _needing(code: str, detail: str, least: int, *names: str, kinds: tuple[str, ...], **told: str) -> Rule[Shown]:
    """Make the rule that events of ``kinds`` need at least ``least`` of the members ``names``."""
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
# All rules in the contract's order, and their codes.
RULES: tuple[Rule[bytes] | Rule[Shown] | Rule[Read], ...] = (_NOT_OBJECT, *_AT_A_GLANCE, *_BY_MEMBERS, *_AS_COMPLETED)
CODES = tuple(dict.fromkeys(rule.code for rule in RULES))

# The ids that may be numbers, and by type those that rules examine.
IDS = ("userId", "anonymousId", "previousId", "groupId")
IDS_OF = {
    kind: tuple(name for name in IDS if any(kind in rule.kinds and name in rule.members for rule in _AT_A_GLANCE))
    for kind in EVENT_TYPES
}
# The reasons for a value that is not an object, an event without a valid type, and an invalid timestamp.
NOT_OBJECT, NO_TYPE, MISDATED = _NOT_OBJECT.reason(""), _AT_A_GLANCE[0].reason(""), _TIMESTAMP.reason("timestamp")
# The reasons that show that a value does not resemble an event.
NO_EVENT = frozenset({NOT_OBJECT.code, NO_TYPE.code})
# By type: the reason to refuse an event with fewer of these members than the last number.
NEEDS_OF = {
    kind: tuple(
        (rule.reason(""), rule.members, rule.least) for rule in _AT_A_GLANCE if rule.least and kind in rule.kinds
    )
    for kind in EVENT_TYPES
}


def refused_at_a_glance(kind: object, given: Callable[[str], object]) -> Reason | None:
    """Return the first rule broken by an event of this ``type``; ``given``: whether a member is present, not empty."""
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
    """Return the first broken rule of those that parse members."""
    return _first_broken(_BY_MEMBERS, read)


def check_completed(text: bytes) -> None:
    """Raise EventRefused if ``text``, a completed event, breaks a rule on the event as a whole."""
    if reason := _first_broken(_AS_COMPLETED, text):
        raise EventRefused(*reason)


def _first_broken[T](rules: Iterable[Rule[T]], asked: T) -> Reason | None:
    for rule in rules:
        found = rule.broken(asked)
        if found is not None:
            return rule.reason(found)
    return None
