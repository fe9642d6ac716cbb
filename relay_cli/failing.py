"""What Dreamdata has answered since its last delivery, each answer with times of its own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from relay_cli.line_facts import answer_in, is_kind, reasons_in, uncovered
from relay_cli.log_lines import Line
from relay_cli.readings import Reading, Readings

_FAILING = {"Answers3xx": "3xx", "Answers4xx": "4xx", "Answers5xx": "5xx", "NoAnswers": "nothing"}
FAILING = tuple(_FAILING)
# Answers that may be of one event alone, with what messages are held for where Dreamdata says it of all.
_OF_ALL_IN = {
    **dict.fromkeys(("400", "413", "422"), "refused_all"),
    "403": "key:403",
    **dict.fromkeys(("406", "409", "414", "431", "451"), "configuration"),
}
# Reasons that end for all messages at once: whoever sees a delivery after knows that the cause is gone.
_OF_ALL = ("unavailable", "ambiguous", "configuration", "refused_all")


@dataclass(frozen=True, slots=True)
class Answered:
    """Dreamdata has given ``answer`` since ``since`` and last at ``last``.

    ``certain``: surely after the last delivery; else both were within one minute.
    """

    answer: str
    since: Reading
    last: Reading
    certain: bool

    def shown(self) -> dict[str, object]:
        """What `--json` prints of it."""
        times = {"since": self.since.at.isoformat(), "last": self.last.at.isoformat()}
        return {"answer": self.answer, **times, "certain": self.certain}


@dataclass(frozen=True)
class Failing:
    """``each`` answer since the last delivery, the one that was given last at first."""

    each: tuple[Answered, ...]

    def is_followed(self, one: Answered) -> bool:
        """Whether Dreamdata has given only other answers since the last that is ``one``."""
        return any(other.since.at > one.last.end for other in self.each)

    def shown(self) -> dict[str, object]:
        """What `--json` prints of it; ``since`` and ``last`` are of all the answers, ``each`` has its own."""
        begun = sorted(self.each, key=lambda one: one.since.at)
        return {
            "answers": [one.answer for one in begun],
            "since": begun[0].since.at.isoformat(),
            "last": self.each[0].last.at.isoformat(),
            "each": [one.shown() for one in self.each],
        }


class Answers:
    """In deliver's ``lines`` and ``readings`` after the last ``delivery``; ``refuses_key``: the key is refused, too."""

    def __init__(
        self, readings: Readings, lines: Sequence[Line], delivery: Reading | None, *, refuses_key: bool
    ) -> None:
        self._readings = readings
        self._delivery = delivery
        self._refuses_key = refuses_key
        self._lines = [line for line in lines if delivery is None or line.at > delivery.at]
        self._reasons = {str(reason) for line in self._lines for reason in reasons_in(line)}

    @cached_property
    def failing(self) -> Failing | None:
        """None where Dreamdata has answered nothing but 2xx, and refused nothing but single events."""
        given = self._given()
        wanted = {answer: times for answer, times in given.items() if self._blames_all(answer, given)}
        found = [self._answered(answer, times) for answer, times in wanted.items()]
        return Failing(tuple(sorted(found, key=lambda one: one.last.at, reverse=True))) if found else None

    def _given(self) -> dict[str, list[Reading]]:
        """When each answer was given. What only the counts tell is of the one answer of its kind, or of a kind."""
        found: dict[str, list[Reading]] = {}
        for line in self._lines:
            if answer := answer_in(line):
                found.setdefault(answer, []).append(Reading(line.at, 1.0))
        exact, told = list(found), [one for times in found.values() for one in times]
        for metric, kind in _FAILING.items():
            of_kind = [answer for answer in exact if is_kind(kind, answer)]
            answer = of_kind[0] if len(of_kind) == 1 else kind
            for one in uncovered(self._readings, metric, told):
                if self._delivery is None or one.at > self._delivery.at:
                    found.setdefault(answer, []).append(one)
        return found

    def _blames_all(self, answer: str, given: Iterable[str]) -> bool:
        """Whether ``answer`` is more than the refusal of one event, beside which others are taken."""
        if answer in _OF_ALL_IN:
            return _OF_ALL_IN[answer] in self._reasons or (answer == "403" and self._refuses_key)
        if answer != "4xx":
            return True
        others = any(other != "4xx" and other not in _OF_ALL_IN for other in given)
        return others or self._refuses_key or any(map(is_of_all, self._reasons))

    def _answered(self, answer: str, times: Sequence[Reading]) -> Answered:
        first, last = min(times, key=lambda one: one.at), max(times, key=lambda one: one.at)
        taken = self._delivery
        certain = taken is None or last.at > taken.end
        if taken and certain and first.at <= taken.end:
            # It began within the minute of the last delivery, before that perhaps.
            first = taken
        return Answered(answer, first, last, certain)


def is_of_all(reason: str) -> bool:
    """Whether messages that are held for ``reason`` are so for what is wrong with all, and not with one event."""
    return reason in _OF_ALL or reason.startswith("key:")
