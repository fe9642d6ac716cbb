"""relay key set|undo|check."""

import sys
from contextlib import suppress
from datetime import datetime
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from dreamdata_relay.settings import DeliverSettings, SettingError
from relay_cli import first_delivery, output, running
from relay_cli.context import chosen, in_a_line
from relay_cli.dreamdata_key import DreamdataSecret, check_form, in_words
from relay_cli.errors import NotAsWished, NotKnown, WrongInput
from relay_cli.interrupts import Interrupts, raising, say_if_interrupted
from relay_cli.key_answers import is_forgotten
from relay_cli.key_asking import EMPTY, EVENT, NOT_KNOWN, REFUSED, TAKEN, ask
from relay_cli.key_state import PRESENT
from relay_cli.to_type import to_type
from relay_cli.usage import App

app = App(no_args_is_help=True, rich_markup_mode=None)
_GOES_OUT = (
    "A function that is being refused reads it within 30 s, any other within 4 minutes; until then it goes on with the"
    " key before."
)
_FIRST_GOES_OUT = "No function has a key from before."


def _secret(context: typer.Context) -> DreamdataSecret:
    stack = chosen(context).stack
    return DreamdataSecret(stack.dreamdata_secrets, stack.output("DreamdataSecretArn"))


@app.command("set")
@in_a_line
def set_(
    context: typer.Context,
    check: Annotated[
        bool,
        typer.Option("--check", help="Ask Dreamdata first, with an empty batch; a key that it refuses is not put."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="With --check: put it whatever Dreamdata answers.")] = False,
    follow: Annotated[
        float, typer.Option(help="Then wait for the first delivery with it, so many seconds; else status 1.", min=0)
    ] = 0.0,
) -> None:
    """Put the Dreamdata API key, asked for without showing it, or read from stdin. Nothing has to be deployed.

    Without --check nothing is asked of Dreamdata. What was there before comes back with `relay key undo`.
    """
    if force and not check:
        raise WrongInput("--force is for --check: without it no answer keeps the key from being put")
    secret = _secret(context)
    key = _asked() if sys.stdin.isatty() else sys.stdin.readline()
    if not key.strip():
        raise WrongInput("no key was given")
    check_form(key)
    if check:
        _ask_first(context, key.strip(), force)
    put_at = chosen(context).stack.now()
    with Interrupts(last=not follow) as interrupted:
        secret.put(key)
        keyless_since = _keyless_since(secret)
        is_first = is_forgotten(keyless_since, put_at)
        output.say(f"The key is put. {_FIRST_GOES_OUT if is_first else _GOES_OUT} {_next_try()}")
        say_if_interrupted("the key is put, only the waiting has ended")
    _follow(context, put_at, follow, interrupted, keyless_since)


def _keyless_since(secret: DreamdataSecret) -> datetime | None:
    """Return it if AWS tells; the key is stored by now, and a failure here must not suggest otherwise."""
    with suppress(ClientError, BotoCoreError):
        return secret.keyless_since()
    return None


@app.command()
@in_a_line
def undo(
    context: typer.Context,
    follow: Annotated[
        float, typer.Option(help="Then wait for the first delivery with it, so many seconds; else status 1.", min=0)
    ] = 0.0,
) -> None:
    """Put back what the secret held before the last change; done twice, all is as it was."""
    secret, put_at = _secret(context), chosen(context).stack.now()
    with Interrupts(last=not follow) as interrupted:
        secret.undo()
        output.say(f"The key from before is put. {_GOES_OUT} {_next_try()}")
        say_if_interrupted("the key from before is put, only the waiting has ended")
    _follow(context, put_at, follow, interrupted)


def _next_try() -> str:
    return f"What is held goes out at its next try, within half an hour: {to_type('status')} says when."


def _asked() -> str:
    """Return the key that the operator types without echo."""
    with raising():
        try:
            return str(typer.prompt("Dreamdata API key", hide_input=True, err=True))
        except (KeyboardInterrupt, typer.Abort):
            output.say("")
            raise KeyboardInterrupt from None


def _ask_first(context: typer.Context, key: str, force: bool) -> None:
    verdict = ask(key, _endpoint(context), EMPTY, chosen(context).stack.now())
    output.say(verdict.told)
    if verdict.state != TAKEN and not verdict.blames_content and not force:
        raise NotAsWished("the key is not put, that before stays; --force puts it all the same")


def _follow(
    context: typer.Context,
    put_at: datetime,
    seconds: float,
    interrupted: Interrupts,
    keyless_since: datetime | None = None,
) -> None:
    if not seconds:
        return
    if interrupted():
        raise KeyboardInterrupt
    first_delivery.follow(chosen(context).stack, put_at, seconds, keyless_since)


@app.command()
@in_a_line
def check(
    context: typer.Context,
    try_: Annotated[
        str | None, typer.Option("--post", help="Ask Dreamdata with a post: `empty`, or `event` (which it counts).")
    ] = None,
) -> None:
    """Tell whether the secret holds a key, without showing it; status 1 when it does not, or Dreamdata refuses it.

    With --post status 0 means that Dreamdata took it, and 5 that its answer says nothing of the key.
    """
    given = chosen(context)
    secret = _secret(context)
    if try_ not in (None, EMPTY, EVENT):
        raise WrongInput("--post is `empty` or `event`")
    state, verdict = secret.state(), None
    if state == PRESENT and try_:
        verdict = ask(secret.key(), _endpoint(context), try_, given.stack.now())
    if given.json:
        said = {"verdict": verdict.state, "answer": verdict.status} if verdict else {"verdict": None, "answer": None}
        output.as_json({"state": state, **said})
    elif verdict:
        output.line(f"{verdict.state}: a key is there; {verdict.told}")
    elif state != PRESENT:
        output.line(f"{state}: {in_words(state)}")
    else:
        output.line(
            f"{state}: a key is there; {to_type('status')} says what Dreamdata last said of it, --post empty asks"
        )
    if state != PRESENT:
        raise typer.Exit(NotAsWished.status)
    if verdict and verdict.state == REFUSED:
        raise NotAsWished(f"Dreamdata refuses the key in the secret: type {to_type('key set')}")
    if verdict and verdict.state == NOT_KNOWN:
        raise NotKnown("whether Dreamdata takes the key is not known")


def _endpoint(context: typer.Context) -> str:
    """Return the deliver function's endpoint, read by its own rules, so that the key goes nowhere else."""
    stack = chosen(context).stack
    found = stack.functions.get_function_configuration(FunctionName=running.deliver(stack))
    try:
        return DeliverSettings.read(found.get("Environment", {}).get("Variables", {})).endpoint
    except SettingError as error:
        raise NotAsWished(f"the deliver function cannot run: {error}; nothing was posted") from None
