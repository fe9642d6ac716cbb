"""What the deliver function's counts and log lines tell of it: last delivery, what fails since, what is held.

Every function here is pure. A statement names the time that it is of: nothing is told of now that was so a while ago.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property

from relay_cli.failing import FAILING, Answers, Failing
from relay_cli.holding import LOST_S, Holding
from relay_cli.key_answers import KeyAnswers
from relay_cli.line_facts import is_taken
from relay_cli.log_lines import Line
from relay_cli.readings import AGE_OF_OLDEST, Reading, Readings

# A function that works on what it received says something of it within its time-out.
SILENT_S = 150


class DeliverFacts:
    """The facts in ``readings`` and in deliver's log ``lines``, as known at ``now`` (UTC).

    ``on_queue``: messages, None where that is not known.
    """

    def __init__(self, readings: Readings, lines: Sequence[Line], now: datetime, on_queue: int | None = None) -> None:
        self._on_queue = on_queue
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
    def last_sign(self) -> datetime | None:
        """When the function last told anything of its work; that an invocation ended badly is the platform's word."""
        metrics = ("EventsDelivered", "EventsHeld", "EventsRefused", *FAILING)
        newest = [self._readings.last(metric) for metric in metrics]
        signs = [line.at for line in self._lines if "kind" not in line.fields] + [one.end for one in newest if one]
        return min(max(signs), self._now) if signs else None

    @cached_property
    def bad_ends(self) -> list[Line]:
        """Invocations that ended without an answer, so lately that their messages may still be hidden."""
        since = self._now - timedelta(seconds=LOST_S + 30)
        if self._readings.empty_at:
            since = max(since, self._readings.empty_at)
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
        # What was on the queue before it was empty waits no more.
        last = max((at for at in (self.last_sign, self._readings.empty_at) if at), default=None)
        came = [one.end for one in counts if last is None or one.end > last]
        # What came before all that is counted, the age of the oldest message tells.
        ages = [one for one in self._readings.of(AGE_OF_OLDEST, "queue") if last is None or one.at > last]
        if ages and ages[-1].value:
            born = ages[-1].at - timedelta(seconds=ages[-1].value)
            came.append(max(born, last) if last else born)
        return min(came, default=None)

    @cached_property
    def key(self) -> KeyAnswers:
        """What Dreamdata has said of the key."""
        return KeyAnswers(self._readings, self._lines, self.delivery)

    @cached_property
    def failing(self) -> Failing | None:
        """What Dreamdata has answered since its last delivery, where that was no 2xx, nor a refusal of one event."""
        return Answers(self._readings, self._lines, self.delivery, refuses_key=bool(self.key.refusals)).failing

    @cached_property
    def fails_now(self) -> bool:
        """Whether what fails may still do so: messages are held, or the last of these answers is a few minutes old."""
        if self.failing is None:
            return False
        late = timedelta(seconds=LOST_S + self._readings.late_s)
        return bool(self.holding.held) or self._now <= self.failing.each[0].last.end + late

    @cached_property
    def holding(self) -> Holding:
        """What may still be held."""
        return Holding(self._readings, self._lines, self.delivery, self._now, self._on_queue)
