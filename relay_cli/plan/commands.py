"""relay plan check|try|infer|import|diff. The validator is imported when one of them runs."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated

import typer

from relay_cli import output
from relay_cli.context import chosen, in_a_line
from relay_cli.errors import NotAsWished, WrongInput
from relay_cli.usage import App

app = App(no_args_is_help=True, rich_markup_mode=None)
_DEFAULT = "The plan's folder; else layers/rules/plan, else plan here."
_EVENTS = "Events: one, a list, {batch: [...]}, or one a line; - is stdin."
_New = Annotated[Path, typer.Option("--to", help="The plan's folder, a new one.")]
_PACKAGES = {"jsonschema_rs": "plan", "yaml": "plan"}


def _with_packages[**P](command: Callable[P, None]) -> Callable[P, None]:
    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except ModuleNotFoundError as missing:
            if missing.name not in _PACKAGES:
                raise
            raise WrongInput("plans are read by packages that are missing: pipx install '.[plan]'") from None

    return wrapped


@app.command()
@in_a_line
@_with_packages
def check(context: typer.Context, folder: Annotated[Path | None, typer.Argument(help=_DEFAULT)] = None) -> None:
    """Look at a plan; every fault with its file and line. Status 1 when there is one."""
    from relay_cli.plan.folders import PlanFolder, faults_of, plan_folder

    path = plan_folder(folder)
    found = faults_of(path)
    if chosen(context).json:
        if isinstance(found, PlanFolder):
            output.as_json({"folder": str(path), **found.summary(), "problems": []})
        else:
            output.as_json({"folder": str(path), "problems": [one._asdict() for one in found.problems]})
    else:
        for line in [f"{path}: {found.told()}"] if isinstance(found, PlanFolder) else found.lines():
            output.line(line)
    if not isinstance(found, PlanFolder):
        raise typer.Exit(NotAsWished.status)


@app.command("try")
@in_a_line
@_with_packages
def try_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help=_EVENTS)],
    plan: Annotated[Path | None, typer.Option("--plan", help=_DEFAULT)] = None,
    source: Annotated[str, typer.Option(help="The way in: http:KEY, queue, sns or eventbridge.")] = "http:default",
) -> None:
    """Judge events by a plan: each violation with its line, kind and path. Status 1 when there is one."""
    from relay_cli.plan import showing
    from relay_cli.plan.folders import read_plan
    from relay_cli.plan.trying import tried_of
    from relay_cli.rules import events

    tried = tried_of(read_plan(plan), events.bytes_of(file), source)
    if chosen(context).json:
        output.as_json([showing.as_value(one) for one in tried])
    else:
        showing.show(tried, str(file))
    if any(one.verdict.violations for one in tried):
        raise typer.Exit(NotAsWished.status)


@app.command("import")
@in_a_line
@_with_packages
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A tracking plan of Segment or RudderStack as JSON; - is stdin.")],
    to: _New = Path("plan"),
) -> None:
    """Make a plan of Segment's or RudderStack's tracking plan. Status 1 when a part of it could not be kept."""
    from relay_cli.plan.reports import report_import
    from relay_cli.plan.vendors import read_vendor_plan
    from relay_cli.rules import events

    imported = read_vendor_plan(events.bytes_of(file))
    if report_import(imported, to, json=chosen(context).json):
        raise typer.Exit(NotAsWished.status)


@app.command()
@in_a_line
@_with_packages
def infer(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help=_EVENTS)] = None,
    dead: Annotated[bool, typer.Option("--dead", help="In place of a file: the stack's dead letters.")] = False,
    to: _New = Path("plan"),
) -> None:
    """Make a plan of events: types, required members, formats, and choices where they are few and shared by many.

    No other value gets into it. Status 1 when there is something to look at in what was made.
    """
    from relay_cli.plan.inferring import Inferred
    from relay_cli.plan.reports import report_inferred
    from relay_cli.rules import events

    if (file is None) is not dead:
        raise WrongInput("name a file of events, - for stdin, or --dead for the dead letters of a stack")
    found = Inferred()
    if file is not None:
        found.add(events.read(events.bytes_of(file)))
    else:
        from relay_cli.plan.dead import each_text

        found.add(each_text(chosen(context)))
    schemas = found.schemas()
    if not schemas:
        raise WrongInput("there is no event of a known type to make a plan of")
    notes = [f"left out: {found.left_out} events of no known type, or of a name that holds data"]
    if report_inferred(schemas, to, found.count, notes if found.left_out else [], json=chosen(context).json):
        raise typer.Exit(NotAsWished.status)


@app.command()
@in_a_line
@_with_packages
def diff(
    context: typer.Context,
    old: Annotated[Path, typer.Argument(help="The plan's folder as it was.")],
    new: Annotated[Path, typer.Argument(help="And as it is to be.")],
) -> None:
    """Say what would break, for which events, if one plan took the other's place. Status 1 when something may."""
    from relay_cli.plan import comparing
    from relay_cli.plan.folders import read_plan

    found = list(comparing.differences(read_plan(old), read_plan(new)))
    if chosen(context).json:
        output.as_json([comparing.as_value(one) for one in found])
    else:
        words = {True: "breaks", None: "may break", False: "fits"}
        for of, change in found:
            path = comparing.path(change)
            output.line(f"{words[change.breaks]}: {of}: {path}{' ' if path else ''}{change.what}")
        breaking = sum(one.change.breaks is not False for one in found)
        output.line(f"{len(found)} changes, {breaking} break events or may")
    if any(one.change.breaks is not False for one in found):
        raise typer.Exit(NotAsWished.status)
