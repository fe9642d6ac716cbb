"""What both queues' sights do with an event: it lies in a message by the latest look, or has left it."""

from collections.abc import Callable, Sequence

from local.page.entries import LOST_AFTER_S, Entry
from local.page.known import Known
from local.page.observations import Contents, SeenEvent


class Presence:
    """Which messages lie on one queue; `lying_of` has those of an entry. looked_at: when the latest look was."""

    def __init__(self, known: Known, lying_of: Callable[[Entry], set[str]]) -> None:
        self._known = known
        self._lying_of = lying_of
        self.looked_at = 0.0

    def seen(self, at: float) -> bool:
        """Something was seen at that time; whether no look was later."""
        self._known.notice(at)
        return at >= self.looked_at

    def put(self, entry: Entry, event: SeenEvent, message: str, contents: Contents, newest: bool) -> None:
        """The entry of an event that was seen in a message."""
        if newest:
            self._lying_of(entry).add(message)
            entry.gone_at = None
        elif entry.gone_at is None:
            # It has left between two looks.
            entry.left(self.looked_at)
        entry.take_way(contents.way)
        entry.dropped = event.dropped or entry.dropped
        self._known.texts.keep(entry, event)

    def lay_there(self, keys: Sequence[str]) -> None:
        """These were seen by an earlier look only."""
        self._known.remind(self.looked_at + LOST_AFTER_S, keys)

    def left(self, message: str, keys: Sequence[str], at: float) -> set[str]:
        """A look found the message no more; the keys of its events."""
        for entry in self._known.of(keys):
            self._lying_of(entry).discard(message)
            entry.left(at)
        self._known.remind(at + LOST_AFTER_S, keys)
        return set(keys)
