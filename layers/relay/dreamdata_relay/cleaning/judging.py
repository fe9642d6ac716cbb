"""Applies the suppression list and the rules to one event, and says in one way whatever keeps them from running."""

from collections.abc import Sequence
from typing import Protocol

from dreamdata_relay.cleaning.counting import SUPPRESSED
from dreamdata_relay.errors import ListUnavailable, RulesUnavailable, place_of
from dreamdata_relay.metrics import RULES_UNAVAILABLE, UNEXPECTED_ERRORS, Telemetry
from dreamdata_relay.privacy.keys import Keys
from dreamdata_relay.privacy.rules import Judged, Rules


class Suppression(Protocol):
    """The list of the people whose events are dropped, see :mod:`dreamdata_relay.privacy.suppression_list`."""

    def suppressed(self, event: bytes) -> bool:
        """Whether the person that ``event`` is about is on the list; raises :class:`ListUnavailable`."""
        ...


class NoRules:
    """Stands for the rules of an environment that has a suppression list only."""

    version = ""

    def judged(self, event: bytes, source: str, keys: Keys | None) -> Judged:  # noqa: ARG002  # as Rules has it
        """Return ``event`` unchanged."""
        return Judged(event)


class Dropped(Exception):
    """Raised when ``rule`` drops an event; it is ``SUPPRESSED`` if its person is on the suppression list."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class RulesFailed(RulesUnavailable):
    """Raised when the rules are at fault themselves."""


def report(errors: Sequence[RulesUnavailable], telemetry: Telemetry) -> None:
    """Count and log that the rules could not run; a fault of theirs is one of the relay's too, and raises its alarm."""
    telemetry.add(RULES_UNAVAILABLE, len(errors))
    if any(isinstance(error, RulesFailed) for error in errors):
        telemetry.add(UNEXPECTED_ERRORS)
    # A line for each reason, not for each of thousands of messages.
    for reason in dict.fromkeys(error.reason for error in errors):
        telemetry.log("error", "the privacy rules cannot run", reason=reason)


class Judge:
    """The rules of this environment with their keys, and its suppression list, if it has one.

    ``rules``: None if they cannot be used; then no event passes. ``version`` is None then, and no message has that.
    """

    def __init__(
        self, rules: Rules | NoRules | None, keys: Keys | None = None, suppression: Suppression | None = None
    ) -> None:
        self._rules = rules
        self._keys = keys
        self._suppression = suppression
        self.version = rules.version if rules is not None else None

    @property
    def changes_nothing(self) -> bool:
        """Whether it only drops events."""
        return isinstance(self._rules, NoRules)

    def after_rules(self) -> "Judge | None":
        """Return the judge of events that the rules have been applied to: the list may be newer. None without one."""
        return Judge(NoRules(), suppression=self._suppression) if self._suppression else None

    def cleaned(self, event: bytes, sources: Sequence[str]) -> bytes:
        """Return ``event`` as the rules leave it; raises :class:`Dropped` or :class:`RulesUnavailable`.

        ``sources``: where it came from, and where it says it came from if nobody attests that: rules of both hold.
        """
        if self._rules is None:
            raise RulesFailed("rules_unusable")
        if self._suppression is not None:
            # First, by the event as it came: the rules may remove what says who it is about.
            self._check_suppressed(self._suppression, event)
        for source in sources:
            try:
                judged = self._rules.judged(event, source, self._keys)
            except RulesUnavailable:
                raise
            except Exception as error:  # noqa: BLE001  # a fault holds the event as a missing key does
                # Neither the error's text nor its cause: both may hold a part of the event.
                raise RulesFailed(f"{type(error).__name__} at {place_of(error)}") from None
            if judged.text is None:
                raise Dropped(judged.rule or "unnamed")
            event = judged.text
        return event

    @staticmethod
    def _check_suppressed(suppression: Suppression, event: bytes) -> None:
        try:
            suppressed = suppression.suppressed(event)
        except ListUnavailable as error:
            raise RulesUnavailable(error.reason) from None
        except Exception as error:  # noqa: BLE001  # a fault holds the event as a missing list does
            raise RulesFailed(f"{type(error).__name__} at {place_of(error)}") from None
        if suppressed:
            raise Dropped(SUPPRESSED)
