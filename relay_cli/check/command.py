"""relay check: its options. The rest is imported when it runs, so that other commands do not wait for it."""

from pathlib import Path
from typing import Annotated

import typer

from relay_cli import output
from relay_cli.context import chosen, in_a_line
from relay_cli.errors import NotAsWished


@in_a_line
def check(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Events: one, a list, {batch: [...]}, or one a line; - is stdin.")],
    rule: Annotated[list[str] | None, typer.Option(help="Only this rule; several times for several.")] = None,
    skip: Annotated[list[str] | None, typer.Option(help="Not this rule; several times for several.")] = None,
    own_domain: Annotated[
        list[str] | None, typer.Option(help="A domain of your own staff's email, for the rule own_domain.")
    ] = None,
    fail_on: Annotated[
        list[str] | None, typer.Option(help="Status 1 where this rule finds something; any: where one does.")
    ] = None,
    most: Annotated[int, typer.Option(help="Show so many findings of each rule; 0 shows all.", min=0)] = 10,
) -> None:
    """Tell what keeps events from being of use in Dreamdata, and which share can reach a contact, company, campaign.

    Nothing is sent, and no value of an event is shown. Status 1 where the relay would refuse an event.
    """
    from relay_cli.check import running, showing

    failing = frozenset(fail_on or ())
    rules = running.chosen_rules(rule or (), skip or (), failing)
    domains = [domain.strip().lower().removeprefix("@") for domain in own_domain or ()]
    given = chosen(context)
    findings: list[dict[str, object]] = []
    show = (lambda problem: findings.append(showing.as_value(problem))) if given.json else showing.show_problem
    shown = showing.Shown(most, show)
    report = running.check_file(file, rules, domains, shown.tell)
    if given.json:
        output.as_json(showing.report_value(file, report, findings, shown.left_out))
    else:
        showing.show(report, shown.left_out)
    if report.refused or report.broken & failing or (report.broken and "any" in failing):
        raise typer.Exit(NotAsWished.status)
