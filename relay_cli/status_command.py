"""relay status, once or as a live screen."""

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
from relay_cli.errors import AwsFailed, NotAsWished, NotKnown
from relay_cli.moments import clock, clock_of
from relay_cli.printing import folded, printable
from relay_cli.stack import told
from relay_cli.status import Status
from relay_cli.to_type import rendered

_NOT_KNOWN = "not known"


@in_a_line
def status(
    context: typer.Context,
    minutes: Annotated[int, typer.Option(help="Rates and trouble of so many minutes.", min=1, max=1440)] = 15,
    watch: Annotated[bool, typer.Option("--watch", help="Look again and again, until Ctrl-C.")] = False,
    every: Annotated[float, typer.Option(help="With --watch: so many seconds between two looks.", min=1)] = 5.0,
    looks: Annotated[int, typer.Option(help="With --watch: end after so many looks; 0 until Ctrl-C.", min=0)] = 0,
) -> None:
    """The state in a sentence, queues, rates, key, alarms, last trouble; status 1 when something wants attention.

    What AWS does not tell is told as not known, beside all the rest: status 5. With --watch the status is that of the
    last look; --json then has a line for each.
    """
    given = chosen(context)
    window = timedelta(minutes=minutes)
    if watch:
        found = _watch(given, window, every, looks)
    else:
        found = watching.look(given.stack, window)
        if given.json:
            output.as_json(found.shown())
        else:
            for line in (_first(found), *_figures(found, minutes), *_ends(found)):
                output.line(line)
    if found is None:
        raise typer.Exit(AwsFailed.status)
    if found.unknown:
        raise typer.Exit(NotKnown.status)
    if found.wants:
        raise typer.Exit(NotAsWished.status)


def _watch(given: Chosen, window: timedelta, every: float, looks: int) -> Status | None:
    """Look until Ctrl-C or until ``looks`` are done; return the last state, None if that look failed."""
    minutes, before, found = int(window.total_seconds()) // 60, None, None
    stack = given.stack
    with _screen(given.json) as show:
        number = 0
        while True:
            number += 1
            try:
                found = watching.look(stack, window)
            except (ClientError, BotoCoreError, AwsFailed) as error:
                # An AWS that is away for a moment ends no watch, and what it last told is not shown as if it were now.
                found = None
                why = str(error) if isinstance(error, AwsFailed) else told(error)
                lines = [f"{stack.now():%H:%M:%S} UTC  Nothing is known: {why}"]
                value: dict[str, object] = {"error": why}
            else:
                # A screen ends somewhere: what wants attention is not what it leaves out.
                lines = [_first(found), _backlog(found, before), *_ends(found), *_figures(found, minutes)]
                value = found.shown()
                before = found
            if given.json:
                output.as_json(value)
            else:
                show(lines)
            if looks and number >= looks:
                return found
            time.sleep(every)


def _backlog(found: Status, before: Status | None) -> str:
    """Say how much is on the queue, and whether that grows."""
    if found.count is None:
        return "backlog  not known"
    if before is None or before.count is None:
        return f"backlog  {found.count}"
    more, seconds = found.count - before.count, (found.at - before.at).total_seconds()
    how = f"growing, {more} more" if more > 0 else f"shrinking, {-more} fewer" if more < 0 else "as many"
    return f"backlog  {found.count}, {how} than {seconds:.0f} s ago"


def _first(found: Status) -> str:
    return f"{found.at:%H:%M:%S} UTC  {found.headline}."


def _figures(found: Status, minutes: int) -> list[str]:
    """Return the figures and the last trouble."""
    facts = found.known_facts
    last, hold = (facts.delivery, facts.last_hold) if facts else (None, None)
    none = "none is known of" if facts else _NOT_KNOWN
    rows: list[tuple[str, str]] = [
        ("queue", _queue(found)),
        ("last delivery", clock_of(last, found.at) if last else none),
        ("last hold", clock_of(hold, found.at) if hold else none),
        ("dead letters", _NOT_KNOWN if found.dead_letters is None else str(found.dead_letters)),
        ("Dreamdata key", found.key.told),
    ]
    rates = found.rates or {}
    rows += [(f"{name} in {minutes} min", f"{count} ({_rate(count / minutes / 60)})") for name, count in rates.items()]
    rows += _account(found, minutes)
    held = _NOT_KNOWN if found.held is None else str(found.held)
    rows.append((f"times that messages were held in {minutes} min", held))
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:<{width}}  {value}" for name, value in rows]
    return lines + [
        f"{clock(line.at, found.at)} {line.function} {line.level}: {line.text} {dict(line.fields)}"
        for line in found.trouble
    ]


def _account(found: Status, minutes: int) -> list[tuple[str, str]]:
    """Return the sum of all events, and what the privacy rules had to do with it."""
    account = found.account
    if account is None:
        return []
    rows = [(f"events in {minutes} min", account.sentence)]
    if account.dropped_by:
        rows.append(("dropped by rule", ", ".join(f"{rule} {count}" for rule, count in account.dropped_by.items())))
    if account.unruled:
        rows.append((f"rules unavailable in {minutes} min", str(account.unruled)))
    return rows


def _ends(found: Status) -> list[str]:
    """Return what wants attention, what is unknown, and notes."""
    lines = ["wants attention:", *(f"- {want}" for want in found.wants)] if found.wants else []
    if not found.wants and not found.unknown:
        lines.append("all is well")
    if found.unknown:
        lines += ["not known:", *(f"- {what}" for what in found.unknown)]
    return lines + [f"note: {note}" for note in found.notes]


def _queue(found: Status) -> str:
    if found.queue is None:
        return _NOT_KNOWN
    waiting, hidden, delayed = (found.queue[name] for name in ("waiting", "hidden", "delayed"))
    age = "" if found.oldest_s is None else f"; the oldest held for up to {found.oldest_s} s"
    by = f"; tried again by {clock(found.tried_by, found.at)}" if found.tried_by else ""
    return f"{waiting} waiting, {hidden} held or in work, {delayed} delayed{age}{by}"


def _rate(a_second: float) -> str:
    """Return the rate in a readable unit."""
    if a_second and a_second < 0.01:
        return f"{3600 * a_second:.2g}/h"
    return f"{a_second:.2g}/s" if a_second < 10 else f"{a_second:.0f}/s"


@contextmanager
def _screen(as_json: bool) -> Iterator[Callable[[list[str]], None]]:
    """Yield a function that replaces the lines shown before; if stdout is no terminal, each look follows the last."""
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
    with Live(console=console, auto_refresh=False, vertical_overflow="ellipsis") as live:
        yield lambda lines: live.update(
            Text("\n".join(folded(printable(line), console.width, rendered()) for line in lines)), refresh=True
        )
