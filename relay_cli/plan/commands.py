"""relay plan check|try|infer|import|diff. The validator is imported when one of them runs."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated

import typer

from relay_cli import output
from relay_cli.context import chosen, in_a_line
from relay_cli.errors import NotAsWished, WrongInput

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
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
