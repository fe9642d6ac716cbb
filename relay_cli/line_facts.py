"""What one log line of the deliver function tells, and what counts tell of the time before the lines that are read."""

from collections.abc import Sequence

from dreamdata_relay.errors import Refusal
from relay_cli.log_lines import Line
from relay_cli.readings import Reading, Readings

REFUSED = str(Refusal.REFUSED_BY_DREAMDATA)
# What the deliver function says of events that Dreamdata takes after it refused them.
REFUSED_DELIVERED = "refused events delivered"


def uncovered(readings: Readings, metric: str, lines: Sequence[Reading]) -> list[Reading]:
    """CloudWatch's counts of ``metric`` in minutes of which none of ``lines`` tells.

    Lines are read of the last minutes only; what was before them, the counts tell.
    """
    counts = [one for one in readings.of(metric) if one.seconds]
    return [one for one in counts if not any(one.at <= line.at < one.end for line in lines)]


def refusals_counted(readings: Readings, lines: Sequence[Reading]) -> list[Reading]:
    """Minutes in which Dreamdata refused the key, where none of ``lines`` tells why nothing could be delivered.

    KeyRefused counts a secret that cannot be read as well; then Dreamdata has answered nothing.
    """
    answered = {one.at for one in readings.of("Answers4xx")}
    return [one for one in uncovered(readings, "KeyRefused", lines) if one.at in answered]


def answer_in(line: Line) -> str:
    """Dreamdata's answer in a line of a post that it did not take; empty for any other line."""
    if not line.text.startswith("payload posted"):
        return ""
    status = int(number_in(line, "status"))
    return "" if 200 <= status < 300 else str(status or "nothing")


def is_kind(kind: str, answer: str) -> bool:
    """Whether ``answer`` is one of those that are counted as ``kind``."""
    return kind == answer or (kind.endswith("xx") and answer.startswith(kind[0]))


def is_taken(line: Line) -> bool:
    """Whether it is of a post that Dreamdata took."""
    return line.text.startswith("payload posted") and 200 <= number_in(line, "status") < 300


def reasons_in(line: Line) -> list[object]:
    """Why messages are held."""
    found = line.fields.get("reasons")
    return found if isinstance(found, list) else []


def number_in(line: Line, name: str) -> float:
    """The field ``name``; 0 where it is none."""
    found = line.fields.get(name)
    return float(found) if isinstance(found, int | float) else 0.0


def is_of_dead_letters(line: Line) -> bool:
    """Whether it tells how many events became dead letters."""
    return line.text == "events dead-lettered"


def refused_left(lines: Sequence[Line]) -> int:
    """How many of the events in ``lines`` that were held because Dreamdata refused them are still held, at most."""
    left = 0
    for line in lines:
        left += _refused_in(line)
        left = max(0, left - _refused_ended_in(line))
    return left


def _refused_in(line: Line) -> int:
    """How many events this line adds to those that wait for a second refusal."""
    if "refused" in line.fields:
        return int(number_in(line, "refused"))
    # Earlier releases tell only the number of all events that an invocation held.
    return max(1, int(number_in(line, "events"))) if "refused" in reasons_in(line) else 0


def _refused_ended_in(line: Line) -> int:
    """How many of them Dreamdata took, or are dead letters."""
    if line.text == REFUSED_DELIVERED:
        return int(number_in(line, "count"))
    codes, each = line.fields.get("codes"), line.fields.get("each")
    if not is_of_dead_letters(line) or not isinstance(codes, list) or REFUSED not in codes:
        return 0
    if isinstance(each, list) and len(each) == len(codes):
        return int(each[codes.index(REFUSED)])
    return int(number_in(line, "count")) if codes == [REFUSED] else 1
