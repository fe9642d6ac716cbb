"""relay tail."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer

from relay_cli import output
from relay_cli.context import chosen, in_a_line
from relay_cli.errors import WrongInput
from relay_cli.following import Tail, sampled, summed
from relay_cli.letters import moment
from relay_cli.log_lines import FUNCTIONS, FunctionLogs, Line
from relay_cli.moments import clock
from relay_cli.telling import TROUBLE

# As many lines of one look, of two seconds, can be read.
_MOST = 40


@in_a_line
def tail(
    context: typer.Context,
    seconds: Annotated[float, typer.Option(help="Until so many seconds are over; 0 until Ctrl-C.", min=0)] = 0.0,
    errors: Annotated[
        bool, typer.Option("--errors", help="Warnings, errors and invocations that ended badly.")
    ] = False,
    function: Annotated[str | None, typer.Option(help="Of one function only: ingest or deliver.")] = None,
    since: Annotated[
        str | None, typer.Option(help="From then on: 30m, 6h, 2d ago, or ISO 8601; else from now.")
    ] = None,
    summary: Annotated[
        bool, typer.Option("--summary", help="Only sums and numbers of lines, every few seconds.")
    ] = False,
    all_: Annotated[
        bool, typer.Option("--all", help="Every line, also where they come faster than they are read.")
    ] = False,
) -> None:
    """What happens now: log lines and counts of both functions, until Ctrl-C.

    Where more than 40 lines come at once, trouble is shown before all else, and how many lines are left out is said.
    """
    if function not in (None, *FUNCTIONS):
        raise WrongInput("--function is ingest or deliver")
    if summary and all_:
        raise WrongInput("--summary shows no line, --all every one: leave one out")
    given = chosen(context)
    now = given.stack.now()
    # A line is written a moment before CloudWatch has it.
    start = moment(since, now) if since else now - timedelta(seconds=1)
    logs, functions = FunctionLogs.of(given.stack), (function,) if function else FUNCTIONS
    heard = "trouble in the log lines" if errors else "the log lines and counts"
    until = f"for {seconds:g} s" if seconds else "until Ctrl-C"
    whose = f"{' and '.join(functions)} of {given.stack.name}"
    output.say(f"relay: listening to {heard} of {whose}, from {clock(start, now)} UTC on, {until}")
    looks = Tail(logs, start, patterns=TROUBLE if errors else (None,), functions=functions).looks(seconds)
    for look in looks:
        lines = [line for line in look if line.is_trouble and not line.is_forerunner] if errors else look
        if summary:
            _show_summary(lines, given.json)
        elif given.json:
            for line in lines:
                output.as_json(line.shown())
        else:
            _show(lines, all_, given.stack.now())


def _show(lines: Sequence[Line], all_: bool, now: datetime) -> None:
    shown, left = (lines, []) if all_ else sampled(lines, _MOST)
    for line in shown:
        output.line(_text_of(line, now))
    if left:
        troubles = sum(line.is_trouble for line in left)
        output.line(
            f"... {len(left)} more lines until {left[-1].at:%H:%M:%S}, {troubles} of them trouble, are left out"
            f" (--all shows them). They count: {_words(summed(left)) or 'nothing'}"
        )


def _show_summary(lines: Sequence[Line], as_json: bool) -> None:
    if not lines:
        return
    counts, troubles = summed(lines), sum(line.is_trouble for line in lines)
    if as_json:
        until = lines[-1].at.isoformat(timespec="milliseconds")
        output.as_json({"until": until, "lines": len(lines), "trouble": troubles, "counts": counts})
    else:
        output.line(f"{lines[-1].at:%H:%M:%S} {len(lines)} lines, {troubles} of trouble  {_words(counts)}")


def _text_of(line: Line, now: datetime) -> str:
    said = _words(line.counts) if line.counts else " ".join(f"{name}={value}" for name, value in line.fields.items())
    level = f"{line.level}: {line.text} " if line.text else ""
    return f"{clock(line.at, now)} {line.function:<7} {level}{said}"


def _words(counts: Mapping[str, float]) -> str:
    return " ".join(f"{name}={value:g}" for name, value in counts.items())
