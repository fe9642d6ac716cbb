"""Run the simulation: many seeds on all cores, or one with its story."""

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.simulation import reach
from tests.simulation.plan import FOCUSES
from tests.simulation.run import Report, run
from tests.simulation.summary import Summary

_CHUNK = 25

app = typer.Typer(add_completion=False)
console = Console()


@app.command()
def simulate(
    seeds: Annotated[int, typer.Option(help="How many seeds to run.", min=1)] = 1000,
    first: Annotated[int, typer.Option(help="The first of them.", min=0)] = 0,
    seed: Annotated[int | None, typer.Option(help="Run this one only.", min=0)] = None,
    story: Annotated[bool, typer.Option("--story", help="Print what happened, moment by moment.")] = False,
    processes: Annotated[int | None, typer.Option(help="How many at a time; all cores if not given.", min=1)] = None,
    coverage: Annotated[bool, typer.Option("--coverage", help="Print what none of the seeds reached.")] = False,
    one_process: Annotated[bool, typer.Option("--one-process", hidden=True)] = False,
) -> None:
    """Simulate the pipeline; status 1 where a counterexample was found, which its seed shows again at any time."""
    summary = Summary()
    if coverage:
        if not reach.measure(seeds, first, processes or os.cpu_count() or 1, console):
            raise typer.Exit(1)
        return
    if one_process:
        for number in range(first, first + seeds):
            # Few seeds must do where all is measured: each has one of the faults and features, whatever else it has.
            summary.add(run(number, (FOCUSES[number % len(FOCUSES)],)))
    elif seed is not None:
        report = run(seed)
        summary.add(report)
        if story:
            _tell(report)
    else:
        _run_all(summary, range(first, first + seeds), processes or os.cpu_count() or 1)
    console.print(summary.drawn())
    if summary.failed:
        console.print(f"see it happen: python -m tests.simulation --seed {summary.failed[0][0]} --story")
        raise typer.Exit(1)


def _run_all(summary: Summary, seeds: range, processes: int) -> None:
    columns = (
        TextColumn("simulating"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console) as progress, ProcessPoolExecutor(processes) as pool:
        task = progress.add_task("", total=len(seeds))
        for report in pool.map(_untold, seeds, chunksize=_CHUNK):
            summary.add(report)
            found = f"[red]{len(summary.failed)} counterexamples" if summary.failed else "no counterexample"
            progress.update(task, advance=1, description=found)


def _untold(seed: int) -> Report:
    return replace(run(seed), story=[])


def _tell(report: Report) -> None:
    for moment, line in report.story:
        console.print(f"{moment:12.2f} s  {line}", markup=False, highlight=False, soft_wrap=True)
    for claim in report.violations:
        console.print(f"BROKEN: {claim}", markup=False, style="red", soft_wrap=True)


if __name__ == "__main__":
    app()
