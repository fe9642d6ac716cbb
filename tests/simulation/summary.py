"""What many runs came to, added up and drawn."""

from collections import Counter
from dataclasses import dataclass, field

from rich.console import Group
from rich.table import Table

from tests.simulation.run import Report


@dataclass
class Summary:
    """Sums over runs; ``failed`` has the seeds that found a counterexample, each with the first claim broken."""

    seeds: int = 0
    events: int = 0
    days: float = 0.0
    invocations: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    duplicates: Counter[str] = field(default_factory=Counter)
    dead_letters: Counter[str] = field(default_factory=Counter)
    failed: list[tuple[int, str]] = field(default_factory=list)

    def add(self, report: Report) -> None:
        """Count one run."""
        self.seeds += 1
        self.events += report.events
        self.days += report.days
        self.invocations += report.counts["ingest_invocations"] + report.counts["deliver_invocations"]
        self.faults += report.faults
        self.duplicates += report.duplicates
        self.dead_letters += report.dead_letters
        if report.violations:
            self.failed.append((report.seed, report.violations[0]))

    def drawn(self) -> Group:
        """Tables for a terminal."""
        head = Table(show_header=False, box=None)
        for name, value in (
            ("seeds", f"{self.seeds:,}"),
            ("events promised", f"{self.events:,}"),
            ("function runs", f"{self.invocations:,}"),
            ("virtual days", f"{self.days:,.1f}"),
            ("counterexamples", f"{len(self.failed):,}"),
        ):
            head.add_row(name, value)
        parts = [head, _table("faults met", self.faults), _table("ends beyond the first, by cause", self.duplicates)]
        parts.append(_table("dead letters, by reason", self.dead_letters))
        for seed, claim in sorted(self.failed)[:20]:
            head.add_row(f"[red]seed {seed}[/red]", claim)
        return Group(*parts)


def _table(title: str, counts: Counter[str]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    for name, count in sorted(counts.items(), key=lambda item: -item[1]):
        table.add_row(str(name), f"{count:,}")
    return table
