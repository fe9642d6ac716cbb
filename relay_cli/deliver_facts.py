"""What the deliver function's counts and log lines tell of it: last delivery, what fails since, what is held.

Every function here is pure. A statement names the time that it is of: nothing is told of now that was so a while ago.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from dreamdata_relay.deliver.backoff import FIRST_HOLD_S, LONGEST_HOLD_S
from relay_cli.key_answers import KeyAnswers
from relay_cli.line_facts import answer_in, is_kind, is_taken, number_in, reasons_in, uncovered
from relay_cli.log_lines import Line
from relay_cli.readings import AGE_OF_OLDEST, Reading, Readings

# From the end of its wait to the line that says that a message is held again: gathering (60 s), the invocation (60 s).
_COMES_BACK_S = 150.0
# The queue shows what was received and never settled again after this: its visibility timeout.
_LOST_S = 420
# A line of what is held is written so long before its count, at most.
_SETTLING = timedelta(seconds=15)
# A function that works on what it received says something of it within its time-out.
SILENT_S = 150
_FAILING = {"Answers3xx": "3xx", "Answers4xx": "4xx", "Answers5xx": "5xx", "NoAnswers": "nothing"}
# Answers that may be of one event alone: what Dreamdata says of all says so in the reasons of what is held.
_OF_CONTENT = ("400", "403", "406", "409", "413", "414", "422", "431", "451", "4xx")
# Reasons that end for all messages at once: whoever sees a delivery after knows that the cause is gone.
_OF_ALL = ("unavailable", "ambiguous", "configuration", "refused_all")


@dataclass(frozen=True, slots=True)
class Failing:
    """What Dreamdata has answered since ``since`` and, ``newest``, last at ``last``, with nothing taken in between.

    ``certain``: surely after the last delivery; else both were within one minute.
    """

    answers: tuple[str, ...]
    newest: str
    since: Reading
    last: Reading
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
        taken = [Reading(line.at, 1.0) for line in self._lines if is_taken(line)]
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
        """Whether the function has told nothing for longer than it may take with what has come.

        Of a message of which nothing is counted yet nobody knows how long it has been there.
        """
        most = SILENT_S + self._readings.late_s
        return self.waits_since is not None and (self._now - self.waits_since).total_seconds() > most

    @cached_property
    def waits_since(self) -> datetime | None:
        """Since when a message waits that the function has told nothing of since; None where that is not known."""
        counts = (*self._readings.of("EventsAccepted", "ingest"), *self._readings.of("NumberOfMessagesSent", "queue"))
        last = self.last_sign
        came = [one.end for one in counts if last is None or one.end > last]
        # What came before all that is counted, the age of the oldest message tells.
        ages = [one for one in self._readings.of(AGE_OF_OLDEST, "queue") if last is None or one.at > last]
        if ages and ages[-1].value:
            born = ages[-1].at - timedelta(seconds=ages[-1].value)
            came.append(max(born, last) if last else born)
        return min(came, default=None)

    @cached_property
    def failing(self) -> Failing | None:
        """What Dreamdata has answered since its last delivery, where that was no 2xx, nor a refusal of one event."""
        after = self.delivery.at if self.delivery else None
        certain_from = self.delivery.end if self.delivery else None
        lines = [
            (Reading(line.at, 1.0), answer_in(line))
            for line in self._lines
            if answer_in(line) and (after is None or line.at > after)
        ]
        counts = [
            (one, kind)
            for metric, kind in _FAILING.items()
            for one in uncovered(self._readings, metric, [at for at, _ in lines])
            if after is None or one.at > after
        ]
        found = sorted([*lines, *counts], key=lambda one: one[0].at)
        if not found or not (self._blames_all(after) or any(answer not in _OF_CONTENT for _, answer in found)):
            return None
        since, last = found[0][0], found[-1][0]
        certain = certain_from is None or last.at > certain_from
        if certain and self.delivery and certain_from and since.at <= certain_from:
            # It began within the minute of the last delivery, before that perhaps.
            since = self.delivery
        exact = {answer for _, answer in lines}
        answers = tuple(
            dict.fromkeys(
                answer for _, answer in found if answer in exact or not any(is_kind(answer, one) for one in exact)
            )
        )
        return Failing(answers, found[-1][1], since, last, certain)

    def _blames_all(self, after: datetime | None) -> bool:
        """Whether what was held, or counted, since the last delivery lays it to more than one event."""
        reasons = [
            str(reason) for line in self._lines if after is None or line.at > after for reason in reasons_in(line)
        ]
        return any(map(_is_of_all, reasons)) or bool(self.key.refusals)

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
                found |= {str(reason): line.at for reason in reasons_in(line)}
        return dict(sorted(found.items(), key=lambda one: one[1], reverse=True))

    def is_over(self, reason: str, at: datetime) -> bool:
        """Whether a delivery after ``at`` shows that ``reason`` has ended for all messages."""
        return _is_of_all(reason) and self.delivery is not None and self.delivery.at > at

    @cached_property
    def key(self) -> KeyAnswers:
        """What Dreamdata has said of the key."""
        return KeyAnswers(self._readings, self._lines, self.delivery)

    def _held(self, age: Reading) -> Held:
        # A message of this age has waited so often that its next wait is at most about twice as long, see backoff.
        wait = min(LONGEST_HOLD_S, 2 * age.value + FIRST_HOLD_S)
        asked = [number_in(line, "retry_after") for line in self._lines if reasons_in(line) and _near(line.at, age)]
        wait = max([wait, *(1.25 * seconds + 30 for seconds in asked)])
        until = age.end + timedelta(seconds=wait + _COMES_BACK_S)
        return Held(age.at, age.at - timedelta(seconds=age.value), until)

    def _late(self, held: Held) -> timedelta:
        """For how much longer nothing is known of what was to be tried again: only a delivery tells more."""
        taken = self.delivery is not None and self.delivery.end > held.at
        return timedelta(0) if taken else timedelta(seconds=_LOST_S + self._readings.late_s)


def _is_of_all(reason: str) -> bool:
    return reason in _OF_ALL or reason.startswith("key:")


def _near(at: datetime, reading: Reading) -> bool:
    """Whether a line's invocation may be the one that counted ``reading``."""
    return reading.at - _SETTLING <= at <= reading.end + timedelta(seconds=1)
