"""What the deliver function's counts and log lines tell of it: last delivery, what fails since, what is held.

Every function here is pure. A statement names the time that it is of: nothing is told of now that was so a while ago.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from dreamdata_relay.deliver.backoff import FIRST_HOLD_S, LONGEST_HOLD_S
from relay_cli.log_lines import Line
from relay_cli.readings import Reading, Readings

# From the end of its wait to the line that says that a message is held again: gathering (60 s), the invocation (60 s).
_COMES_BACK_S = 150.0
# The queue shows what was received and never settled again after this: its visibility timeout.
_LOST_S = 420
# A line of what is held is written so long before its count, at most.
_SETTLING = timedelta(seconds=15)
# A function that works on what it received says something of it within its time-out.
SILENT_S = 150
_FAILING = {"Answers3xx": "3xx", "Answers4xx": "4xx", "Answers5xx": "5xx", "NoAnswers": "nothing"}
# Reasons that end for all messages at once: whoever sees a delivery after knows that the cause is gone.
_OF_ALL = ("unavailable", "ambiguous", "configuration", "refused_all")


@dataclass(frozen=True, slots=True)
class Failing:
    """What Dreamdata has answered since ``since`` and last at ``last``, with nothing taken in between.

    ``certain``: surely after the last delivery; else both were within one minute.
    """

    answers: tuple[str, ...]
    since: datetime
    last: datetime
    certain: bool


@dataclass(frozen=True, slots=True)
class Held:
    """Messages held: their oldest event was sent at ``born``, and they are tried again by ``until``."""

    at: datetime
    born: datetime
    until: datetime


class DeliverFacts:
    """The facts in ``readings`` and in deliver's log ``lines``, as known at ``now`` (UTC)."""

    def __init__(self, readings: Readings, lines: Sequence[Line], now: datetime) -> None:
        self._readings = readings
        self._lines = [line for line in lines if line.function == "deliver"]
        self._now = now

    @cached_property
    def delivery(self) -> Reading | None:
        """When Dreamdata last took events: by the line of the post where there is one, which is exact."""
        taken = [Reading(line.at, 1.0) for line in self._lines if _is_taken(line)]
        return taken[-1] if taken else self._readings.last("EventsDelivered")

    @cached_property
    def last_hold(self) -> Reading | None:
        """When messages were last held."""
        return self._readings.last("HeldAge")

    @cached_property
    def tried_by(self) -> datetime | None:
        """By when all that may be held is tried again; None where nothing is, or where that is over."""
        return max((one.until for one in self.held if one.until > self._now), default=None)

    @cached_property
    def last_sign(self) -> datetime | None:
        """When the function last told anything of its work; that an invocation ended badly is the platform's word."""
        metrics = ("EventsDelivered", "EventsHeld", "EventsRefused", *_FAILING)
        newest = [self._readings.last(metric) for metric in metrics]
        signs = [line.at for line in self._lines if "kind" not in line.fields] + [one.end for one in newest if one]
        return min(max(signs), self._now) if signs else None

    @cached_property
    def bad_ends(self) -> list[Line]:
        """Invocations that ended without an answer, so lately that their messages may still be hidden."""
        since = self._now - timedelta(seconds=_LOST_S + 30)
        return [line for line in self._lines if "kind" in line.fields and not line.is_forerunner and line.at >= since]

    @cached_property
    def silent(self) -> bool:
        """Whether the function has told nothing for longer than it may take with what has come."""
        since = self.waits_since or self.last_sign
        most = SILENT_S + self._readings.late_s
        return since is None or (self._now - since).total_seconds() > most

    @cached_property
    def waits_since(self) -> datetime | None:
        """When the first message came that the function has told nothing of since; None where that is not known."""
        counts = (*self._readings.of("EventsAccepted", "ingest"), *self._readings.of("NumberOfMessagesSent", "queue"))
        last = self.last_sign
        return min((one.end for one in counts if last is None or one.end > last), default=None)

    @cached_property
    def failing(self) -> Failing | None:
        """What Dreamdata has answered since its last delivery, where that was no 2xx."""
        after = self.delivery.at if self.delivery else None
        certain_from = self.delivery.end if self.delivery else None
        told = [(line.at, _answer(line)) for line in self._lines if _answer(line)]
        found = [(at, answer) for at, answer in told if after is None or at > after]
        if not found:
            # Counts without lines are CloudWatch's alone: the line is written before the count.
            counts = [
                (one.at, kind) for metric, kind in _FAILING.items() for one in self._readings.of(metric) if one.seconds
            ]
            found = [(at, kind) for at, kind in counts if after is None or at > after]
        if not found:
            return None
        times = [at for at, _ in found]
        answers = tuple(dict.fromkeys(answer for _, answer in sorted(found)))
        return Failing(answers, min(times), max(times), certain_from is None or min(times) > certain_from)

    @cached_property
    def held(self) -> list[Held]:
        """What may still be held, given that anything is on the queue."""
        found = [self._held(one) for one in self._readings.of("HeldAge")]
        return [one for one in found if self._now <= one.until + self._late(one)]

    @cached_property
    def oldest_s(self) -> int | None:
        """For how long the oldest of these may have been on the queue."""
        return max((int((self._now - one.born).total_seconds()) for one in self.held), default=None)

    @cached_property
    def reasons(self) -> dict[str, datetime]:
        """Why messages are held, each with when that was last said; the newest first."""
        start = min((one.at for one in self.held), default=None)
        found: dict[str, datetime] = {}
        for line in self._lines:
            if start is not None and line.at >= start - _SETTLING:
                found |= {str(reason): line.at for reason in _reasons(line)}
        return dict(sorted(found.items(), key=lambda one: one[1], reverse=True))

    def is_over(self, reason: str, at: datetime) -> bool:
        """Whether a delivery after ``at`` shows that ``reason`` has ended for all messages."""
        of_all = reason in _OF_ALL or reason.startswith("key:")
        return of_all and self.delivery is not None and self.delivery.at > at

    @cached_property
    def key_refusals(self) -> list[tuple[datetime, str]]:
        """When Dreamdata refused the key after it last took events, with the answer; the oldest first."""
        taken = self.delivery
        found = [
            (line.at, reason.removeprefix("key:"))
            for line in self._lines
            for reason in map(str, _reasons(line))
            if reason in ("key:401", "key:403")
        ]
        return sorted((at, answer) for at, answer in found if taken is None or at > taken.at)

    def _held(self, age: Reading) -> Held:
        # A message of this age has waited so often that its next wait is at most about twice as long, see backoff.
        wait = min(LONGEST_HOLD_S, 2 * age.value + FIRST_HOLD_S)
        asked = [_number(line, "retry_after") for line in self._lines if _reasons(line) and _near(line.at, age)]
        wait = max([wait, *(1.25 * seconds + 30 for seconds in asked)])
        until = age.end + timedelta(seconds=wait + _COMES_BACK_S)
        return Held(age.at, age.at - timedelta(seconds=age.value), until)

    def _late(self, held: Held) -> timedelta:
        """For how much longer nothing is known of what was to be tried again: only a delivery tells more."""
        taken = self.delivery is not None and self.delivery.end > held.at
        return timedelta(0) if taken else timedelta(seconds=_LOST_S + self._readings.late_s)


def _answer(line: Line) -> str:
    """Dreamdata's answer in a line of a post that it did not take; empty for any other line."""
    if not line.text.startswith("payload posted"):
        return ""
    status = int(_number(line, "status"))
    return "" if 200 <= status < 300 else str(status or "nothing")


def _is_taken(line: Line) -> bool:
    return line.text.startswith("payload posted") and 200 <= _number(line, "status") < 300


def _reasons(line: Line) -> list[object]:
    found = line.fields.get("reasons")
    return found if isinstance(found, list) else []


def _number(line: Line, name: str) -> float:
    found = line.fields.get(name)
    return float(found) if isinstance(found, int | float) else 0.0


def _near(at: datetime, reading: Reading) -> bool:
    """Whether a line's invocation may be the one that counted ``reading``."""
    return reading.at - _SETTLING <= at <= reading.end + timedelta(seconds=1)
