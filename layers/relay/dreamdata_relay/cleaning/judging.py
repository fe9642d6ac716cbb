"""Applies the rules to one event, and says so in one way whatever keeps them from running."""

from collections.abc import Sequence

from dreamdata_relay.errors import RulesUnavailable, place_of
from dreamdata_relay.privacy.keys import Keys
from dreamdata_relay.privacy.rules import Rules


class Dropped(Exception):
    """Raised when ``rule`` drops an event."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Judge:
    """The rules of this environment with their keys.

    ``rules``: None if they cannot be used; then no event passes. ``version`` is None then, and no message has that.
    """

    def __init__(self, rules: Rules | None, keys: Keys | None = None) -> None:
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
