"""`run`: every sample through the stack, a table of what became of each, and an invitation to try it by hand."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import urllib3
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from local.endings import Ending, Watch
from local.errors import LocalError
from local.front.addresses import trust_lines
from local.lifecycle import down, up
from local.next_steps import try_it
from local.places import StateDir
from local.stack import Stack
from local.steps import Steps
from local.waiting import Deadline
from local.ways_in import senders
from relay_cli.fresh_samples import fresh
from relay_cli.samples import load_samples

_WAIT_SECONDS = 60.0
_WIDTH_OF_FILES = 110


def run(state: StateDir, steps: Steps, once: bool) -> None:
    """Run all samples. A stack that was up already stays up; one that was started here ends with this.

    Raises LocalError when a sample did not end as its file says (with `once`), or when the stack broke.
    """
    samples = [fresh(sample) for sample in load_samples()]
    stack, started = up(state, steps)
    if not started:
        steps.say(f"A stack was up already (since {stack.started_at}): it is used, and left as it is.")
    try:
        with stack_trouble_told(stack):
            watch = Watch(stack, samples)
            with senders(stack, samples) as sender:
                with steps.step(f"Sending {len(samples)} samples, each by its way in"):
                    for ending in watch.endings:
                        watch.send(ending, sender)
                with steps.step("Waiting for the end of each"):
                    watch.wait(_WAIT_SECONDS)
        console = _console()
        console.print(table(watch.endings))
        failed = [ending for ending in watch.endings if ending.problems()]
        for ending in failed:
            console.print(f"[red]✗ {ending.sample.name}[/]: {'; '.join(ending.problems())}", soft_wrap=True)
        if not once:
            _stay(stack, console)
        if failed:
            raise LocalError(f"{len(failed)} of {len(samples)} samples did not end as events/samples.toml says")
    finally:
        if started:
            with steps.step("Ending the stack"):
                down(state)


@contextmanager
def stack_trouble_told(stack: Stack) -> Iterator[None]:
    """Turn a failed call into LocalError: the ended process and its log where one has ended, else the call's error."""
    try:
        yield
    except (BotoCoreError, ClientError, urllib3.exceptions.HTTPError, LocalError) as error:
        _give_it_time_to_end(stack)
        stack.check()
        raise LocalError(f"the stack failed: {error}") from error


def _console() -> Console:
    console = Console(highlight=False)
    # What is no terminal has no width of its own to keep to.
    return console if console.is_terminal else Console(highlight=False, width=_WIDTH_OF_FILES)


def _give_it_time_to_end(stack: Stack) -> None:
    """A process that is being killed refuses connections a moment before it is gone."""
    deadline = Deadline(0.5)
    while not stack.dead_process() and not deadline.is_over():
        time.sleep(0.05)


def table(endings: list[Ending]) -> Table:
    """What became of each sample."""
    shown = Table(header_style="bold", box=None, pad_edge=False)
    for name in ("", "sample", "way in"):
        shown.add_column(name, no_wrap=True, min_width=1)
    shown.add_column("events", justify="right", no_wrap=True, min_width=6)
    shown.add_column("end")
    shown.add_column("seconds", justify="right", no_wrap=True, min_width=7)
    for ending in endings:
        mark = "[red]✗[/]" if ending.problems() else "[green]✓[/]"
        sample = ending.sample
        row = (sample.name, _way(ending), str(sample.events), _end(ending), f"{ending.seconds:.1f}")
        shown.add_row(mark, *row)
    return shown


def _way(ending: Ending) -> str:
    sample = ending.sample
    if sample.way_in == "http":
        return f"POST {sample.path}"
    return {
        "apigateway": "POST /v1/batch",
        "sqs": "SendMessage",
        "lambda-sqs": "SendMessage",
        "eventbridge": "EventBridge rule",
        "sns": "SNS topic",
    }[sample.way_in]


def _end(ending: Ending) -> str:
    parts = []
    if ending.answer and ending.answer.status != 200:
        parts.append(f"[yellow]refused: {ending.answer.status} {ending.answer.body.get('code', '')}[/]")
    if ending.events:
        parts.append(f"[green]{len(ending.events)} delivered[/]")
    if ending.letters:
        parts.append(f"[yellow]dead-lettered: {', '.join(ending.codes())}[/]")
    return ", ".join(parts) or "[red]none yet[/]"


def _stay(stack: Stack, console: Console) -> None:
    """Print where everything is, and wait for Ctrl-C."""
    lines = (
        "",
        f"[bold]live page[/]   {stack.page_url}",
        f"[bold]relay[/]       {stack.api_url}, by https {stack.api_https_url}",
        f"[bold]queue[/]       {stack.queue_url}",
        f"[bold]delivered[/]   {stack.sandbox_url}/_sandbox/events",
        f"[bold]logs[/]        {stack.state.logs}",
        "",
        *trust_lines(stack),
        "",
        "Try it:",
        *try_it(stack),
        "",
        "Ctrl-C ends it.",
    )
    for line in lines:
        console.print(line, soft_wrap=True)
    try:
        while True:
            time.sleep(0.5)
            stack.check()
    except KeyboardInterrupt:
        console.print()
