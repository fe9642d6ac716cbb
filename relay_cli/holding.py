"""What may still be held, of what the deliver function has said that it holds: why, since when, until when."""

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
    """Messages held at ``at``, or until ``end`` of the time in which that was counted; tried again by ``until``.

    Their oldest event was sent at ``born``; None where that is not counted yet.
    """

    at: datetime
    end: datetime
    born: datetime | None
    until: datetime


class Holding:
    """By deliver's ``lines`` and ``readings`` at ``now``; ``delivery`` is the last one, ``on_queue`` are messages."""

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
        """What may still be held, given that anything is on the queue."""
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
        """Why these are held, each with when that was last said; the newest first."""
        over = {_REFUSED} if self._is_refusal_over else set()
        found: dict[str, datetime] = {}
        for line in self._lines:
            if any(_is_of(line, one) for one in self.held):
                found |= {reason: line.at for reason in map(str, reasons_in(line)) if reason not in over}
        return dict(sorted(found.items(), key=lambda one: one[1], reverse=True))

    @cached_property
    def _is_refusal_over(self) -> bool:
        """Whether Dreamdata has taken, or the dead-letter queue has, as many events as were held for a refusal."""
        return refused_left(self._all_lines) == 0

    @cached_property
    def oldest_s(self) -> int | None:
        """For how long the oldest of these may have been on the queue."""
        born = [one.born for one in self.held if one.born]
        return max((int((self._now - at).total_seconds()) for at in born), default=None)

    @cached_property
    def tried_by(self) -> datetime | None:
        """By when all of these are tried again; None where nothing is held, or where that is over."""
        return max((one.until for one in self.held if one.until > self._now), default=None)

    def is_over(self, reason: str, at: datetime) -> bool:
        """Whether a delivery after ``at`` shows that ``reason`` has ended for all messages."""
        return is_of_all(reason) and self._delivery is not None and self._delivery.at > at

    def _counted(self, age: Reading) -> Held:
        asked = [line for line in self._lines if _near(line.at, age.at, age.end)]
        until = age.end + timedelta(seconds=_wait_s(age.value, asked) + _COMES_BACK_S)
        return Held(age.at, age.end, age.at - timedelta(seconds=age.value), until)

    def _told(self, line: Line, born: datetime | None) -> Held:
        """By a line alone; what was held before is none older than those that are counted."""
        age = LONGEST_HOLD_S if born is None else max(0.0, (line.at - born).total_seconds())
        return Held(line.at, line.at, None, line.at + timedelta(seconds=_wait_s(age, [line]) + _COMES_BACK_S))

    def _is_not_counted_yet(self, line: Line) -> bool:
        if line.at + timedelta(seconds=self._readings.late_s) <= self._now:
            return False
        return not any(_near(line.at, one.at, one.end) for one in self._readings.of("HeldAge"))

    def _holds_all(self) -> Line | None:
        """The newest line of what is held, where nothing has ended since and it is of all that is on the queue."""
        newest = self._lines[-1] if self._lines else None
        if newest is None or self._on_queue is None or number_in(newest, "messages") < self._on_queue:
            return None
        ended = self._delivery and self._delivery.end > newest.at
        return None if ended or any(is_of_dead_letters(line) for line in self._since(newest)) else newest

    def _since(self, line: Line) -> list[Line]:
        return list(self._all_lines)[self._all_lines.index(line) + 1 :]

    def _may_wait(self, held: Held) -> bool:
        """For a while nothing is known of what was to be tried again: only a delivery or an empty queue tells more."""
        if self._empty_at is not None and held.end <= self._empty_at:
            return False
        taken = self._delivery is not None and self._delivery.end > held.at
        late = timedelta(0) if taken else timedelta(seconds=LOST_S + self._readings.late_s)
        return self._now <= held.until + late

    def _reasons_at(self, held: Held) -> set[str]:
        return {str(reason) for line in self._lines if _is_of(line, held) for reason in reasons_in(line)}


def _wait_s(age_s: float, lines: Sequence[Line]) -> float:
    """For how long what is of this age waits at most: about twice as long, see backoff, or as ``lines`` tell."""
    wait = min(LONGEST_HOLD_S, 2 * age_s + FIRST_HOLD_S)
    asked = [number_in(line, "retry_after") for line in lines]
    return max([wait, *(1.25 * seconds + 30 for seconds in asked if seconds)])


def _is_of(line: Line, held: Held) -> bool:
    return _near(line.at, held.at, held.end)


def _near(at: datetime, begin: datetime, end: datetime) -> bool:
    """Whether a line's invocation may be the one that counted what was counted between ``begin`` and ``end``."""
    return begin - _SETTLING <= at <= end + timedelta(seconds=1)
