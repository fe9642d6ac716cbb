"""See, send to and mend a deployed relay.

Exit status: 0 all as wished; 1 the command ran, and something wants attention; 2 an option, file or key that cannot be
used; 3 no credentials or no such stack; 4 AWS refused or was not reached; 5 not all of it could be found out; 130
interrupted, 143 by SIGTERM, 129 by a terminal that was closed.
"""

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

from relay_cli import dead_commands, interrupts, key_commands, keys_commands, output, sending, suppress_commands
from relay_cli.blank_arguments import Commands
from relay_cli.check.command import check
from relay_cli.context import Chosen, chosen, in_a_line
from relay_cli.errors import NotAsWished, WrongInput
from relay_cli.find_command import find
from relay_cli.history.command import import_history
from relay_cli.log_lines import FunctionLogs
from relay_cli.plan import commands as plan_commands
from relay_cli.printing import printable
from relay_cli.relay_keys import RelayKeysSecret
from relay_cli.rules import commands as rules_commands
from relay_cli.sandbox_command import sandbox
from relay_cli.smoke_command import smoke
from relay_cli.status_command import status
from relay_cli.tail_command import tail
from relay_cli.to_type import invoked, to_type
from relay_cli.trigger_command import trigger
from relay_cli.usage import App

app = App(
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help=__doc__,
    rich_markup_mode=None,
)
app.add_typer(dead_commands.app, name="dead", help="Dead letters: list, show, export, redrive, edit, import, delete.")
app.add_typer(key_commands.app, name="key", help="The Dreamdata API key: set, undo, check.")
app.add_typer(keys_commands.app, name="keys", help="The relay keys that senders show: add, list, revoke.")
app.add_typer(rules_commands.app, name="rules", help="Privacy rules: check, try, test, build.")
app.add_typer(plan_commands.app, name="plan", help="Tracking plans: check, try, infer, import, diff.")
app.add_typer(
    suppress_commands.app, name="suppress", help="People whose events are not delivered: add, remove, list, import."
)


app.command("status")(status)
app.command("smoke")(smoke)


@app.callback()
def options(
    context: typer.Context,
    stack: Annotated[str | None, typer.Option(help="The CloudFormation stack.", envvar="RELAY_STACK")] = None,
    local: Annotated[bool, typer.Option("--local", help="The stack that `make up` has started.")] = False,
    region: Annotated[str | None, typer.Option(help="The stack's region; else as the AWS CLI finds it.")] = None,
    profile: Annotated[str | None, typer.Option(help="A profile of ~/.aws/config.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Results as JSON on stdout.")] = False,
) -> None:
    """Options of every command."""
    # RELAY_STACK is for the stack on AWS; a name that is typed beside --local must be that one's.
    meant = stack if not local or _is_typed(context, "stack") else None
    given = Chosen(meant, local, region, profile, json)
    context.obj = given
    context.with_resource(invoked(given.invocation()))


def _is_typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


@app.command()
@in_a_line
def send(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="An event, a list, or {batch: [...]} as JSON; - is stdin.")
    ] = None,
    type_: Annotated[str, typer.Option("--type", help="Without a file: the event's type.")] = "track",
    user: Annotated[str, typer.Option(help="Without a file: its userId.")] = "relay-operator",
    event: Annotated[str, typer.Option(help="Without a file: the name of a track.")] = "Relay tried",
    key: Annotated[str, typer.Option(help="The name of the relay key to send with.")] = "default",
    seconds: Annotated[float, typer.Option(help="Follow it for so long; 0 does not.", min=0)] = 60.0,
) -> None:
    """Send an event as a backend does and follow it to its end; status 0 only when Dreamdata has it.

    It is a real event: Dreamdata counts it.
    """
    for name in ("type_", "user", "event"):
        if file and _is_typed(context, name):
            raise WrongInput(f"--{name.rstrip('_')} is for an event without a file; {file} says what is sent")
    if type_ != "track" and _is_typed(context, "event"):
        raise WrongInput(f"--event is the name of a track, and --type is {type_}")
    given = chosen(context)
    events = sending.read_events(_text_of(file)) if file else [_event(type_, user, event)]
    relay_key = RelayKeysSecret(given.stack.secrets, given.stack.output("IngestKeysSecretArn")).value(key, sandbox=True)
    sent_at = given.stack.now()
    find_it = _find(events[0]["messageId"])
    interrupts.say_if_interrupted(f"the relay may have taken what was sent, look with: {find_it}")
    answer = sending.post(given.stack.api_url, relay_key, events)
    rejected = sending.rejections(answer)
    refused = {rejection.get("index") for rejection in rejected}
    interrupts.say_if_interrupted(
        f"{len(events) - len(rejected)} of {len(events)} events were taken, look with: {find_it}"
    )
    ids = [str(event["messageId"]) for index, event in enumerate(events) if index not in refused]
    look = _find(ids[0]) if ids else find_it
    end = sending.End("refused", "every event was refused; its dead letter has the reason")
    if answer.get("sandbox"):
        end = sending.End("sandbox", f"{key} is a key in mode sandbox: checked and counted, sent nowhere")
    elif ids and seconds:
        end = sending.follow(FunctionLogs.of(given.stack), ids, sent_at, seconds, output.say)
    elif ids:
        end = sending.End("accepted", "not followed")
    if given.json:
        output.as_json({"answer": answer, "end": end.what, "detail": end.detail, "message_ids": ids})
    else:
        for rejection in rejected:
            output.line(f"refused: event {rejection.get('index')}: {rejection.get('code')}: {rejection.get('detail')}")
        hint = "" if end.what in ("delivered", "sandbox") else f"; look with: {look}"
        output.line(f"{end.what}: {len(ids)} of {len(events)} events; {end.detail}{hint}")
    if refused or end.what not in ("delivered", "accepted", "sandbox"):
        raise typer.Exit(NotAsWished.status)


def _find(message_id: object) -> str:
    return to_type("find", printable(message_id))


def _text_of(file: Path) -> str:
    try:
        return typer.get_text_stream("stdin").read() if str(file) == "-" else file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongInput(f"{file} cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None


def _event(kind: str, user: str, name: str) -> dict[str, object]:
    event: dict[str, object] = {"type": kind, "userId": user}
    if kind == "track":
        event["event"] = name
    return sending.read_events(json_module.dumps(event))[0]


app.command("tail")(tail)
app.command("sandbox")(sandbox)
app.command("find")(find)
app.command("check")(check)
app.command("import")(import_history)
app.command("trigger")(trigger)
