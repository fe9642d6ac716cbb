"""relay rules check|try|test|build. What reads YAML and judges events is imported when one of them runs."""

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
_DEFAULT = "rules.yaml; else layers/rules/rules.yaml, else rules.yaml here."
_Source = Annotated[str, typer.Option(help="The way in: http:KEY, queue, sns or eventbridge.")]
_Rules = Annotated[Path | None, typer.Option("--rules", help=_DEFAULT)]


def _with_yaml[**P](command: Callable[P, None]) -> Callable[P, None]:
    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except ModuleNotFoundError as missing:
            if missing.name != "yaml":
                raise
            raise WrongInput("rules are read by a package that is missing: pipx install '.[rules]'") from None

    return wrapped


@app.command()
@in_a_line
@_with_yaml
def check(context: typer.Context, file: Annotated[Path | None, typer.Argument(help=_DEFAULT)] = None) -> None:
    """Look at a file of rules; every fault with its line. Status 1 when there is one."""
    from relay_cli.rules.files import RulesFile, faults_of, rules_file

    path = rules_file(file)
    found = faults_of(path)
    if chosen(context).json:
        if isinstance(found, RulesFile):
            output.as_json({"file": str(path), **found.summary(), "problems": []})
        else:
            problems = [{"line": line, "column": column, "reason": reason} for line, column, reason in found.problems]
            output.as_json({"file": str(path), "problems": problems})
    else:
        for line in [f"{path}: {found.told()}"] if isinstance(found, RulesFile) else found.lines():
            output.line(line)
    if not isinstance(found, RulesFile):
        raise typer.Exit(NotAsWished.status)


@app.command("try")
@in_a_line
@_with_yaml
def try_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Events: one, a list, {batch: [...]}, or one a line; - is stdin.")],
    rules: _Rules = None,
    source: _Source = "http:default",
) -> None:
    """Show what the rules make of events, the rule beside each change; nothing is sent.

    Pseudonyms are made with a key that everybody knows (psn_trial_...).
    """
    from relay_cli.rules import events, showing
    from relay_cli.rules.files import read_rules
    from relay_cli.rules.trying import Trial

    trial = Trial(read_rules(rules).compiled, source)
    tried = [trial.of(text) for text in events.read(events.bytes_of(file))]
    if chosen(context).json:
        output.as_json([showing.as_value(number, one) for number, one in enumerate(tried)])
    else:
        showing.show(tried)


@app.command("test")
@in_a_line
@_with_yaml
def run_cases(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Cases: NAME.before.json and NAME.after.json.")],
    rules: _Rules = None,
    write: Annotated[bool, typer.Option("--write", help="Write each after file that is missing.")] = False,
) -> None:
    """Judge each case's event and compare; status 1 when one differs.

    An after file holds the event, or {"dropped_by": "RULE"}. A file NAME.source names a way in other than http:default;
    a rules.yaml in the cases' folder is theirs.
    """
    from relay_cli.rules import showing
    from relay_cli.rules.cases import cases_in, run

    results = [run(case, write) for case in cases_in(folder, rules)]
    failed = [result for result in results if not result.passed]
    if chosen(context).json:
        output.as_json([{"case": result.name, "passed": result.passed, "detail": result.detail} for result in results])
    else:
        showing.show_results(results)
    if failed:
        raise typer.Exit(NotAsWished.status)


@app.command()
@in_a_line
@_with_yaml
def build(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help=_DEFAULT)] = None,
    to: Annotated[Path, typer.Option(help="The layer's zip.")] = Path("relay-rules.zip"),
) -> None:
    """Make the layer for RulesLayerArn of a file of rules: for who deploys the package without a clone of it."""
    from relay_cli.rules.files import read_rules
    from relay_cli.rules.layer_zip import publishing, write

    found = read_rules(file)
    write(found.compiled, to)
    if chosen(context).json:
        output.as_json({"file": str(to), **found.summary()})
        return
    output.line(f"{to}: {found.told()}")
    output.say(publishing(to))
