"""The sandbox's own HTTP interface, for tests in any language; docs/testing.md describes it."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple, Self
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta, Struct

from dreamdata_relay import __version__
from dreamdata_relay.testing.events import USUAL_SECONDS, Events
from dreamdata_relay.testing.matching import matches
from dreamdata_relay.testing.record import Violation
from dreamdata_relay.testing.sandbox import Sandbox
from dreamdata_relay.testing.telling import told

PREFIX = "/_sandbox"
MOST_SECONDS = 60.0
_NAMES = ("type", "event", "messageId", "userId", "anonymousId", "groupId", "name")
_NOT_AS_EXPECTED = 422


class Reply(NamedTuple):
    """An answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}

    @classmethod
    def of(cls, status: int, content: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Self:
        """Make one of a JSON object."""
        return cls(status, json.dumps(content).encode(), headers or {})


class _Wrong(Exception):
    """Raised when a question cannot be answered; the text says why."""


_Count = Annotated[int, Meta(ge=0)]


class _Assertion(Struct, forbid_unknown_fields=True):
    where: dict[str, Any] | None = None
    count: _Count | None = None
    violations: _Count | None = None
    seconds: float | None = None

    def check(self, events: Events) -> None:
        """Raise AssertionError where it does not hold."""
        if self.count == 0:
            events.assert_absent(self.where or {})
        elif self.violations is None or self.where is not None or self.count is not None:
            events.assert_came(self.where or {}, self.count)
        if self.violations is not None:
            events.assert_violations(self.violations)


class Interface:
    """Answers questions about ``sandbox``."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._routes: dict[str, tuple[str, Callable[[dict[str, str], bytes], Reply]]] = {
            "": ("GET", self._about),
            "/events": ("GET", self._events),
            "/violations": ("GET", self._violations),
            "/assert": ("POST", self._assert),
            "/reset": ("POST", self._reset),
        }

    def answer(self, method: str, path: str, query: str, body: bytes) -> Reply:
        """Answer one request below :data:`PREFIX`."""
        found = self._routes.get(path.removeprefix(PREFIX).rstrip("/"))
        if found is None:
            known = ", ".join(f"{verb} {PREFIX}{route}" for route, (verb, _) in self._routes.items())
            return Reply.of(404, {"message": f"no such route; there are {known}"})
        verb, answer = found
        if method != verb:
            return Reply.of(405, {"message": f"this route takes {verb}"}, {"Allow": verb})
        try:
            return answer(dict(parse_qsl(query, keep_blank_values=True)), body)
        except _Wrong as error:
            return Reply.of(400, {"message": str(error)})

    def _about(self, _asked: dict[str, str], _body: bytes) -> Reply:
        counts = {"events": len(self._sandbox.events), "violations": len(self._sandbox.violations)}
        return Reply.of(200, {"version": __version__, **counts})

    def _events(self, asked: dict[str, str], _body: bytes) -> Reply:
        count, seconds = _wait(asked)
        where = _only(asked, _NAMES)
        events = Events(self._sandbox)
        self._sandbox.wait_until(lambda: len(events.matching(where)) >= count, seconds)
        return Reply(200, b'{"events": ' + self._texts(where) + b"}")

    def _violations(self, asked: dict[str, str], _body: bytes) -> Reply:
        count, seconds = _wait(asked)
        where = _only(asked, ("code",))

        def found() -> list[Violation]:
            return [one for one in self._sandbox.violations if one.code == where.get("code", one.code)]

        self._sandbox.wait_until(lambda: len(found()) >= count, seconds)
        return Reply.of(200, {"violations": [_shown(violation) for violation in found()]})

    def _assert(self, _asked: dict[str, str], body: bytes) -> Reply:
        try:
            wanted = msgspec.json.decode(body, type=_Assertion)
        except msgspec.DecodeError as error:
            raise _Wrong(f'{error}; an assertion is {{"where": {{...}}, "count": 1, "seconds": 5}}') from None
        seconds = None if wanted.seconds is None else _bounded(wanted.seconds)
        events = Events(self._sandbox, seconds)
        try:
            wanted.check(events)
        except AssertionError as error:
            return Reply.of(_NOT_AS_EXPECTED, {"success": False, "message": str(error)})
        return Reply(200, b'{"success": true, "events": ' + self._texts(wanted.where or {}) + b"}")

    def _texts(self, where: Mapping[str, Any]) -> bytes:
        """Return the list of the events with these members, each as the relay would pass it on."""
        texts = [event.text for event in self._sandbox.events if matches(where, event.members)]
        return b"[" + b", ".join(texts) + b"]"

    def _reset(self, _asked: dict[str, str], _body: bytes) -> Reply:
        self._sandbox.reset()
        return Reply.of(200, {"success": True})


def _wait(asked: dict[str, str]) -> tuple[int, float]:
    """Take ``count`` and ``seconds`` out of a query."""
    count, seconds = asked.pop("count", "0"), asked.pop("seconds", None)
    if not (count.isascii() and count.isdecimal()):
        raise _Wrong("count is not a whole number")
    try:
        return int(count), USUAL_SECONDS if seconds is None else _bounded(float(seconds))
    except ValueError:
        raise _Wrong("seconds is not a number") from None


def _bounded(seconds: float) -> float:
    if not math.isfinite(seconds) or not 0 <= seconds <= MOST_SECONDS:
        raise _Wrong(f"seconds is not between 0 and {MOST_SECONDS:g}")
    return seconds


def _only(asked: dict[str, str], names: tuple[str, ...]) -> dict[str, str]:
    if unknown := sorted(asked.keys() - set(names)):
        raise _Wrong(f"no parameter {', '.join(unknown)}; there are {', '.join(names)}, count, seconds")
    return asked


def _shown(violation: Violation) -> dict[str, object]:
    fields: dict[str, object] = msgspec.structs.asdict(violation)
    return {**fields, "text": told(violation)}
