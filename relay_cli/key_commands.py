"""relay key set|check."""

import json
import sys
import uuid
from datetime import UTC, datetime
from typing import Annotated

import typer

from dreamdata_relay.settings import DeliverSettings, SettingError
from relay_cli import output, running
from relay_cli.context import chosen, in_a_line
from relay_cli.dreamdata_key import STATES, DreamdataSecret
from relay_cli.errors import NotAsWished, WrongInput

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
_REFUSED = (401, 403)


def _secret(context: typer.Context) -> DreamdataSecret:
    stack = chosen(context).stack
    return DreamdataSecret(stack.dreamdata_secrets, stack.output("DreamdataSecretArn"))


@app.command("set")
@in_a_line
def set_(context: typer.Context) -> None:
    """Put the Dreamdata API key, asked for without showing it, or read from stdin. Nothing has to be deployed."""
    secret = _secret(context)
    key = typer.prompt("Dreamdata API key", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    if not key.strip():
        raise WrongInput("no key was given")
    secret.put(key)
    output.say("The key is put. Held events go out as their time comes, within half an hour.")


@app.command()
@in_a_line
def check(
    context: typer.Context,
    post: Annotated[
        str | None, typer.Option(help="Try it with a post: `empty`, or `event` (Dreamdata counts it).")
    ] = None,
) -> None:
    """Tell whether the secret holds a key, without showing it; status 1 when it does not, or Dreamdata refuses it."""
    given = chosen(context)
    secret = _secret(context)
    if post not in (None, "empty", "event"):
        raise WrongInput("--post is `empty` or `event`")
    state, status = secret.state(), None
    if state == "present" and post:
        status = secret.post(_endpoint(context), _body(post))
    if given.json:
        output.as_json({"state": state, "answer": status})
    else:
        output.line(f"{state}: {STATES.get(state, state)}" + _told(status))
    if state != "present":
        raise typer.Exit(NotAsWished.status)
    if status is not None and (status in _REFUSED or not (200 <= status < 300 or post == "empty")):
        raise NotAsWished("Dreamdata refuses the key" if status in _REFUSED else f"Dreamdata answered {status}")


def _told(status: int | None) -> str:
    if status is None:
        return ""
    return f"; Dreamdata answered {status}, " + (
        "which refuses the key" if status in _REFUSED else "which is no refusal of the key"
    )


def _endpoint(context: typer.Context) -> str:
    """The endpoint of the function that delivers, by its own rules: the key goes nowhere that it would not go."""
    stack = chosen(context).stack
    found = stack.functions.get_function_configuration(FunctionName=running.deliver(stack))
    try:
        return DeliverSettings.read(found.get("Environment", {}).get("Variables", {})).endpoint
    except SettingError as error:
        raise NotAsWished(f"the deliver function cannot run: {error}; nothing was posted") from None


def _body(post: str) -> bytes:
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    event = {
        "type": "track",
        "event": "Relay key checked",
        "userId": "relay-operator",
        "messageId": str(uuid.uuid4()),
        "timestamp": at,
    }
    batch = [event] if post == "event" else []
    return json.dumps({"messageId": str(uuid.uuid4()), "sentAt": at, "batch": batch}).encode()
