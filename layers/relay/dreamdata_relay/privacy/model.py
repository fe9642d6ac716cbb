"""The compiled rules as ``rules.json`` has them."""

from typing import Literal

import msgspec

from dreamdata_relay.errors import RulesUnusable

FORMAT = 1

type Do = Literal[
    "drop",
    "allow_only",
    "pseudonymise",
    "pseudonymise_email",
    "hash",
    "truncate_ip",
    "strip_query",
    "mask",
    "truncate",
    "set",
    "drop_event",
]


class Consent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What consent an event has to carry. ``missing``: whether the lack of its object ``at`` denies or allows."""

    category: str
    at: tuple[str, ...]
    otherwise: Literal["drop_event", "company_level"]
    missing: Literal["deny", "allow"] = "deny"


class Action(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One action on the values at the paths ``at``; the rest belongs to some actions only."""

    do: Do
    at: tuple[tuple[str, ...], ...] = ()
    members: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    keep_last: int = 0
    characters: int | None = None
    to: str | None = None


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule: which events it matches, all of them where a condition is None, and what is done."""

    name: str
    types: tuple[str, ...] | None = None
    events: tuple[str, ...] | None = None
    keys: tuple[str, ...] | None = None
    sources: tuple[str, ...] | None = None
    consent: Consent | None = None
    actions: tuple[Action, ...] = ()


class Compiled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    format: int
    version: str
    needs_keys: bool
    rules: tuple[Rule, ...]


def read(compiled: bytes) -> Compiled:
    """Return the compiled rules; raises :class:`RulesUnusable` if they are of another release or damaged.

    What this release does not know is never skipped: a rule half obeyed would let through what it is to remove.
    """
    try:
        found = msgspec.json.decode(compiled, type=Compiled)
    except msgspec.DecodeError as error:
        raise RulesUnusable(f"the compiled rules cannot be read: {error}") from None
    if found.format != FORMAT:
        raise RulesUnusable(f"the compiled rules have format {found.format}, this release reads {FORMAT}")
    for rule in found.rules:
        for action in rule.actions:
            _check(action)
    if found.rules and not found.version:
        raise RulesUnusable("the compiled rules have no version")
    return found


def _check(action: Action) -> None:
    if action.do != "drop_event" and not (action.at and all(action.at)):
        raise RulesUnusable(f"{action.do} has no path")
    if action.keep_last < 0 or (action.do == "truncate" and (action.characters is None or action.characters < 0)):
        raise RulesUnusable(f"{action.do} has no number of characters")
    if action.do == "set":
        try:
            msgspec.json.decode(action.to or "", type=str | float | bool | None)
        except msgspec.DecodeError:
            raise RulesUnusable("set has no value") from None
