"""Determines which of the messages that the deliver function held may still be held: why, since when, until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from dreamdata_relay.deliver.backoff import FIRST_HOLD_S, LONGEST_HOLD_S
from relay_cli.failing import is_of_all
from relay_cli.line_facts import is_of_dead_letters, number_in, reasons_in, refused_left
from relay_cli.log_lines import Line
from relay_cli.readings import Reading, Readings

# From the end of its wait to the line that says that a message is held again: gathering (60 s), the invocation (60 s).
_COMES_BACK_S = 150.0
# The queue shows what was received and never settled again after this: its visibility timeout.
LOST_S = 420
# A line of what is held is written so long before its count, at most.
_SETTLING = timedelta(seconds=15)
_REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Held:
    """Messages held at ``at``, or between ``at`` and ``end`` if they were only counted; tried again by ``until``.

    Their oldest event was sent at ``born``; None if that is not counted yet.
    """

    at: datetime
    end: datetime
    born: datetime | None
    until: datetime


class Holding:
    """What deliver's ``lines`` and ``readings`` tell at ``now``.

    ``delivery`` is the last one; ``on_queue`` is the number of messages.
    """

    def __init__(
        self, readings: Readings, lines: Sequence[Line], delivery: Reading | None, now: datetime, on_queue: int | None
    ) -> None:
        self._empty_at = readings.empty_at
        self._on_queue = on_queue
        self._readings = readings
        self._delivery = delivery
        self._now = now
        self._lines = [line for line in lines if reasons_in(line)]
        self._all_lines = lines

    @cached_property
    def held(self) -> list[Held]:
        """Return what may still be held, provided that anything is on the queue."""
        counted = [self._counted(one) for one in self._readings.of("HeldAge")]
        found = [one for one in counted if self._may_wait(one)]
        born = min((one.born for one in found if one.born), default=None)
        told = [self._told(line, born) for line in self._lines if self._is_not_counted_yet(line)]
        found += [one for one in told if self._may_wait(one)]
        if (newest := self._holds_all()) and self._delivery:
            # What was held before the last delivery is none of these.
            found = [one for one in found if _is_of(newest, one) or one.at > self._delivery.end]
        if not self._is_refusal_over:
            return found
        return [one for one in found if self._reasons_at(one) != {_REFUSED}]

    @cached_property
    def reasons(self) -> dict[str, datetime]:
        """Return the reasons of the held messages, each with the time when it was last logged; the newest first."""
        over = {_REFUSED} if self._is_refusal_over else set()
        found: dict[str, datetime] = {}
        for line in self._lines:
            if any(_is_of(line, one) for one in self.held):
                found |= {reason: line.at for reason in map(str, reasons_in(line)) if reason not in over}
        return dict(sorted(found.items(), key=lambda one: one[1], reverse=True))

    @cached_property
    def _is_refusal_over(self) -> bool:
        """Whether as many refused events have been delivered or dead-lettered since as were held."""
        return refused_left(self._all_lines) == 0

    @cached_property
    def oldest_s(self) -> int | None:
        """Return for how many seconds the oldest of them may have been on the queue."""
        born = [one.born for one in self.held if one.born]
        return max((int((self._now - at).total_seconds()) for at in born), default=None)

    @cached_property
    def tried_by(self) -> datetime | None:
        """Return by when all of them are tried again; None if nothing is held, or if that time has passed."""
        return max((one.until for one in self.held if one.until > self._now), default=None)

    def is_over(self, reason: str, at: datetime) -> bool:
        """Whether a delivery after ``at`` shows that ``reason`` has ended for all messages."""
        return is_of_all(reason) and self._delivery is not None and self._delivery.at > at

    def _counted(self, age: Reading) -> Held:
        asked = [line for line in self._lines if _near(line.at, age.at, age.end)]
        until = age.end + timedelta(seconds=_wait_s(age.value, asked) + _COMES_BACK_S)
        return Held(age.at, age.end, age.at - timedelta(seconds=age.value), until)

    def _told(self, line: Line, born: datetime | None) -> Held:
        """Return what one log line tells; messages held earlier are no older than those that are counted."""
        age = LONGEST_HOLD_S if born is None else max(0.0, (line.at - born).total_seconds())
        return Held(line.at, line.at, None, line.at + timedelta(seconds=_wait_s(age, [line]) + _COMES_BACK_S))

    def _is_not_counted_yet(self, line: Line) -> bool:
        if line.at + timedelta(seconds=self._readings.late_s) <= self._now:
            return False
        return not any(_near(line.at, one.at, one.end) for one in self._readings.of("HeldAge"))

    def _holds_all(self) -> Line | None:
        """Return the newest hold line if it covers everything on the queue and nothing has ended since."""
        newest = self._lines[-1] if self._lines else None
        if newest is None or self._on_queue is None or number_in(newest, "messages") < self._on_queue:
            return None
        ended = self._delivery and self._delivery.end > newest.at
        return None if ended or any(is_of_dead_letters(line) for line in self._since(newest)) else newest

    def _since(self, line: Line) -> list[Line]:
        return list(self._all_lines)[self._all_lines.index(line) + 1 :]

    def _may_wait(self, held: Held) -> bool:
        """Whether these may still wait. For a while only a delivery or an empty queue shows that they do not."""
        if self._empty_at is not None and held.end <= self._empty_at:
            return False
        taken = self._delivery is not None and self._delivery.end > held.at
        late = timedelta(0) if taken else timedelta(seconds=LOST_S + self._readings.late_s)
        return self._now <= held.until + late

    def _reasons_at(self, held: Held) -> set[str]:
        return {str(reason) for line in self._lines if _is_of(line, held) for reason in reasons_in(line)}


def _wait_s(age_s: float, lines: Sequence[Line]) -> float:
    """Return the longest wait of messages of this age: about twice as long (see backoff), or what ``lines`` tell."""
    wait = min(LONGEST_HOLD_S, 2 * age_s + FIRST_HOLD_S)
    asked = [number_in(line, "retry_after") for line in lines]
    return max([wait, *(1.25 * seconds + 30 for seconds in asked if seconds)])


def _is_of(line: Line, held: Held) -> bool:
    return _near(line.at, held.at, held.end)


def _near(at: datetime, begin: datetime, end: datetime) -> bool:
    """Whether a line may come from the invocation that was counted between ``begin`` and ``end``."""
    return begin - _SETTLING <= at <= end + timedelta(seconds=1)
