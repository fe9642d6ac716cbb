"""The events of a sandbox as a test asks for them; what has not come yet is waited for."""

from collections.abc import Mapping
from typing import Any, Never

from dreamdata_relay.testing import telling
from dreamdata_relay.testing.matching import matches
from dreamdata_relay.testing.record import Violation
from dreamdata_relay.testing.sandbox import Sandbox

USUAL_SECONDS = 5.0
# For what must not come: what an SDK has flushed is here sooner.
_QUIET_SECONDS = 0.5
_NOTHING: Mapping[str, Any] = {}


class Events:
    """Assertions on what came, as the relay would pass it on.

    Each waits until it holds, at most ``seconds`` (:meth:`within` changes that), because SDKs send in the background. A
    failed one raises AssertionError and says what came instead. ``where`` names members of the event itself
    (``{"userId": "u-1", "context": {"ip": "203.0.113.7"}}``), the keywords name members of its properties or traits;
    members that are not named may be anything.
    """

    def __init__(self, sandbox: Sandbox, seconds: float | None = None, address: str = "") -> None:
        self._sandbox = sandbox
        self._seconds = seconds
        self._address = address

    def within(self, seconds: float) -> "Events":
        """Return the same with another longest wait."""
        return Events(self._sandbox, seconds, self._address)

    def all(self) -> list[dict[str, Any]]:
        """Return the events that have come, in order."""
        return [event.members for event in self._sandbox.events]

    def matching(self, where: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return those that have come with these members."""
        return [event for event in self.all() if matches(where, event)]

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """Wait for ``count`` events of any kind and return all that have come."""
        if not self._sandbox.wait_until(lambda: len(self._sandbox.events) >= count, self._bound):
            self._fail(f"{count} events did not come within {self._bound:g} s", {})
        return self.all()

    def assert_tracked(
        self, event: str, where: Mapping[str, Any] = _NOTHING, /, **properties: object
    ) -> dict[str, Any]:
        """Return the first track ``event`` with these properties."""
        return self.assert_came(_expected("track", where, properties, event=event))

    def assert_identified(
        self, user_id: str, where: Mapping[str, Any] = _NOTHING, /, **traits: object
    ) -> dict[str, Any]:
        """Return the first identify of the user with these traits."""
        return self.assert_came(_expected("identify", where, traits, "traits", userId=user_id))

    def assert_grouped(self, group_id: str, where: Mapping[str, Any] = _NOTHING, /, **traits: object) -> dict[str, Any]:
        """Return the first group with this id and these traits."""
        return self.assert_came(_expected("group", where, traits, "traits", groupId=group_id))

    def assert_paged(
        self, name: str | None = None, where: Mapping[str, Any] = _NOTHING, /, **properties: object
    ) -> dict[str, Any]:
        """Return the first page, of this name if there is one, with these properties."""
        named = {} if name is None else {"name": name}
        return self.assert_came(_expected("page", where, properties, **named))

    def assert_came(self, where: Mapping[str, Any], count: int | None = None) -> dict[str, Any]:
        """Return the first event with these members; with ``count`` there must be as many, and no more."""
        found = self.expect(where, 1 if count is None else count)
        if count is not None and len(found) > count:
            self._fail(f"{len(found)} instead of {count} came: {telling.expectation(where)}", where)
        return found[0]

    def assert_none(
        self, event: str | None = None, where: Mapping[str, Any] = _NOTHING, /, **properties: object
    ) -> None:
        """Check that no track ``event``, or without arguments nothing at all, comes within half a second.

        Let the SDK flush before: nobody can wait for what does not come.
        """
        named = {} if event is None else {"type": "track", "event": event}
        self.assert_absent({**named, **where, **({"properties": properties} if properties else {})})

    def assert_absent(self, where: Mapping[str, Any]) -> None:
        """Check the same of any event with these members."""
        seconds = _QUIET_SECONDS if self._seconds is None else self._seconds
        self._sandbox.wait_until(lambda: bool(self.matching(where)), seconds)
        if self.matching(where):
            self._fail(f"an event came that must not: {telling.expectation(where)}", where)

    def expect(self, where: Mapping[str, Any], count: int) -> list[dict[str, Any]]:
        """Return the events with these members once there are ``count`` of them."""
        if not self._sandbox.wait_until(lambda: len(self.matching(where)) >= count, self._bound):
            times = "" if count == 1 else f" {count} times"
            self._fail(f"did not come{times} within {self._bound:g} s: {telling.expectation(where)}", where)
        return self.matching(where)

    def assert_violation(self, code: str) -> Violation:
        """Return the first violation with ``code``, which then fails no test: it was meant."""
        found: list[Violation] = []

        def came() -> bool:
            found[:] = [violation for violation in self._sandbox.violations if violation.code == code]
            return bool(found)

        if not self._sandbox.wait_until(came, self._bound):
            self._fail(f"no violation {code} came within {self._bound:g} s", None)
        self._sandbox.forgive(found[:1])
        return found[0]

    def assert_violations(self, count: int) -> None:
        """Wait for ``count`` violations and check that there are no more."""
        self._sandbox.wait_until(lambda: len(self._sandbox.violations) >= count, self._bound)
        if len(found := self._sandbox.violations) != count:
            self._fail(f"{len(found)} instead of {count} violations came within {self._bound:g} s", None)

    def assert_no_violation(self) -> None:
        """Check that nothing came that the relay would refuse."""
        if found := self._sandbox.violations:
            raise AssertionError(f"the relay would refuse:\n{telling.listed(found)}")

    @property
    def _bound(self) -> float:
        return USUAL_SECONDS if self._seconds is None else self._seconds

    def _fail(self, what: str, where: Mapping[str, Any] | None) -> Never:
        """Raise with what came: violations, and where events were looked for (``where``) these, too."""
        events, violations = self.all(), self._sandbox.violations
        lines = [what]
        if violations:
            lines += ["the relay would refuse:", telling.listed(violations)]
        if events and where is not None:
            lines.append(telling.missed(where, events))
        elif not events and not violations:
            at = f" at {self._address}" if self._address else ""
            lines.append(f"no request came{at}: does the SDK send there, and was it flushed?")
        raise AssertionError("\n".join(lines))


def _expected(
    kind: str, where: Mapping[str, Any], content: Mapping[str, object], member: str = "properties", **named: object
) -> dict[str, Any]:
    inner = {**where.get(member, {}), **content}
    return {"type": kind, **named, **where, **({member: inner} if inner else {})}
