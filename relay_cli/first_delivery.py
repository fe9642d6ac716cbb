"""Follows the log after a key was stored, until the first delivery that surely used it."""

from datetime import datetime, timedelta

from relay_cli import output
from relay_cli.asked import Asked
from relay_cli.errors import NotAsWished
from relay_cli.following import Tail
from relay_cli.key_answers import REMEMBERED, KeyAnswers
from relay_cli.line_facts import is_taken
from relay_cli.log_lines import FunctionLogs, Line
from relay_cli.moments import clock
from relay_cli.readings import Reading
from relay_cli.stack import RelayStack
from relay_cli.telling import known
from relay_cli.to_type import to_type

# The lines that are read of the time before; further back the counts tell.
_BEFORE = timedelta(minutes=15)


def follow(stack: RelayStack, put_at: datetime, seconds: float, keyless_since: datetime | None = None) -> None:
    """Print Dreamdata's answers from ``put_at`` on until it has taken events with that key. Raises NotAsWished.

    ``keyless_since``: from then until ``put_at`` there was no key. Otherwise a function that nobody refuses uses the
    key before for minutes; what it delivers says nothing of the new one.
    """
    asked = Asked()
    before = known(stack, put_at, put_at - _BEFORE, asked, wanted=False)
    asked.check_all()
    lines = [line for line in before.lines if line.function == "deliver"]
    perhaps = False
    for line in Tail(FunctionLogs.of(stack), put_at).lines(seconds):
        if not (line.text.startswith("payload posted") and line.function == "deliver"):
            continue
        lines.append(line)
        if not is_taken(line):
            # One invocation may go on with the key that it has read before.
            answer = line.fields.get("status") or "nothing"
            output.say(f"{line.at:%H:%M:%S} UTC: Dreamdata answered {answer}; waiting for the next try.")
        elif KeyAnswers(before.counts, lines, Reading(line.at, 1.0)).is_taken_with(put_at, keyless_since):
            output.say(f"{_took(line)}.")
            return
        elif not perhaps:
            perhaps = True
            until = clock(put_at + REMEMBERED, line.at)
            output.say(
                f"{_took(line)}, perhaps with the key before, which functions may remember until {until} UTC;"
                " waiting for one that is not."
            )
    if perhaps:
        raise NotAsWished(
            f"no delivery that is surely with the new key within {seconds:g} seconds: {to_type('status')}"
        )
    raise NotAsWished(
        f"no delivery within {seconds:g} seconds; what is held waits for its next try: {to_type('status')}"
    )


def _took(line: Line) -> str:
    return f"Dreamdata took {line.fields.get('events')} events at {line.at:%H:%M:%S} UTC"
