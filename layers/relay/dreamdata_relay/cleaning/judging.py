"""Applies the rules to one event, and says so in one way whatever keeps them from running."""

from collections.abc import Sequence
from typing import Any, Protocol

from dreamdata_relay.errors import RulesUnavailable, place_of


class Judged(Protocol):
    """What the rules made of an event: its ``text``, None if ``rule`` dropped it."""

    @property
    def text(self) -> bytes | None:
        """Return the cleaned text."""
        ...

    @property
    def rule(self) -> str | None:
        """Return the name of the rule that dropped the event."""
        ...


class Rules(Protocol):
    """Compiled rules, see :mod:`dreamdata_relay.privacy`."""

    @property
    def version(self) -> str:
        """Return what tells these rules from any others."""
        ...

    def judged(self, event: bytes, source: str, keys: Any) -> Judged:
        """Return what the rules make of ``event``; raises :class:`RulesUnavailable`."""
        ...


class Dropped(Exception):
    """Raised when ``rule`` drops an event."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Judge:
    """The rules of this environment with their keys.

    ``rules``: None if they cannot be used; then no event passes. ``version`` is None then, and no message has that.
    """

    def __init__(self, rules: Rules | None, keys: Any = None) -> None:
        self._rules = rules
        self._keys = keys
        self.version = rules.version if rules is not None else None

    def cleaned(self, event: bytes, sources: Sequence[str]) -> bytes:
        """Return ``event`` as the rules leave it; raises :class:`Dropped` or :class:`RulesUnavailable`.

        ``sources``: where it came from, and where it says it came from if nobody attests that: rules of both hold.
        """
        if self._rules is None:
            raise RulesUnavailable("rules_unusable")
        for source in sources:
            try:
                judged = self._rules.judged(event, source, self._keys)
            except RulesUnavailable:
                raise
            except Exception as error:  # noqa: BLE001  # a fault holds the event as a missing key does
                # Neither the error's text nor its cause: both may hold a part of the event.
                raise RulesUnavailable(f"{type(error).__name__} at {place_of(error)}") from None
            if judged.text is None:
                raise Dropped(judged.rule or "unnamed")
            event = judged.text
        return event
