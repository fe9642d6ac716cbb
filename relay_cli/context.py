"""Holds the options given before a command, and turns a command's errors into one line and an exit status."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, wraps

import typer
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, TokenRetrievalError

from relay_cli import interrupts
from relay_cli.errors import RelayCommandError, WrongInput
from relay_cli.output import say
from relay_cli.stack import (
    NO_CREDENTIALS,
    RelayStack,
    find_local_stack,
    find_stack,
    is_named_folder,
    local_folder,
    told,
)
from relay_cli.to_type import Invocation, aws_to_type, current


@dataclass
class Chosen:
    """The options of `relay` itself; the stack is looked up when a command first needs it."""

    name: str | None
    local: bool
    region: str | None
    profile: str | None
    json: bool

    @cached_property
    def stack(self) -> RelayStack:
        """See :func:`relay_cli.stack.find_stack`."""
        if not self.local:
            return find_stack(self.name, self.region, self.profile)
        found = find_local_stack()
        if self.name is not None and self.name != found.name:
            raise WrongInput(f"--local is the stack {found.name}, and not {self.name}: leave one of the two out")
        return found

    def invocation(self) -> Invocation:
        """Return how a command is typed that works on the same stack."""
        aws = _options(region=self.region, profile=self.profile)
        stack = _options(stack=self.name)
        if self.local:
            folder = local_folder().resolve() if is_named_folder() else None
            return replace(current(), options=("--local", *stack), local_dir=folder)
        return replace(current(), options=(*stack, *aws), aws_options=aws)


def _options(**given: str | None) -> tuple[str, ...]:
    return tuple(word for name, value in given.items() if value is not None for word in (f"--{name}", value))


def chosen(context: typer.Context) -> Chosen:
    """Return the options given before the command's name."""
    found = context.find_object(Chosen)
    assert found is not None, "set by the callback of the app"  # noqa: S101  # a fault of this program only
    return found


def in_a_line[**P](command: Callable[P, None]) -> Callable[P, None]:
    """Print every expected error as one line on stderr, and exit with the status of its kind."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        interrupts.say_if_interrupted()
        try:
            command(*args, **kwargs)
        except RelayCommandError as error:
            say(f"relay: {error}")
            raise typer.Exit(error.status) from None
        except (NoCredentialsError, TokenRetrievalError):
            say(f"relay: {NO_CREDENTIALS.format(log_in=aws_to_type('sso login'))}")
            raise typer.Exit(3) from None
        except (ClientError, BotoCoreError) as error:
            say(f"relay: {told(error)}")
            raise typer.Exit(4) from None
        except KeyboardInterrupt:
            say(interrupts.told())
            raise typer.Exit(interrupts.INTERRUPTED) from None

    return wrapped
