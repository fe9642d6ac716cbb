"""relay keys add|list|revoke."""

from datetime import datetime, timedelta
from typing import Annotated

import typer

from dreamdata_relay.secrets.keys import SANDBOX
from relay_cli import asking, output
from relay_cli.context import chosen, in_a_line
from relay_cli.errors import NotAsWished, NotKnown, NotWritten
from relay_cli.interrupts import Interrupts
from relay_cli.key_notes import Since
from relay_cli.key_uses import NOT_SEEN, UNKNOWN, Use, uses
from relay_cli.moments import day_and_clock, long
from relay_cli.readings import Reading
from relay_cli.relay_keys import RelayKeysSecret

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
# Senders that work once a day or once a week are not forgotten.
_RECENT = timedelta(days=8)


def _secret(context: typer.Context) -> RelayKeysSecret:
    stack = chosen(context).stack
    return RelayKeysSecret(stack.secrets, stack.output("IngestKeysSecretArn"), stack.now)


@app.command()
@in_a_line
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Its events are checked and counted, and sent nowhere.")
    ] = False,
) -> None:
    """Make a key called NAME and print it, this once, to stdout."""
    secret = _secret(context)
    # Once it is made it is shown: it is told only here.
    with Interrupts(last=True):
        key = secret.add(name, sandbox=sandbox)
    try:
        if chosen(context).json:
            output.as_json({"name": name, "key": key})
        else:
            output.line(key)
    except (NotWritten, BrokenPipeError):
        raise NotAsWished(
            f"{name} is made, and its key could not be shown: relay keys revoke {name} --force, then add it anew"
        ) from None
    output.say(
        f"{name} is let in within half a minute{'; its events are checked and sent nowhere' if sandbox else ''}."
    )


@app.command("list")
@in_a_line
def list_(context: typer.Context) -> None:
    """The keys' names, since when each is there, and when it was last used; never a key."""
    given = chosen(context)
    now = given.stack.now()
    secret = _secret(context)
    keys, sandboxes = secret.ages(), secret.sandboxes()
    found = uses(given.stack, keys, now)
    modes = {name: SANDBOX if name in sandboxes else "live" for name, _ in keys}
    if given.json:
        output.as_json([_shown(name, modes[name], since, found[name]) for name, since in keys])
    else:
        rows = [
            {"name": name, "mode": modes[name], "since": _age(since, now), "last use": _last(found[name], now)}
            for name, since in keys
        ]
        output.table(rows, ("name", *(["mode"] if sandboxes else []), "since", "last use"))
    if any(use.failed for use in found.values()):
        raise NotKnown("when the keys were last used is not known")


@app.command()
@in_a_line
def revoke(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="As `relay keys list` shows it.")],
    last: Annotated[bool, typer.Option("--last", help="Also when it is the last key.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Do not look whether it is in use, and do not ask; at once.")
    ] = False,
) -> None:
    """Take the key called NAME away; running functions forget it within four minutes.

    Where it was used within eight days, or nobody can tell, it asks first; without a terminal nothing is revoked then.
    """
    secret = _secret(context)
    if not force:
        secret.check_revocable(name, allow_last=last)
        _check_unused(context, name, dict(secret.ages()).get(name))
    with Interrupts(last=True):
        secret.revoke(name, allow_last=last)
    output.say(f"{name} is revoked; functions that remember it let it in for four minutes more at most.")


def _check_unused(context: typer.Context, name: str, since: Since | None) -> None:
    """Ask the operator if the key is in use. Raises NotAsWished unless they agree."""
    now = chosen(context).stack.now()
    use = uses(chosen(context).stack, [(name, since)], now)[name]
    output.say(f"{name}, last use: {_last(use, now)}")
    is_recent = use.last is not None and now - use.last.end <= _RECENT
    is_unclear = use.state == UNKNOWN and not use.new
    if not is_recent and not is_unclear:
        return
    output.say("Whoever still sends with it is answered 401 from then on, and loses those events.")
    nothing = "nothing was revoked"
    if not asking.at_a_terminal():
        why = "the key is in use" if is_recent else "the key may be in use"
        raise NotAsWished(f"{nothing}: {why}, and there is no terminal to ask on; --force revokes it")
    asking.ask(f"Revoke {name}?", nothing)


def _age(since: Since | None, now: datetime) -> str:
    if since is None:
        return "unknown"
    age = long((now - since.at).total_seconds())
    return (
        f"{day_and_clock(since.at)}, {age}" if since.exact else f"{day_and_clock(since.at)} or before, {age} at least"
    )


def _last(use: Use, now: datetime) -> str:
    if use.last:
        seconds = (now - use.last.end).total_seconds()
        return f"{_when(use.last)}, {f'{long(seconds)} ago' if seconds >= 0 else 'just now'}"
    if use.state == NOT_SEEN and use.since:
        return f"not seen in the last {long((now - use.since).total_seconds())}"
    return f"unknown: {use.why}"


def _when(reading: Reading) -> str:
    """Return the time as exactly as it is known."""
    if not reading.seconds:
        return day_and_clock(reading.at)
    return f"between {reading.at:%Y-%m-%d %H:%M} and {reading.end:%H:%M} UTC"


def _shown(name: str, mode: str, since: Since | None, use: Use) -> dict[str, object]:
    """Return a key's JSON; times are UTC."""
    last = use.last
    return {
        "name": name,
        "mode": mode,
        "since": since and since.at.isoformat(timespec="seconds"),
        "since_exactly": bool(since and since.exact),
        "use": use.state,
        "last_used_from": last and last.at.isoformat(timespec="seconds"),
        "last_used_until": last and last.end.isoformat(timespec="seconds"),
        "not_seen_since": use.since and use.since.isoformat(timespec="seconds"),
        "unknown_why": use.why or None,
    }
