"""Fuzz the handlers: mutated inputs by the ten thousands, what breaks a claim is kept in the corpus."""

import random
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track

from tests.fuzz.corpus import keep, kept, samples
from tests.fuzz.mutate import mutated
from tests.fuzz.targets import TARGETS

app = typer.Typer(add_completion=False)
console = Console()


@app.command()
def fuzz(
    inputs: Annotated[int, typer.Option(help="How many inputs for each handler.", min=1)] = 100_000,
    seed: Annotated[int, typer.Option(help="Other seeds, other inputs.")] = 1,
) -> None:
    """Try inputs on both handlers; status 1 where one broke a claim."""
    failures: dict[str, str] = {}
    for target, holds in TARGETS.items():
        chance = random.Random(seed)  # noqa: S311  # to be tried again, not to be secret
        corpus = kept(target) + samples(target)
        for _ in track(range(inputs), target, console=console):
            data = mutated(chance, corpus)
            try:
                holds(data)
            except Exception as error:  # noqa: BLE001  # its place is the list of failures
                what = f"{target}: {type(error).__name__}: {str(error)[:80]}"
                if what not in failures:
                    failures[what] = keep(target, data).name
    for what, name in failures.items():
        console.print(f"[red]{name}[/red] {what}", soft_wrap=True)
    console.print(f"{inputs * len(TARGETS):,} inputs, {len(failures)} distinct failures")
    if failures:
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
