"""relay keys add|list|revoke."""

from typing import Annotated

import typer

from relay_cli import output
from relay_cli.context import chosen, in_a_line
from relay_cli.relay_keys import RelayKeysSecret

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


def _secret(context: typer.Context) -> RelayKeysSecret:
    stack = chosen(context).stack
    return RelayKeysSecret(stack.secrets, stack.output("IngestKeysSecretArn"))


@app.command()
@in_a_line
def add(context: typer.Context, name: Annotated[str, typer.Argument(help="Whose key it is.")]) -> None:
    """Make a key called NAME and print it, this once, to stdout."""
    key = _secret(context).add(name)
    if chosen(context).json:
        output.as_json({"name": name, "key": key})
    else:
        output.line(key)
    output.say(f"{name} is let in within half a minute.")


@app.command("list")
@in_a_line
def list_(context: typer.Context) -> None:
    """The keys' names; never a key."""
    names = _secret(context).names()
    if chosen(context).json:
        output.as_json(names)
    else:
        for name in names:
            output.line(name)


@app.command()
@in_a_line
def revoke(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="As `relay keys list` shows it.")],
    last: Annotated[bool, typer.Option("--last", help="Also when it is the last key.")] = False,
) -> None:
    """Take the key called NAME away; running functions forget it within four minutes."""
    _secret(context).revoke(name, allow_last=last)
    output.say(f"{name} is revoked; functions that remember it let it in for four minutes more at most.")
