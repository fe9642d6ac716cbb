"""A message as the queue gives it, and what of its attributes is believed."""

import math
from collections.abc import Mapping

from msgspec import Struct, field

# Attributes are the sender's to write: nobody's may make a number too long to read, or a dead letter too large.
_LONGEST_NUMBER = 20
_LONGEST_SOURCE = 100
_RETENTION_S = 14 * 86_400.0
_MOST_RECEIVES = 1_000


class QueuedMessage(Struct, frozen=True):
    """A message as the queue gives it: ``sent_at`` in seconds since the epoch, ``receives`` from 1 on.

    ``own``: the deliver function itself sent it, as AWS attests. Attributes are any sender's to write: of others'
    messages only ``source`` is believed.
    """

    message_id: str
    receipt_handle: str
    body: str
    receives: int = 1
    sent_at: float = 0.0
    attributes: Mapping[str, str] = field(default_factory=dict)
    own: bool = False

    @property
    def splits(self) -> int:
        """How often the rest of a message has become a message of its own on the way to this one."""
        return self._number("splits") if self.own else 0

    @property
    def all_receives(self) -> int:
        """How often the events were received, also in the messages that this one is the rest of."""
        return self.receives + (min(self._number("receives"), _MOST_RECEIVES) if self.own else 0)

    @property
    def refused_before(self) -> str | None:
        """How Dreamdata refused each event alone on an earlier receive: ``beside`` an acceptance, or ``all`` else."""
        return self.attributes.get("refused") if self.own else None

    def _number(self, name: str) -> int:
        text = self.attributes.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER else 0

    @property
    def first_sent_at(self) -> float:
        """When the events first reached the queue: earlier than this message where it is the rest of another."""
        if not self.own:
            # Anybody's word would move the metrics that alarms are on.
            return self.sent_at
        try:
            first = float(self.attributes["first_sent_at"])
        except (KeyError, ValueError):
            return self.sent_at
        credible = math.isfinite(first) and self.sent_at - _RETENTION_S * 10 <= first <= self.sent_at
        return first if credible else self.sent_at

    @property
    def sender(self) -> str | None:
        """What the ``source`` attribute says of where the events came from."""
        return self.attributes.get("source", "")[:_LONGEST_SOURCE] or None
