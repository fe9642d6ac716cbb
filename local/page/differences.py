"""What differs between an event as it came and as it left, by JSON path, with the rule that made each difference."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from dreamdata_relay.events.timestamps import is_exact
from local.page.cleaning import RuleChange
from local.page.json_tree import NotJson, Number, parse, text_of

type Kind = Literal["added", "changed", "removed"]

_ABSENT = object()
_IDS = frozenset({"messageId", "userId", "anonymousId", "previousId", "groupId"})
_OBJECTS = frozenset({"traits", "properties", "context", "integrations"})
_FIXED = {
    "type": "The path names the type of a single event.",
    "writeKey": "The relay key is never forwarded.",
}
_UNEXPLAINED = "No rule of the relay makes this of what is shown here."
_EMPTY: tuple[Any, ...] = (None, "", _ABSENT)


class Change(Struct, frozen=True):
    """One difference; `came` and `left` are JSON text, None where there is nothing."""

    path: str
    kind: Kind
    came: str | None
    left: str | None
    rule: str


def of_rules(changes: Iterable[RuleChange]) -> list[Change]:
    """What privacy rules changed; what there was before is not told."""
    return [
        Change(one.path, one.kind, None, one.left, f"The privacy rule {one.rule}: {one.action}.") for one in changes
    ]


class _Difference(NamedTuple):
    path: tuple[str | int, ...]
    came: Any
    left: Any


def differences(came: str, left: str, expected: str, way: str) -> list[Change]:
    """The differences in the order of the members; none where a text cannot be parsed.

    `expected` is what the relay's core makes of `came`: a difference that it does not make has no rule.
    """
    try:
        before, after, made = parse(came), parse(left), parse(expected)
    except NotJson:
        return []
    unexplained = {found.path for found in _compare((), made, after)}
    event = before if isinstance(before, dict) else {}
    return [
        _change(found, _UNEXPLAINED if found.path in unexplained else _rule(found, event, way))
        for found in _compare((), before, after)
    ]


def _compare(path: tuple[str | int, ...], came: Any, left: Any) -> Iterator[_Difference]:
    if isinstance(came, dict) and isinstance(left, dict):
        for key in dict.fromkeys((*left, *came)):
            yield from _compare((*path, key), came.get(key, _ABSENT), left.get(key, _ABSENT))
    elif isinstance(came, list) and isinstance(left, list) and len(came) == len(left):
        for index, (one, other) in enumerate(zip(came, left, strict=True)):
            yield from _compare((*path, index), one, other)
    elif type(came) is not type(left) or came != left:
        yield _Difference(path, came, left)


def _change(found: _Difference, rule: str) -> Change:
    kind: Kind = "added" if found.came is _ABSENT else "removed" if found.left is _ABSENT else "changed"
    return Change(
        path=_written(found.path),
        kind=kind,
        came=None if found.came is _ABSENT else text_of(found.came),
        left=None if found.left is _ABSENT else text_of(found.left),
        rule=rule,
    )


def _written(path: tuple[str | int, ...]) -> str:
    """`context.page.url`, `properties.items[0]`; a key that is no plain word stands in brackets, quoted."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.replace("$", "_").isidentifier():
            text += f".{step}" if text else step
        else:
            text += f"[{text_of(step)}]"
    return text


def _rule(found: _Difference, event: dict[str, Any], way: str) -> str:
    """The rule of the relay that made a difference (docs/http-api.md, What happens to an event)."""
    member, came = str((found.path or ("",))[0]), found.came
    if isinstance(came, Number) and not came.lstrip("-")[:1].isdigit():
        return "NaN and Infinity, which are no JSON, become null."
    rule = _member_rule(member, came, event, way) if len(found.path) == 1 else None
    if rule is None and member in ("context", "integrations"):
        return f"The {member} of the envelope is merged in where the event has no such member itself."
    return rule or "Completed by the relay (see docs/http-api.md)."


def _member_rule(member: str, came: Any, event: dict[str, Any], way: str) -> str | None:
    """The rule for a member of the event itself; None: none of those."""
    if member == "messageId" and came in _EMPTY:
        return _message_id_rule(event, way)
    if member == "timestamp":
        return _timestamp_rule(came, event, way)
    if member in _IDS and isinstance(came, Number):
        return "A number as an id becomes the string of its digits."
    if member in _OBJECTS and came == []:
        return "An empty list where an object belongs is an empty object (as PHP writes it)."
    if member == "traits" and came is _ABSENT:
        return "An identify without traits gets those of its context."
    return _FIXED.get(member)


def _message_id_rule(event: dict[str, Any], way: str) -> str:
    if way == "eventbridge":
        return "An event without a messageId gets the id of the EventBridge event that carried it."
    if not way.startswith("http"):
        return "An event without a messageId gets one made of its message's id on the queue and its place in it."
    time = event.get("timestamp") or event.get("originalTimestamp")
    if isinstance(time, str) and is_exact(time):
        return "An event without a messageId gets one made of its own text: the same when it is sent again."
    return "An event without a messageId and a time of its own, to the millisecond, gets a random one."


def _timestamp_rule(came: Any, event: dict[str, Any], way: str) -> str:
    if came not in (None, _ABSENT):
        return "A timestamp becomes UTC, every digit of its fraction kept."
    if event.get("originalTimestamp"):
        return "An event without a timestamp gets its originalTimestamp, in UTC."
    if way == "eventbridge":
        return "An event without a timestamp gets the time of the EventBridge event that carried it."
    when = "it was received" if way.startswith("http") else "its message reached the queue"
    return f"An event without a timestamp gets the time when {when}."
