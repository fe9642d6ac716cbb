"""One event as the model keeps it: all that was seen of it, and the row that follows from that.

An entry takes evidence in any order: of a message the latest look counts, of deliveries the first.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from dreamdata_relay.errors import Refusal
from local.page.observations import Letter, Received, SeenEvent
from local.page.reading import printable
from local.page.rows import Row, State, iso

# How long the queue hides a message while deliver works on it, and more than an invocation takes (template.yaml).
VISIBILITY_S = 420.0
INVOCATION_S = 65.0
# A look may come so much later than the receive that it shows.
_LOOK_SLACK_S = 3.0
# An event that is nowhere for so long does not just pass from the queue to its end.
LOST_AFTER_S = 10.0
LOST = "lost_from_view"


@dataclass(slots=True)
class Where:
    """A message on the queue, by the latest look that showed it.

    received_by: the first look that showed so many receives. held_by: the first that showed this visible_at.
    """

    message: str
    sent_at: float
    is_rest: bool
    seen_at: float
    receives: int
    visible_at: float
    received_by: float
    held_by: float
    keys: tuple[str, ...] = ()

    def in_work(self, now: float) -> bool:
        """Whether deliver has it at this moment, as far as a look can tell."""
        if self.receives == 0 or now - self.received_by > INVOCATION_S:
            return False
        return -_LOOK_SLACK_S <= self.visible_at - self.received_by - VISIBILITY_S <= 1.0

    def held(self, now: float) -> bool:
        """Whether it waits for another try; once held it stays so while it is tried again."""
        return self.is_rest or self.receives > 1 or (self.receives == 1 and not self.in_work(now))


@dataclass(slots=True)
class Entry:
    """One event. places: the messages it is or was in. letters: its dead letters; those that lie there have their id in
    `lying`. came_at: when a request brought it. dropped: the privacy rule that drops it. gone_at: since when it is
    neither on the queue nor a dead letter.
    """

    key: str
    event: SeenEvent
    way: str = ""
    places: dict[str, Where] = field(default_factory=dict)
    on_queue: set[str] = field(default_factory=set)
    letters: dict[str, Letter] = field(default_factory=dict)
    lying: set[str] = field(default_factory=set)
    received: Received | None = None
    came_at: float | None = None
    dropped: str = ""
    gone_at: float | None = None

    def take_way(self, way: str) -> None:
        """The way that a source tells; that it was HTTP, a request tells without the name of its key."""
        if self.way in ("", "http"):
            self.way = way or self.way

    def newest_letter(self) -> Letter | None:
        """The dead letter that counts: the newest of those that lie there, else the newest ever."""
        known = [self.letters[id_] for id_ in self.lying] or list(self.letters.values())
        return max(known, key=lambda letter: (letter.contents.sent_at, letter.message), default=None)

    def newest_place(self) -> Where | None:
        """The message that counts: of those on the queue the newest, else the newest ever."""
        known = [self.places[id_] for id_ in self.on_queue] or list(self.places.values())
        return max(known, key=lambda place: (place.sent_at, place.message), default=None)

    def state(self, now: float, ends_known_until: float) -> State:
        """Where the event is: Dreamdata's once it has it, else by what is newer, the message or the dead letter."""
        if self.received:
            return "delivered"
        if self.dropped and not self.on_queue and not self.lying:
            return "dropped"
        if self._is_lost(ends_known_until):
            return "lost"
        place, letter = self.newest_place(), self.newest_letter()
        if letter and self._dead(place, letter):
            return "dead"
        # Between the queue and its end it is what it was.
        return "held" if place and place.held(now if self.on_queue else place.seen_at) else "queued"

    def _dead(self, place: Where | None, letter: Letter) -> bool:
        return place is None or letter.contents.sent_at >= place.sent_at or (bool(self.lying) and not self.on_queue)

    def row(
        self,
        now: float,
        ends_known_until: float,
        reason_of: Callable[[Where], str],
        lag_of: Callable[[str], float | None],
    ) -> Row:
        """The row, without its version."""
        state, received = self.state(now, ends_known_until), self.received
        place, letter = self.newest_place(), self.newest_letter()
        taken, lag = self._taken(lag_of)
        reason = ""
        if state == "dead" and letter:
            reason = letter.code
        elif state == "lost":
            reason = LOST
        elif state == "dropped":
            reason = self.dropped
        elif state == "held" and place:
            reason = reason_of(place)
        waits = state == "held" and place is not None and bool(self.on_queue) and not place.in_work(now)
        return Row(
            key=self.key,
            message_id=printable(self.event.message_id),
            type=self.event.type,
            name=self.event.name,
            user=self.event.user,
            way=self.way,
            state=state,
            reason=reason,
            taken_at=iso(taken),
            delivered_at=iso(received.at) if received else None,
            next_try_at=iso(place.visible_at) if waits and place else None,
            lag_seconds=None if lag is None else round(lag, 3),
            payload=received.payload if received else None,
            tries=self._tries(),
        )

    def left(self, at: float) -> None:
        """A message or dead letter of it is not there any more: it may be nowhere now."""
        if not self.on_queue and not self.lying:
            self.gone_at = at

    def _is_lost(self, now: float) -> bool:
        """Whether it is nowhere: not on the queue any more, and at neither end."""
        since = self.came_at if self.gone_at is None else self.gone_at
        return since is not None and not self.on_queue and not self.lying and now - since > LOST_AFTER_S

    def _tries(self) -> int:
        """How often deliver received it: as seen, and once more where it was seen waiting and then delivered."""
        # What ingest refuses is never tried; what comes any other way, deliver has read.
        read = any(
            not self.way.startswith("http") or letter.code == Refusal.REFUSED_BY_DREAMDATA
            for letter in self.letters.values()
        )
        tries = [1 if self.received or read else 0]
        for where in self.places.values():
            waited = not where.in_work(where.seen_at)
            left = self.received and (where.message not in self.on_queue or self.received.at > where.seen_at)
            tries.append(where.receives + (1 if waited and left else 0))
        return max(tries)

    def _taken(self, lag_of: Callable[[str], float | None]) -> tuple[float, float | None]:
        """When the relay took it, and the seconds until Dreamdata had it; None where that was not seen."""
        sent = [where.sent_at for where in self.places.values()]
        received = self.received
        if sent:
            first = min(sent)
            return first, max(0.0, received.at - first) if received else None
        if received:
            # It passed the queue between two looks; deliver counted the lag of the payload's oldest event.
            lag = lag_of(received.payload)
            return received.at - (lag or 0.0), lag
        if self.letters:
            return min(letter.contents.sent_at for letter in self.letters.values()), None
        return self.came_at or 0.0, None
