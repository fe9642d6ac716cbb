"""What the functions have counted and logged, read as far back as it takes to tell why messages are held."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from relay_cli import readings
from relay_cli.asked import Asked
from relay_cli.line_facts import REFUSED_DELIVERED
from relay_cli.log_lines import FUNCTIONS, FunctionLogs, Line
from relay_cli.readings import Readings
from relay_cli.stack import RelayStack

# In words of CloudWatch's filters: our own lines and the runtime's by their level; the platform's, which have none, by
# how an invocation or a start-up ended; and the few that come as text.
_BAD_LEVELS = ("ERROR", "WARNING", "WARN", "CRITICAL", "FATAL")
_BAD_ENDS = ("timeout", "error", "failure")
_JSON_TROUBLE = " || ".join(
    [f'$.level = "{level}"' for level in _BAD_LEVELS]
    + ['$.log_level = "ERROR"', '$.type = "platform.logsDropped"', f'$.message = "{REFUSED_DELIVERED}"']
    + [f'$.record.status = "{end}"' for end in _BAD_ENDS]
)
TROUBLE = (
    f"{{ {_JSON_TROUBLE} }}",
    '?"Task timed out" ?"Runtime exited" ?"Runtime.ExitError" ?"Runtime.OutOfMemory" ?LAMBDA_WARNING ?"Status: timeout"'
    ' ?"Status: error" ?"[ERROR]"',
)
# SQS hides a message for half a day at most: what is held now has said so within this time.
LOOK_BACK = timedelta(hours=13)
# Lines are looked for further and further back, until they tell why messages are held.
_ASKED_TO_WAIT = "{ $.retry_after > 0 }"
_LOOKS_BACK = (timedelta(minutes=45), LOOK_BACK)


class Told(NamedTuple):
    """What the functions ``counted`` and, deliver, ``logged``: False where AWS does not tell, and then nothing is."""

    counts: Readings
    lines: list[Line]
    counted: bool
    logged: bool


def known(stack: RelayStack, now: datetime, since: datetime, asked: Asked, *, wanted: bool) -> Told:
    """What there is since ``since``; ``wanted``: why messages are held is looked for far back."""
    logs = FunctionLogs.of(stack)
    start = min(since, now - LOOK_BACK)
    if stack.is_local:
        lines, logged = _lines(logs, start, (None,), FUNCTIONS, asked)
        return Told(readings.logged(lines), lines, logged, logged)
    # Of a minute that is counted all lines are read: else the first of them would be taken for the minute's first.
    lines, logged = _lines(logs, since.replace(second=0, microsecond=0), TROUBLE, FUNCTIONS, asked)
    counts = asked.of("what the functions have counted", partial(readings.counted, stack, start, now))
    held = counts.of("HeldAge") if counts else []
    if wanted and logged and held and held[0].at < since:
        # Whom Dreamdata asked to wait for hours says nothing meanwhile.
        lines = _joined(lines, _lines(logs, start, (_ASKED_TO_WAIT,), ("deliver",), asked)[0])
        for back in _LOOKS_BACK:
            if any(line.fields.get("reasons") for line in lines if line.function == "deliver"):
                break
            lines = _joined(lines, _lines(logs, min(since, now - back), TROUBLE[:1], ("deliver",), asked)[0])
    return Told(counts or Readings({}, readings.LATE_S), lines, counts is not None, logged)


def _lines(
    logs: FunctionLogs, start: datetime, patterns: Sequence[str | None], functions: Sequence[str], asked: Asked
) -> tuple[list[Line], bool]:
    """The lines of ``functions``, in order, and whether deliver's could be read."""
    found = {
        function: asked.of(f"the log of {function}", partial(logs.since, start, patterns, (function,)))
        for function in functions
    }
    lines = sorted((line for of_one in found.values() for line in of_one or ()), key=lambda line: line.at)
    return lines, found["deliver"] is not None


def _joined(lines: list[Line], more: list[Line]) -> list[Line]:
    """Both, each line once, in order."""
    known = {repr(line) for line in lines}
    return sorted([*lines, *(line for line in more if repr(line) not in known)], key=lambda line: line.at)
