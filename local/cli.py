"""The command line of the local stack: up, down, status, run, show."""

import dataclasses
import signal
import sys
from collections.abc import Callable
from functools import wraps
from types import FrameType
from typing import Annotated

import typer

from local.errors import LocalError
from local.front.addresses import addresses
from local.lifecycle import down as end_stack
from local.lifecycle import up as start_stack
from local.next_steps import next_steps
from local.places import StateDir
from local.stack import Stack
from local.steps import Steps
from relay_cli.errors import WrongInput
from relay_cli.usage import App

app = App(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)


def _told_in_a_line[**P](command: Callable[P, None]) -> Callable[P, None]:
    """Turn what is wrong into one line and status 1, SIGTERM and SIGHUP into an orderly end like Ctrl-C's."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _end)
        try:
            command(*args, **kwargs)
        except (LocalError, WrongInput) as error:
            typer.secho(f"error: {error}", fg="red", err=True)
            raise typer.Exit(1) from error
        except KeyboardInterrupt:
            raise typer.Exit(130) from None

    return wrapped


def _end(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


@app.command()
@_told_in_a_line
def up() -> None:
    """Start the stack in the background."""
    stack, started = start_stack(StateDir.default(), Steps())
    typer.echo("The stack is up." if started else "A stack is running already.")
    typer.echo(_urls(stack))
    typer.echo("\n".join(["", *next_steps(stack)]))


@app.command()
@_told_in_a_line
def down() -> None:
    """End the stack, and whatever a crash has left of one."""
    count = end_stack(StateDir.default())
    typer.echo(f"Ended {count} processes." if count else "No stack was up.")


@app.command()
@_told_in_a_line
def status() -> None:
    """Tell whether the stack is up and well; status 1 when it is not."""
    stack = Stack.load()
    stack.check()
    if not stack.is_healthy():
        raise LocalError(f"the relay does not answer at {stack.api_url}/v1/health; logs: {stack.state.logs}")
    typer.echo(_urls(stack))
    waiting, dead = len(stack.queued()), len(stack.dead_letters())
    typer.echo(f"{stack.sandbox.health()['events']} events delivered, {waiting} messages queued, {dead} dead letters")


@app.command()
@_told_in_a_line
def show(name: Annotated[str, typer.Argument(help="A member of stack.json, such as api_url or ingest_key.")]) -> None:
    """Print one value of the running stack, for use in other commands."""
    values = dataclasses.asdict(Stack.load())
    if not isinstance(values.get(name), str):
        names = ", ".join(sorted(key for key, value in values.items() if isinstance(value, str)))
        raise LocalError(f"{name} is none of: {names}")
    typer.echo(values[name])


@app.command()
@_told_in_a_line
def run(
    once: Annotated[bool, typer.Option(help="End after the table; status 0 only if all went well.")] = False,
) -> None:
    """Start the stack (or take the one that is up), send every sample, show what became of each, and stay."""
    from local.run import run as run_samples

    run_samples(StateDir.default(), Steps(), once)


def _urls(stack: Stack) -> str:
    lines = {
        "page": stack.page_url,
        **addresses(stack),
        "queue": stack.queue_url,
        "sandbox": f"{stack.sandbox_url}/_sandbox/events",
        "emulator": stack.aws_endpoint_url,
        "logs": str(stack.state.logs),
        "all of it": str(stack.state.stack_file),
    }
    return "\n".join(f"  {name:<10} {value}" for name, value in lines.items())
