"""Reads facts from single log lines of the deliver function, and from counts of the time before those lines."""

from collections.abc import Sequence

from dreamdata_relay.errors import Refusal
from relay_cli.log_lines import Line
from relay_cli.readings import Reading, Readings

REFUSED = str(Refusal.REFUSED_BY_DREAMDATA)
# What the deliver function says of events that Dreamdata takes after it refused them.
REFUSED_DELIVERED = "refused events delivered"


def uncovered(readings: Readings, metric: str, lines: Sequence[Reading]) -> list[Reading]:
    """Return CloudWatch's counts of ``metric`` in minutes that none of ``lines`` covers.

    Only the lines of the last minutes are read; the counts tell what was before.
    """
    counts = [one for one in readings.of(metric) if one.seconds]
    return [one for one in counts if not any(one.at <= line.at < one.end for line in lines)]


def refusals_counted(readings: Readings, lines: Sequence[Reading]) -> list[Reading]:
    """Return the minutes in which Dreamdata refused the key and which none of ``lines`` explains.

    KeyRefused also counts a secret that cannot be read; then Dreamdata has answered nothing.
    """
    answered = {one.at for one in readings.of("Answers4xx")}
    return [one for one in uncovered(readings, "KeyRefused", lines) if one.at in answered]


def answer_in(line: Line) -> str:
    """Return Dreamdata's answer in the line of a post that it did not take; empty for any other line."""
    if not line.text.startswith("payload posted"):
        return ""
    status = int(number_in(line, "status"))
    return "" if 200 <= status < 300 else str(status or "nothing")


def is_kind(kind: str, answer: str) -> bool:
    """Whether ``answer`` is counted as ``kind``."""
    return kind == answer or (kind.endswith("xx") and answer.startswith(kind[0]))


def is_taken(line: Line) -> bool:
    """Whether it is the line of a post that Dreamdata took."""
    return line.text.startswith("payload posted") and 200 <= number_in(line, "status") < 300


def reasons_in(line: Line) -> list[object]:
    """Return why messages are held."""
    found = line.fields.get("reasons")
    return found if isinstance(found, list) else []


def number_in(line: Line, name: str) -> float:
    """Return the field ``name``, or 0 if it is not a number."""
    found = line.fields.get(name)
    return float(found) if isinstance(found, int | float) else 0.0


def is_of_dead_letters(line: Line) -> bool:
    """Whether the line tells how many events became dead letters."""
    return line.text == "events dead-lettered"


def refused_left(lines: Sequence[Line]) -> int:
    """Return how many of the events held because Dreamdata refused them may still be held, by ``lines``."""
    left = 0
    for line in lines:
        left += _refused_in(line)
        left = max(0, left - _refused_ended_in(line))
    return left


def _refused_in(line: Line) -> int:
    """Return how many events this line adds to those that wait for a second refusal."""
    if "refused" in line.fields:
        return int(number_in(line, "refused"))
    # Earlier releases tell only the number of all events that an invocation held.
    return max(1, int(number_in(line, "events"))) if "refused" in reasons_in(line) else 0


def _refused_ended_in(line: Line) -> int:
    """Return how many of those events this line tells to be delivered or dead-lettered."""
    if line.text == REFUSED_DELIVERED:
        return int(number_in(line, "count"))
    codes, each = line.fields.get("codes"), line.fields.get("each")
    if not is_of_dead_letters(line) or not isinstance(codes, list) or REFUSED not in codes:
        return 0
    if isinstance(each, list) and len(each) == len(codes):
        return int(each[codes.index(REFUSED)])
    return int(number_in(line, "count")) if codes == [REFUSED] else 1
