"""Which rules meet in one event, and which act in every event that another acts in."""

import re
from collections.abc import Mapping
from typing import Any

type Rule = Mapping[str, Any]


def may_meet(one: Rule, other: Rule, *, apart_from: str = "") -> bool:
    """Whether an event may match both rules; ``apart_from``: a condition that is not looked at.

    Sources keep nothing apart: a dead letter that is moved back meets the rules of its source and those of the queue.
    """
    for name in {"types", "keys"} - {apart_from}:
        if name in one and name in other and not {*one[name]} & {*other[name]}:
            return False
    if apart_from == "events" or "events" not in one or "events" not in other:
        return True
    return any(_overlap(a, b) for a in one["events"] for b in other["events"])


def acts_wherever(one: Rule, other: Rule) -> bool:
    """Whether ``one`` surely matches every event that ``other`` matches."""
    for name in ("types", "keys", "sources"):
        if name in one and not _listed(other, name) <= {*one[name]}:
            return False
    if "events" not in one:
        return True
    return "events" in other and all(any(matches(a, b) for a in one["events"]) for b in other["events"])


def _listed(rule: Rule, name: str) -> set[str]:
    if name in rule:
        return {*rule[name]}
    # Only HTTP has relay keys.
    return {"http"} if name == "sources" and "keys" in rule else {"any"}


def matches(pattern: str, name: str) -> bool:
    """Whether an event of this name matches. A ``*`` in the name is a sign like any other, and only a ``*`` matches it:
    so of a pattern in place of the name, this is whether every name that it stands for matches.
    """
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.DOTALL) is not None


def _overlap(one: str, other: str) -> bool:
    if "*" not in one:
        return matches(other, one)
    if "*" not in other:
        return matches(one, other)
    begins = one.split("*")[0], other.split("*")[0]
    ends = one.split("*")[-1], other.split("*")[-1]
    return (begins[0].startswith(begins[1]) or begins[1].startswith(begins[0])) and (
        ends[0].endswith(ends[1]) or ends[1].endswith(ends[0])
    )
