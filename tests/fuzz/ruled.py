"""The privacy rules that inputs are fuzzed with, and what no body may hold after them, by a reading of its own."""

import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any

from dreamdata_relay.cleaning.judging import Judge
from dreamdata_relay.events.rules import EVENT_TYPES
from tests.cleaning.judges import judge_of
from tests.privacy.compiled import action, path, rule

type Pairs = list[tuple[str, Any]]
_RULES = (
    rule(action("drop", path("context", "ip"), path("**", "token")), name="drops"),
    rule(action("pseudonymise", path("userId"), path("anonymousId")), name="ids"),
    rule(action("hash", path("traits", "email")), action("set", path("properties", "brand"), to='"x"'), name="more"),
    rule(action("drop_event"), name="unwanted", events=["Unwanted*"]),
    rule(action("truncate", path("properties", "*"), characters=3), name="pages", types=["page", "screen"]),
)
_IDS = ("userId", "anonymousId")
# These letters hold a message as it came, because it yields no event.
_NO_EVENTS = ("message_", "wrapped_too_deep")


def judge() -> Judge:
    """The rules, with their keys."""
    return judge_of(*_RULES)


def faults(bodies: Sequence[str], letters: Sequence[tuple[str, str]] = ()) -> Iterator[str]:
    """Tell what is in ``bodies``, or in dead letters (each with its code), that a rule removes."""
    kept = [body for body, code in letters if not code.startswith(_NO_EVENTS)]
    for body in (*bodies, *kept):
        for event in _events(json.loads(body, object_pairs_hook=list, parse_constant=str)):
            yield from _faults(event)


def _events(value: Any) -> Iterator[Pairs]:
    """Objects are lists of pairs here, arrays lists of other things."""
    batches = [events for name, events in _members(value) if name == "batch" and isinstance(events, list)]
    for one in [value, *itertools.chain.from_iterable(batches)]:
        if any(name == "type" and kind in EVENT_TYPES for name, kind in _members(one) if isinstance(kind, str)):
            yield one


def _faults(event: Pairs) -> Iterator[str]:
    for name, value in event:
        if name in _IDS and not isinstance(value, list | None) and not _is_pseudonym(value):
            yield f"a {name} is no pseudonym"
        if name == "context" and any(inner == "ip" for inner, _ in _members(value)):
            yield "an ip is left"
        if name == "event" and isinstance(value, str) and value.startswith("Unwanted"):
            yield "an event is left that a rule drops"
    if _named(event, "token"):
        yield "a token is left"


def _is_pseudonym(value: object) -> bool:
    return isinstance(value, str) and (not value or value.startswith("psn_k1_"))


def _members(value: Any) -> Pairs:
    return [one for one in value if isinstance(one, tuple)] if isinstance(value, list) else []


def _named(value: Any, name: str) -> bool:
    """Whether some object in ``value`` has a member called so; without recursion."""
    waiting = [value]
    for one in waiting:
        if isinstance(one, list):
            for inner in one:
                if isinstance(inner, tuple):
                    if inner[0] == name:
                        return True
                    waiting.append(inner[1])
                else:
                    waiting.append(inner)
    return False
