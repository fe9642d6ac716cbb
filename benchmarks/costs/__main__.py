"""``make costs``: count the functions' work on the corpus and write docs/costs.md, its chart and the counts."""

import argparse
import subprocess
import sys
from pathlib import Path

import msgspec
from rich.console import Console

from benchmarks import charts, document, report
from benchmarks.children import environment, python
from benchmarks.costs import stack, tables
from benchmarks.costs.counts import Counts

COUNTS = Path(__file__).with_name("counts.json")
DOCUMENT = Path("docs/costs.md")
CHARTS = Path("docs/charts")


def kept() -> Counts:
    """The counts that the page was written from."""
    return msgspec.json.decode(COUNTS.read_bytes(), type=Counts)


def counted() -> Counts | None:
    """Count anew, in a process of its own, and keep the counts; None where that failed."""
    print("Counting what the functions ask of AWS for:", file=sys.stderr)
    done = subprocess.run(python("benchmarks.costs.counting"), env=environment(), stdout=subprocess.PIPE, check=False)
    if done.returncode:
        return None
    counts = msgspec.json.decode(done.stdout, type=Counts)
    COUNTS.write_bytes(msgspec.json.format(msgspec.json.encode(counts), indent=1) + b"\n")
    return counts


def main() -> int:
    """Count, keep the counts, write the page; 0 even where the target is missed: figures are for people to judge."""
    parser = argparse.ArgumentParser(prog="make costs", description=main.__doc__)
    parser.add_argument(
        "--kept", action="store_true", help="do not count: the counts that are kept, other prices or template"
    )
    counts = kept() if parser.parse_args().kept else counted()
    if counts is None:
        print("costs: counting failed, see above", file=sys.stderr)
        return 1
    found = tables.all_tables(counts, stack.read())
    document.update(DOCUMENT, found, rounds=0, seed=counts.seed, whole=False)
    console = Console() if sys.stdout.isatty() else Console(width=160)
    for part in found[:-1]:
        report.show(console, part)
    report.summarize(console, found)
    console.print("written:", COUNTS.name, DOCUMENT, *charts.draw(found, CHARTS), highlight=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
