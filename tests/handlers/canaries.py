"""Where a canary is planted, how it is written, what removes it, and what must be left around it."""

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from tests.privacy import reference
from tests.privacy.compiled import action, path

CANARY = "canary-5f0c"


class Place(NamedTuple):
    """A path, and the event's members with a value there. ``last``: whether it ends with the name ``secret``.

    ``copied``: whether the relay gives the event members beside those that it came with.
    """

    path: list[str]
    members: Callable[[Any], dict[str, Any]]
    last: bool = True
    copied: bool = False


PLACES: dict[str, Place] = {
    "properties": Place(path("properties", "secret"), lambda v: {"properties": {"secret": v, "other": 1}}),
    "an item's member": Place(
        path("properties", "list", "[]", "secret"),
        lambda v: {"properties": {"list": [{"secret": v}, 1.50, {"kept": 1, "secret": v}], "secret": "kept"}},
    ),
    "items": Place(
        path("properties", "secret", "[]"), lambda v: {"properties": {"secret": [v, v], "other": []}}, last=False
    ),
    "any depth": Place(
        path("properties", "**", "secret"), lambda v: {"properties": {"a": [[{"b": {"secret": v, "c": 1e3}}], "d"]}}
    ),
    "anywhere": Place(
        path("**", "secret"),
        lambda v: {"secret": v, "context": {"secret": v, "a": 1}, "properties": {"l": [{"secret": v}]}},
    ),
    "any member": Place(path("properties", "*"), lambda v: {"properties": {"a": v, "secret": v}}, last=False),
    "any member's member": Place(path("context", "*", "secret"), lambda v: {"context": {"a": {"secret": v, "b": 0}}}),
    "context": Place(path("context", "secret"), lambda v: {"context": {"secret": v, "locale": "de"}}),
    "a page's address": Place(path("context", "page", "secret"), lambda v: {"context": {"page": {"secret": v}}}),
    "traits": Place(path("traits", "secret"), lambda v: {"type": "identify", "traits": {"secret": v, "plan": "p"}}),
    "traits of the context": Place(
        path("context", "traits", "secret"),
        lambda v: {"type": "identify", "context": {"traits": {"secret": v, "plan": "p"}, "b": 1}},
        copied=True,
    ),
    "traits that have their copy": Place(
        path("context", "traits", "secret"),
        lambda v: {"type": "identify", "traits": {}, "context": {"traits": {"secret": v, "plan": "p"}}},
    ),
    "integrations": Place(path("integrations", "secret"), lambda v: {"integrations": {"All": True, "secret": v}}),
    "the event itself": Place(path("secret"), lambda v: {"secret": v}),
    "a wrapper's member": Place(
        path("detail", "secret"), lambda v: {"detail-type": "x", "source": "s", "id": "i", "detail": {"secret": v}}
    ),
    "a list that is called batch": Place(path("batch", "[]", "secret"), lambda v: {"batch": [{"secret": v}]}),
    "a text that is called Message": Place(
        path("secret"), lambda v: {"Type": "Notification", "TopicArn": "t", "Message": '{"a":1}', "secret": v}
    ),
    "other alphabets": Place(path("properties", "é.😀", "secret"), lambda v: {"properties": {"é.😀": {"secret": v}}}),
    "a group's traits": Place(
        path("traits", "secret"), lambda v: {"type": "group", "groupId": "g", "traits": {"secret": v, "name": "n"}}
    ),
}


class Action(NamedTuple):
    """``do`` with ``more``, and a value in which it leaves nothing of the canary."""

    do: str
    value: Any
    more: Mapping[str, Any] = MappingProxyType({})

    def at(self, place: Place) -> dict[str, Any]:
        """The compiled action at ``place``."""
        return action(self.do, place.path[:-1] if self.do == "allow_only" else place.path, **self.more)

    def fits(self, place: Place) -> bool:
        """Whether the place is one that the action can have."""
        if self.do == "allow_only":
            return place.last and len(place.path) > 1 and place.path[0] != path("**")[0]
        return self.do != "set" or place.last


