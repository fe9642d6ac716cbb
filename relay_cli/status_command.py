"""relay status, once or as a screen that goes on."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from relay_cli import output, watching
from relay_cli.context import Chosen, chosen, in_a_line
from relay_cli.errors import AwsFailed
from relay_cli.moments import clock, clock_of
from relay_cli.printing import folded, printable
from relay_cli.stack import told
from relay_cli.status import Status


@in_a_line
def status(
    context: typer.Context,
    minutes: Annotated[int, typer.Option(help="Rates and trouble of so many minutes.", min=1, max=1440)] = 15,
    watch: Annotated[bool, typer.Option("--watch", help="Look again and again, until Ctrl-C.")] = False,
    every: Annotated[float, typer.Option(help="With --watch: so many seconds between two looks.", min=1)] = 5.0,
    looks: Annotated[int, typer.Option(help="With --watch: end after so many looks; 0 until Ctrl-C.", min=0)] = 0,
) -> None:
    """The state in a sentence, queues, rates, key, alarms, last trouble; status 1 when something wants attention.

    With --watch it is that of the last look; --json then has a line for each.
    """
    given = chosen(context)
    window = timedelta(minutes=minutes)
    if watch:
        found = _watch(given, window, every, looks)
    else:
        found = watching.look(given.stack, given.stack.now(), window)
        if given.json:
            output.as_json(found.shown())
        else:
            for line in _lines(found, minutes):
                output.line(line)
    if found is None or found.wants:
        raise typer.Exit(1)


def _watch(given: Chosen, window: timedelta, every: float, looks: int) -> Status | None:
    """Look until Ctrl-C or ``looks`` are done; the last state, None where there was none."""
    minutes, before, found = int(window.total_seconds()) // 60, None, None
    stack = given.stack
    with _screen(given.json) as show:
        number = 0
        while True:
            number += 1
            try:
                found = watching.look(stack, stack.now(), window)
            except (ClientError, BotoCoreError, AwsFailed) as error:
                # An AWS that is away for a moment ends no watch, and what it last told is not shown as if it were now.
                found = None
                why = str(error) if isinstance(error, AwsFailed) else told(error)
                lines = [f"{stack.now():%H:%M:%S} UTC  Nothing is known: {why}"]
                value: dict[str, object] = {"error": why}
            else:
                first, *rest = _lines(found, minutes)
                lines, value = [first, _backlog(found, before), *rest], found.shown()
                before = found
            if given.json:
                output.as_json(value)
            else:
                show(lines)
            if looks and number >= looks:
                return found
            time.sleep(every)


def _backlog(found: Status, before: Status | None) -> str:
    """How much is on the queue, and whether that grows."""
    if before is None:
        return f"backlog  {found.count}"
    more, seconds = found.count - before.count, (found.at - before.at).total_seconds()
    how = f"growing, {more} more" if more > 0 else f"shrinking, {-more} fewer" if more < 0 else "as many"
    return f"backlog  {found.count}, {how} than {seconds:.0f} s ago"


def _lines(found: Status, minutes: int) -> list[str]:
    queue, facts, seconds = found.queue, found.facts, 60 * minutes
    age = "" if found.oldest_s is None else f"; the oldest held for up to {found.oldest_s} s"
    by = f"; tried again by {clock(facts.tried_by, found.at)}" if found.count and facts.tried_by else ""
    rows: list[tuple[str, str]] = [
        (
            "queue",
            f"{queue['waiting']} waiting, {queue['hidden']} held or in work, {queue['delayed']} delayed{age}{by}",
        ),
        ("last delivery", clock_of(facts.delivery, found.at) if facts.delivery else "none is known of"),
        ("last hold", clock_of(facts.last_hold, found.at) if facts.last_hold else "none is known of"),
        ("dead letters", str(found.dead_letters)),
        ("Dreamdata key", found.key.told),
    ]
    rows += [(f"{name} in {minutes} min", f"{count} ({_rate(count / seconds)})") for name, count in found.rates.items()]
    rows.append((f"times that messages were held in {minutes} min", str(found.held)))
    width = max(len(name) for name, _ in rows)
    lines = [f"{found.at:%H:%M:%S} UTC  {found.headline}."]
    lines += [f"{name:<{width}}  {value}" for name, value in rows]
    lines += [
        f"{clock(line.at, found.at)} {line.function} {line.level}: {line.text} {dict(line.fields)}"
        for line in found.trouble
    ]
    lines.append("wants attention:" if found.wants else "all is well")
    lines += [f"- {want}" for want in found.wants]
    return lines + [f"note: {note}" for note in found.notes]


def _rate(a_second: float) -> str:
    """In a unit in which it can be read."""
    if a_second and a_second < 0.01:
        return f"{3600 * a_second:.2g}/h"
    return f"{a_second:.2g}/s" if a_second < 10 else f"{a_second:.0f}/s"


@contextmanager
def _screen(as_json: bool) -> Iterator[Callable[[list[str]], None]]:
    """Shows lines in the place of those before; where stdout is no terminal, one look after the other."""
    if as_json or not sys.stdout.isatty():

        def one_after_the_other(lines: list[str]) -> None:
            for line in [*lines, ""]:
                output.line(line)

        yield one_after_the_other
        return
    # Half of all that the command would otherwise import.
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(markup=False, emoji=False, highlight=False)
    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
        yield lambda lines: live.update(
            Text("\n".join(folded(printable(line), console.width) for line in lines)), refresh=True
        )
