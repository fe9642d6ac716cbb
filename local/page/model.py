"""Observations in, rows out. Pure: no I/O and no clock; the looks bring the time with them.

A row for each event, whatever it travelled in. Events are told apart by their ids; those refused without one, by their
text. Neither the order in which the sources are looked at, nor how often, changes where a row ends.
"""

import heapq
from collections import OrderedDict
from collections.abc import Iterable

from local.page.entries import LOST_AFTER_S, Entry
from local.page.known import Known
from local.page.letter_sight import LetterSight
from local.page.observations import Behind, Came, DeadLook, Held, Lag, Observation, Passed, QueueLook, Received
from local.page.queue_sight import QueueSight
from local.page.rows import CLOSED
from local.page.shown import Shown
from local.page.texts import MAX_TEXT_BYTES

MAX_ROWS = 20_000
_MAX_PAYLOADS = 5_000


class Model:
    """All that is known of the newest `max_rows` events. Of those that have made room, only how many there were:
    `forgotten`, and `forgotten_delivered` of them. What is delivered, or nowhere, makes room before what is open.

    `shown` has the rows, their versions beginning after `version`.
    """

    def __init__(self, version: int = 0, max_rows: int = MAX_ROWS, max_text_bytes: int = MAX_TEXT_BYTES) -> None:
        self.max_rows = max_rows
        self.forgotten = self.forgotten_delivered = 0
        self.shown = Shown(version)
        self._known = Known(max_text_bytes)
        self._queue = QueueSight(self._known)
        self._letters = LetterSight(self._known)
        self._lags: OrderedDict[str, float] = OrderedDict()
        self._of_payload: dict[str, list[str]] = {}
        # Of rows that were closed when they changed: (place among all, key).
        self._closed: list[tuple[int, str]] = []

    def entry(self, key: str) -> Entry | None:
        """All that was seen of one event."""
        return self._known.entries.get(key)

    def take(self, observations: Iterable[Observation]) -> None:
        """Take what was seen."""
        changed: set[str] = set()
        for seen in observations:
            changed |= self._taken(seen)
        changed |= self._known.due()
        # In the order the events came, so that the rows of one batch keep theirs.
        for key in sorted(changed, key=self._known.identities.number):
            self._refresh(key)
        while len(self._known.entries) > self.max_rows:
            self._make_room()

    def _taken(self, seen: Observation) -> set[str]:
        match seen:
            case QueueLook():
                return self._queue.look(seen)
            case Passed():
                return self._queue.passed(seen)
            case Held():
                return self._queue.held(seen)
            case DeadLook():
                return self._letters.look(seen)
            case Came():
                return self._came(seen)
            case Received():
                return self._received(seen)
            case Behind():
                self._known.behind = seen.since
                return set()
            case Lag():
                return self._lag(seen)

    def _came(self, came: Came) -> set[str]:
        self._known.notice(came.at)
        known = self._known.identities
        entries = [known.of_id(event) if event.message_id else known.of_dropped(event) for event in came.events]
        for entry, event in zip(entries, came.events, strict=True):
            entry.dropped = event.dropped
            entry.came_at = came.at if entry.came_at is None else min(entry.came_at, came.at)
            entry.take_way("http")
        keys = {entry.key for entry in entries}
        self._known.remind(came.at + LOST_AFTER_S, keys)
        return keys

    def _received(self, received: Received) -> set[str]:
        entry = self._known.identities.of_id(received.event)
        first = entry.received
        if first is None or received.index < first.index:
            entry.received = received
            self._of_payload.setdefault(received.payload, []).append(entry.key)
        return {entry.key}

    def _lag(self, lag: Lag) -> set[str]:
        self._lags[lag.payload] = lag.seconds
        while len(self._lags) > _MAX_PAYLOADS:
            self._lags.popitem(last=False)
        return set(self._of_payload.get(lag.payload, ()))

    def _refresh(self, key: str) -> None:
        for entry in self._known.of([key]):
            row = entry.row(self._known.now, self._known.ends_known_until, self._queue.reason_of, self._lags.get)
            if self.shown.put(row) and row.state in CLOSED:
                heapq.heappush(self._closed, (self._known.identities.number(key), key))

    def _make_room(self) -> None:
        key = self._first_to_go()
        row = self.shown.remove(key)
        entry = self._known.forget(key)
        if entry.received and key in self._of_payload.get(entry.received.payload, ()):
            del self._of_payload[entry.received.payload]
        self.forgotten += 1
        self.forgotten_delivered += row is not None and row.state == "delivered"

    def _first_to_go(self) -> str:
        """The oldest that is closed; where all are open, the oldest of them."""
        while self._closed:
            _, key = heapq.heappop(self._closed)
            row = self.shown.get(key)
            if row is not None and row.state in CLOSED:
                return key
        return next(iter(self._known.entries))
