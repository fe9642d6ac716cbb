"""What a part of the benchmarks found: a table, and targets with what was measured."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

type Cell = str | float | int | None


@dataclass(frozen=True, slots=True)
class Check:
    """A target: ``measured`` is to be at most ``limit``, or at least it where ``at_least``. ``unit``: %, B, x, ..."""

    claim: str
    measured: float
    limit: float
    unit: str = "x"
    at_least: bool = False

    @property
    def ok(self) -> bool:
        """Whether the target is reached."""
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


@dataclass(frozen=True, slots=True)
class Part:
    """One table: ``rows`` have the same columns, by name, in the order they are shown.

    ``name`` is a word for files, ``title`` a line for people. ``notes`` say how to read it. ``chart`` names the columns
    of labels and of values that are drawn as bars; ``own`` are the labels that are the relay's.
    """

    name: str
    title: str
    rows: Sequence[Mapping[str, Cell]]
    notes: Sequence[str] = ()
    checks: Sequence[Check] = ()
    chart: tuple[str, str] | None = None
    own: Sequence[str] = ()

    def figures(self) -> dict[str, object]:
        """All of it as JSON takes it."""
        return {**asdict(self), "checks": [{**asdict(check), "ok": check.ok} for check in self.checks]}
