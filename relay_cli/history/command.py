"""relay import: its options. The rest is imported when it runs, so that other commands do not wait for it."""

from pathlib import Path
from typing import Annotated

import typer

from relay_cli.context import chosen, in_a_line
from relay_cli.errors import WrongInput


@in_a_line
def import_history(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV, NDJSON or JSON.")],
    map_: Annotated[Path | None, typer.Option("--map", help="What each record becomes, in YAML.")] = None,
    sketch: Annotated[Path | None, typer.Option(help="Draft a map of the file into this new file, and end.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read, count, send nothing; needs no stack.")] = False,
    form: Annotated[str | None, typer.Option("--format", help="csv, ndjson or json; else by the name.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Such as cp1252; else the map's, else UTF-8.")] = None,
    key: Annotated[str, typer.Option(help="The name of the relay key to send with.")] = "default",
    rate: Annotated[float | None, typer.Option(help="At most so many events a second.", min=0.1)] = None,
    connections: Annotated[int, typer.Option(help="Requests on their way at once.", min=1, max=32)] = 4,
    again: Annotated[bool, typer.Option("--again", help="Begin anew, whatever was taken before.")] = False,
) -> None:
    """Send the history in a file to the relay, as a backend does; status 1 when an event was not taken.

    However it was ended, the same command goes on where it was. Events are real: Dreamdata counts them.
    """
    try:
        from relay_cli.history import running
    except ModuleNotFoundError as missing:
        if missing.name != "yaml":
            raise
        raise WrongInput("maps are read by a package that is missing: pipx install '.[import]'") from None
    given, given_file = chosen(context), running.GivenFile(file, map_, form, encoding)
    if sketch:
        running.sketch(given_file, sketch)
    elif dry_run:
        running.dry_run(given, given_file)
    else:
        running.send(given, given_file, running.Sent(key, connections, rate, again))
