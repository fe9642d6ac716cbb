"""relay smoke."""

import time
from typing import Annotated

import typer

from relay_cli import output
from relay_cli.context import Chosen, chosen, in_a_line
from relay_cli.errors import NotAsWished, WrongInput
from relay_cli.interrupts import INTERRUPTED, Interrupts
from relay_cli.smoke import running
from relay_cli.smoke.results import FAILED, Result, summary
from relay_cli.smoke.run import Run

_COLUMNS = ("group", "check", "outcome", "detail")


@in_a_line
def smoke(
    context: typer.Context,
    read_only: Annotated[bool, typer.Option("--read-only", help="Send nothing and make nothing.")] = False,
    deliver: Annotated[bool, typer.Option("--deliver", help="Send one event that Dreamdata counts, too.")] = False,
    key: Annotated[str, typer.Option(help="The name of the relay key to send with.")] = "default",
    seconds: Annotated[float, typer.Option(help="Wait so long in all for what comes late.", min=10)] = 180.0,
) -> None:
    """Find out in a few minutes whether a deployed stack does all that it is for; status 1 when a check fails.

    Probes are events of no known type: they are refused with a reason, never reach Dreamdata, and are removed with all
    else that was made. They raise the dead letters' alarm for as long as they lie there.
    """
    if read_only and deliver:
        raise WrongInput("--read-only sends nothing: leave out --deliver")
    given = chosen(context)
    results: list[Result] = []
    interrupted = False
    with Interrupts(last=True) as asked:
        run = Run(given.stack, time, given.stack.now(), key, seconds, asked)

        def found(result: Result) -> None:
            results.append(result)
            output.say(f"{result.outcome:<8} {result.group}: {result.name}")

        try:
            blocked = running.look(run, found)
            if read_only:
                running.look_back(run, found)
            else:
                running.act(run, found, deliver, blocked)
        except KeyboardInterrupt:
            interrupted = True
    _report(given, run, results, interrupted)
    if interrupted:
        made = "nothing was changed" if read_only else "whether all that was made is removed is told above"
        output.say(f"relay: interrupted: checks are missing; {made}")
        raise typer.Exit(INTERRUPTED)
    if any(result.outcome == FAILED for result in results):
        raise typer.Exit(NotAsWished.status)


def _report(given: Chosen, run: Run, results: list[Result], interrupted: bool) -> None:
    took = round((given.stack.now() - run.begun).total_seconds())
    head = {
        "stack": run.stack.name,
        "region": run.stack.output("QueueArn").split(":")[3],
        "begun": run.begun.isoformat(timespec="seconds"),
        "seconds": took,
        "relay": _version(),
        "run": run.id,
        "interrupted": interrupted,
    }
    if given.json:
        output.as_json({**head, "checks": [result.shown() for result in results], "summary": summary(results)})
        return
    output.line("  ".join(f"{name} {value}" for name, value in head.items() if name != "interrupted"))
    output.table([result.shown() for result in results], _COLUMNS)
    output.line(summary(results) + (", interrupted: the checks after it are missing" if interrupted else ""))


def _version() -> str:
    # Reads mail's formats, too.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("dreamdata-relay")
    except PackageNotFoundError:
        return "from a checkout"
