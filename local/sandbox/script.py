"""What tests tell the sandbox to do: answers for the next requests, and standing orders until a reset.

A script is a JSON list. An item with `status`, `headers`, `body`, `delay_s`, `drop`, `take` or `times` is an answer for
the next `times` requests; an item with `reject_message_ids`, `max_bytes`, `refuse_gzip` or `key` is a standing order. A
new script replaces the answers that were still waiting; `[]` removes them.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

_ANSWER_KEYS = {"status", "headers", "body", "delay_s", "drop", "take", "times"}
_ORDER_KEYS = {"reject_message_ids", "max_bytes", "refuse_gzip", "key"}


class ScriptError(ValueError):
    """Raised when a script is not a list of known items with values of the right kind."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How to answer a request.

    status: HTTP status, or None to judge the payload by the rules; 2xx answers only what passes the rules.
    headers: more headers of the answer. body: its text, or None for the usual one.
    delay_s: seconds to wait before answering, after the events were taken. drop: close without an answer.
    take: record the events although the answer is no success. times: for how many requests.
    """

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    delay_s: float = 0.0
    drop: bool = False
    take: bool = False
    times: int = 1

    @property
    def takes(self) -> bool:
        """Whether a payload that passes the rules is recorded."""
        fails = self.drop or not (self.status is None or 200 <= self.status < 300)
        return self.take or not fails


AS_USUAL = Answer()


@dataclass(slots=True)
class Orders:
    """Standing orders: `key` outlives a reset, the others do not; None means the usual.

    refuse_gzip: the status that answers every gzip body, as of an endpoint that does not know it; None takes gzip.
    """

    reject_message_ids: frozenset[str] = frozenset()
    max_bytes: int | None = None
    refuse_gzip: int | None = None
    key: str | None = None


def described(answers: Sequence[Answer], orders: Orders) -> dict[str, Any]:
    """How the next request will be answered, for people to see, but for the key.

    ``next`` is None where a payload is judged as usual.
    """
    following = answers[0] if answers else None
    return {
        "answers_waiting": len(answers),
        "next": following
        and {"status": following.status, "delay_s": following.delay_s, "drop": following.drop, "take": following.take},
        "reject_message_ids": sorted(orders.reject_message_ids),
        "max_bytes": orders.max_bytes,
        "refuse_gzip": orders.refuse_gzip,
    }


def parse(script: Any, orders: Orders) -> deque[Answer]:
    """Read a script: returns its answers, one entry for each request, and changes `orders` in place.

    Raises ScriptError, then having changed nothing.
    """
    if not isinstance(script, list) or not all(isinstance(item, dict) for item in script):
        raise ScriptError("a script is a list of objects")
    answers: deque[Answer] = deque()
    changes: dict[str, Any] = {}
    for item in script:
        if item and item.keys() <= _ORDER_KEYS:
            changes |= {name: _order(name, value) for name, value in item.items()}
        elif item.keys() <= _ANSWER_KEYS:
            answer = _answer(item)
            answers.extend([answer] * answer.times)
        else:
            unknown = sorted(item.keys() - _ANSWER_KEYS) or sorted(item)
            raise ScriptError(f"unknown or mixed members in a script item: {', '.join(unknown)}")
    for name, value in changes.items():
        setattr(orders, name, value)
    return answers


def _answer(item: dict[str, Any]) -> Answer:
    checks = {
        "status": isinstance(item.get("status", 200), int) and 200 <= item.get("status", 200) <= 599,
        "headers": isinstance(item.get("headers", {}), dict),
        "body": isinstance(item.get("body", ""), str),
        "delay_s": isinstance(item.get("delay_s", 0), int | float) and 0 <= item.get("delay_s", 0) <= 300,
        "drop": isinstance(item.get("drop", False), bool),
        "take": isinstance(item.get("take", False), bool),
        "times": isinstance(item.get("times", 1), int) and 1 <= item.get("times", 1) <= 100_000,
    }
    if wrong := [name for name, right in checks.items() if not right]:
        raise ScriptError(f"wrong value in a script item: {', '.join(wrong)}")
    headers = {str(name): str(value) for name, value in item.get("headers", {}).items()}
    return Answer(**{**item, "headers": headers})


def _order(name: str, value: Any) -> Any:
    if name == "reject_message_ids" and isinstance(value, list):
        return frozenset(map(str, value))
    if name == "max_bytes" and isinstance(value, int) and value > 0:
        return value
    if name == "refuse_gzip" and isinstance(value, int) and 400 <= value <= 599:
        return value
    if name == "key" and isinstance(value, str) and value:
        return value
    raise ScriptError(f"wrong value of {name} in a script item")
