"""``make bench``: speed, size and bounds of the relay beside its peers, in one run.

Prints a table a part and every target with what was measured; writes .local/bench.json and, asked to, the tables and
charts of docs/performance.md.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import charts, document, report
from benchmarks.bounds import part as bounds
from benchmarks.cold_start import part as cold_start
from benchmarks.corpus import SEED, Corpus, make_corpus
from benchmarks.deliver import part as deliver
from benchmarks.ingest import part as ingest
from benchmarks.ingest.agreement import Disagreement
from benchmarks.parts import Part
from benchmarks.plan import part as plan
from benchmarks.privacy import part as privacy
from local.errors import LocalError

RESULTS = Path(".local/bench.json")
CHARTS = Path("docs/charts")

# In the order of the functions' work; each takes the corpus and a number of rounds.
PARTS: Mapping[str, Callable[[Corpus, int], Sequence[Part]]] = {
    "ingest": ingest.measure,
    "deliver": deliver.measure,
    "bounds": bounds.measure,
    "cold-start": cold_start.measure,
    "privacy": privacy.measure,
    "plan": plan.measure,
}


def main() -> int:
    """Measure what was asked for; 0 even where a target is missed: figures are for people to judge."""
    options = _options()
    corpus = make_corpus(seed=options.seed)
    # Where output is no terminal, rich would take 80 columns.
    console = Console() if sys.stdout.isatty() else Console(width=140)
    found: list[Part] = []
    for name in PARTS if options.part == "all" else [options.part]:
        try:
            found += PARTS[name](corpus, options.rounds)
        except (LocalError, Disagreement, RuntimeError) as error:
            print(f"bench: {name}: {error}", file=sys.stderr)
            return 1
    for part in found:
        report.show(console, part)
    report.summarize(console, found)
    report.write(options.json, found, options.rounds, options.seed)
    if options.docs:
        document.update(document.DOCUMENT, found, options.rounds, options.seed, whole=options.part == "all")
        console.print("written:", document.DOCUMENT, *charts.draw(found, CHARTS), highlight=False)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--part", choices=["all", *PARTS], default="all", help="what to measure")
    parser.add_argument("--rounds", type=_positive, default=15, help="how often each case runs, in turn")
    parser.add_argument("--seed", type=int, default=SEED, help="another seed is another corpus of the same kind")
    parser.add_argument("--json", type=Path, default=RESULTS, help="where the figures go")
    parser.add_argument("--docs", action="store_true", help=f"put the tables into {document.DOCUMENT}, draw {CHARTS}")
    return parser.parse_args()


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