ACTIONS: dict[str, Action] = {
    "drop": Action("drop", {CANARY: [CANARY, {"a": CANARY}]}),
    "allow_only": Action("allow_only", {CANARY: CANARY}, {"members": ["other", "plan", "kept"]}),
    "pseudonymise": Action("pseudonymise", [{"a": CANARY}, CANARY, 1, True, None]),
    "pseudonymise, forged": Action("pseudonymise", f"psn_k1_{CANARY:x<22}_{'a' * 11}"),
    "pseudonymise_email": Action("pseudonymise_email", f" {CANARY.title()}@example.com"),
    "pseudonymise_email, none": Action("pseudonymise_email", [f"{CANARY} <a@b.c>", f"@{CANARY}", CANARY]),
    "hash": Action("hash", {"a": {"b": CANARY}, "c": [CANARY * 6]}),
    "truncate_ip": Action("truncate_ip", [CANARY, "203.0.113.7", f"1.2.3.4, {CANARY}"]),
    "strip_query": Action(
        "strip_query", f"https://e.com/p?utm_source=a&t={CANARY};utm_{CANARY}?x#{CANARY}", {"keep": ["utm_source"]}
    ),
    "strip_query, all": Action("strip_query", [f"/p?{CANARY}=1", f"?{CANARY}", f"#{CANARY}"]),
    "mask": Action("mask", [CANARY, CANARY * 3], {"keep_last": 2}),
    "truncate": Action("truncate", {"a": CANARY, "b": [[CANARY]]}, {"characters": 5}),
    "set": Action("set", {CANARY: CANARY}, {"to": '"x"'}),
    "set to nothing": Action("set", [CANARY], {"to": "null"}),
}

type Write = Callable[[dict[str, Any], Any], str]


def _escapes(text: str) -> str:
    return "".join(f"\\u{ord(character):04X}" for character in text)


def _escaped(event: dict[str, Any], _: Any) -> str:
    """Names and values in escapes, as JSON allows."""
    text = json.dumps(event)
    for name in ("secret", "properties", "context", "traits", "detail", "batch", "list"):
        text = text.replace(f'"{name}"', f'"{_escapes(name[:1])}{name[1:-1]}{_escapes(name[-1:])}"')
    return text.replace(CANARY, _escapes(CANARY))


def _doubled(before: str, after: str) -> Write:
    """The member more than once: which one counts depends on the reader."""

    def write(event: dict[str, Any], value: Any) -> str:
        text, member = json.dumps(event), f'"secret": {json.dumps(value)}'
        return text.replace(member, before.replace("{}", json.dumps(value)) + member + after)

    return write


def _parents_doubled(event: dict[str, Any], _: Any) -> str:
    text = json.dumps(event)
    for name in ("properties", "context", "traits", "integrations"):
        text = text.replace(f'"{name}": {{', f'"{name}": {{}}, "{name}": {{', 1)
    return text


WRITTEN: dict[str, Write] = {
    "plain": lambda event, _: json.dumps(event),
    "tight": lambda event, _: json.dumps(event, separators=(",", ":"), ensure_ascii=False),
    "spaced": lambda event, _: json.dumps(event, indent=3),
    "escaped": _escaped,
    "doubled before": _doubled('"secret": 0, ', ""),
    "doubled after": _doubled("", ', "secret": null'),
    "twice": _doubled('"\\u0073ecret": {}, ', ', "other": 1'),
    "parents doubled": _parents_doubled,
    "with a lone surrogate": lambda event, _: json.dumps({"\ud800": "\udfff", **event}),
    "with no number": lambda event, _: json.dumps({**event, "nan": float("nan")}),
    "deep": lambda event, _: json.dumps(event)[:-1] + ', "deep": ' + "[" * 1_500 + "]" * 1_500 + "}",
}


def shown(*texts: str) -> str:
    """All that texts say, also in escapes, and in JSON within JSON; in lower case."""
    said = []
    for text in texts:
        said.append(text)
        for _ in range(3 if "\\u" in text else 0):
            said.append(said[-1].encode("ascii", "backslashreplace").decode("unicode_escape", "replace"))
    return "\n".join(said).lower()


def left_of(event: str, done: dict[str, Any]) -> str:
    """What ``done`` leaves of an event's text, by the second implementation; without spaces."""
    return reference.written(reference.acted(reference.parsed(event), done))


def events_in(payload: str) -> dict[str, str]:
    """The texts of the events in a payload, without spaces, by their ids."""
    body = reference.parsed(payload)
    assert isinstance(body, reference.Object)
    batch = next(value for name, value in body.members if name == '"batch"')
    assert isinstance(batch, reference.Array)
    texts = [reference.written(one) for one in batch.items]
    return {json.loads(text)["messageId"]: text for text in texts}
