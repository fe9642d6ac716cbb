"""A message as received from the queue, and which of its attributes are trusted."""

import math
from collections.abc import Mapping

from msgspec import Struct, field

# Senders write attributes, so these bounds keep numbers readable and dead letters small enough.
_LONGEST_NUMBER = 20
_LONGEST_SOURCE = 100
_RETENTION_S = 14 * 86_400.0
_MOST_RECEIVES = 1_000


class QueuedMessage(Struct, frozen=True):
    """A message as received from the queue: ``sent_at`` in seconds since the epoch, ``receives`` from 1 on.

    ``own``: the deliver function itself sent it, which AWS attests. Any sender can write attributes, so only ``source``
    is trusted in others' messages. ``attested``: one of the relay's two functions sent it, by the unique id of its
    role, so what the attributes say about privacy rules is true.
    """

    message_id: str
    receipt_handle: str
    body: str
    receives: int = 1
    sent_at: float = 0.0
    attributes: Mapping[str, str] = field(default_factory=dict)
    own: bool = False
    attested: bool = False

    @property
    def rules(self) -> str | None:
        """Return the version of the privacy rules that the events have been through."""
        return self.attributes.get("rules") if self.attested else None

    def sources(self, came: str) -> tuple[str, ...]:
        """Return where the events come from for rules about that; ``came``: by what the message is.

        Whoever writes to the queue can write a source, and would escape the rules for its own: both count, unless one
        of the relay's functions wrote it.
        """
        if self.attested:
            came = self.attributes.get("came", "")
        return tuple(dict.fromkeys(filter(None, (self.sender, came)))) or ("queue",)

    @property
    def splits(self) -> int:
        """Return how often the rest of a message was requeued as a new message before this one."""
        return self._number("splits") if self.own else 0

    @property
    def all_receives(self) -> int:
        """Return how often the events were received, including the messages that this one is the rest of."""
        return self.receives + (min(self._number("receives"), _MOST_RECEIVES) if self.own else 0)

    @property
    def refused_before(self) -> str | None:
        """Return how Dreamdata refused each event alone on an earlier receive; the values are in ``progress``."""
        return self.attributes.get("refused") if self.own else None

    def _number(self, name: str) -> int:
        text = self.attributes.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else 0

    @property
    def first_sent_at(self) -> float:
        """Return when the events first reached the queue; earlier than this message if it is the rest of another."""
        if not self.own:
            # A foreign sender's value could move the metrics behind the alarms.
            return self.sent_at
        try:
            first = float(self.attributes["first_sent_at"])
        except (KeyError, ValueError):
            return self.sent_at
        credible = math.isfinite(first) and self.sent_at - _RETENTION_S * 10 <= first <= self.sent_at
        return first if credible else self.sent_at

    @property
    def sender(self) -> str | None:
        """Return where the events came from, by the ``source`` attribute."""
        return self.attributes.get("source", "")[:_LONGEST_SOURCE] or None
