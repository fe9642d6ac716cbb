"""relay suppress add|remove|list|import. What it takes to run is imported then: other commands do not wait for it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from relay_cli import output
from relay_cli.context import chosen, in_a_line
from relay_cli.errors import NotAsWished, WrongInput
from relay_cli.interrupts import Interrupts
from relay_cli.moments import day_and_clock
from relay_cli.usage import App

if TYPE_CHECKING:
    from dreamdata_relay.privacy.suppressed_ids import Kind, PersonId
    from relay_cli.suppressed_people import Change, SuppressedPeople

app = App(no_args_is_help=True, rich_markup_mode=None)

_User = Annotated[list[str] | None, typer.Option("--user-id", help="A userId; - reads them from stdin, one a line.")]
_Anonymous = Annotated[
    list[str] | None, typer.Option("--anonymous-id", help="An anonymousId; - reads them from stdin, one a line.")
]
_Email = Annotated[
    list[str] | None, typer.Option("--email", help="An email address; - reads them from stdin, one a line.")
]
_KINDS = "user, anonymous or email"


@app.command()
@in_a_line
def add(context: typer.Context, user_id: _User = None, anonymous_id: _Anonymous = None, email: _Email = None) -> None:
    """Suppress people: within a minute no event of theirs is delivered, however long it has waited.

    An id in the command's line is seen by every user of this machine and stays in the shell's history: with - it is
    read from stdin instead. No id is kept anywhere, here or in AWS.
    """
    listed = _listed(context)
    _put(context, listed, _named(user_id, anonymous_id, email))


@app.command()
@in_a_line
def remove(
    context: typer.Context, user_id: _User = None, anonymous_id: _Anonymous = None, email: _Email = None
) -> None:
    """Take people off the list: their events are delivered again within a minute; what was dropped stays dropped."""
    listed = _listed(context)
    people = _named(user_id, anonymous_id, email)
    with Interrupts(last=True):
        change = listed.remove(people)
    _tell(context, change, "removed", "not on the list")
    if not change.changed:
        raise NotAsWished("nobody was removed: check the id, its kind, and that it is spelled as events have it")


@app.command("import")
@in_a_line
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="One id a line; - is stdin.")],
    kind: Annotated[
        str | None, typer.Option(help=f"What every line is: {_KINDS}; else each begins with it: email:jo@example.com")
    ] = None,
) -> None:
    """Suppress everybody that a file names."""
    listed, people = _listed(context), []
    for number, line in _lines_of(file):
        found, _, text = (kind, "", line) if kind else line.partition(":")
        try:
            people.append(_person(found, text))
        except WrongInput as error:
            # Not what the line says: it is somebody's.
            raise WrongInput(f"line {number} of {file}: {error}; nothing was changed") from None
    _put(context, listed, list(dict.fromkeys(people)))


@app.command("list")
@in_a_line
def list_(context: typer.Context) -> None:
    """How long the list is, and who changed it when; whom it names, nobody can tell from it."""
    entries, version = _listed(context).look()
    if chosen(context).json:
        changed_at = version.changed_at and version.changed_at.isoformat(timespec="seconds")
        output.as_json(
            {"entries": entries, "version": version.version_id, "changed_at": changed_at, "changed_by": version.by}
        )
    elif version.etag is None:
        output.line("nobody has been put on the list yet")
    else:
        row = {
            "entries": entries,
            "last change": day_and_clock(version.changed_at) if version.changed_at else "unknown",
            "by": version.by or "unknown",
            "version": version.version_id or "unknown",
        }
        output.table([row], tuple(row))


def _listed(context: typer.Context) -> "SuppressedPeople":
    """The stack's list, looked for before anybody types or pipes an id."""
    from relay_cli.suppressed_people import SuppressedPeople

    return SuppressedPeople(chosen(context).stack)


def _put(context: typer.Context, listed: "SuppressedPeople", people: "list[PersonId]") -> None:
    if not people:
        raise WrongInput("nobody is named")
    with Interrupts(last=True):
        change = listed.add(people)
    _tell(context, change, "added", "there already")


def _tell(context: typer.Context, change: "Change", done: str, before: str) -> None:
    if chosen(context).json:
        holds_from = change.holds_from.isoformat(timespec="seconds")
        output.as_json(
            {
                done: change.changed, "unchanged": change.unchanged, "entries": change.entries,
                "holds_from": holds_from if change.changed else None,
            }
        )  # fmt: skip
        return
    output.line(f"{change.changed} {done}, {change.unchanged} {before}; the list has {change.entries} entries")
    if change.changed:
        output.say(f"It holds from {change.holds_from:%H:%M:%S} UTC on at the latest.")


def _named(user_ids: list[str] | None, anonymous_ids: list[str] | None, emails: list[str] | None) -> "list[PersonId]":
    given = {"user": user_ids or [], "anonymous": anonymous_ids or [], "email": emails or []}
    if sum(ids.count("-") for ids in given.values()) > 1:
        raise WrongInput("only one of the options can read stdin")
    people = [
        _person(kind, text)
        for kind, ids in given.items()
        for one in ids
        for text in ([line for _, line in _lines_of(Path("-"))] if one == "-" else [one])
    ]
    if not people:
        raise WrongInput("who? Give --user-id, --anonymous-id or --email, with - to read stdin")
    return list(dict.fromkeys(people))


def _person(kind: str, text: str) -> "PersonId":
    from relay_cli.suppression_forms import KINDS, person

    known: list[Kind] = [one for one in KINDS if one == kind]
    if not known:
        raise WrongInput(f"the kind of an id is {_KINDS}")
    return person(known[0], text)


def _lines_of(file: Path) -> list[tuple[int, str]]:
    """The lines of ``file`` with their numbers; one that is empty names nobody."""
    try:
        if str(file) == "-":
            stream = typer.get_text_stream("stdin")
            if stream.isatty():
                output.say("One id a line; end with Ctrl-D.")
            text = stream.read()
        else:
            text = file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongInput(f"{file} cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None
    # At line ends only: an id may hold what Python takes for others.
    lines = enumerate(text.removeprefix("\ufeff").split("\n"), 1)
    return [(number, line.rstrip("\r")) for number, line in lines if line.strip()]
