"""The result of a check."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

OK, FAILED, WARNING, SKIPPED = "ok", "failed", "warning", "skipped"


@dataclass(frozen=True, slots=True)
class Result:
    """``outcome`` is OK, FAILED, WARNING (so by choice, yet worth knowing) or SKIPPED; ``detail`` says why."""

    group: str
    name: str
    outcome: str
    detail: str = ""

    def shown(self) -> dict[str, object]:
        """Return it as a row of the report, and for `--json`."""
        return {"group": self.group, "check": self.name, "outcome": self.outcome, "detail": self.detail}


def ok_if(good: bool, group: str, name: str, detail: str, otherwise: str) -> Result:
    """Return OK with ``detail``, or FAILED with ``otherwise``."""
    return Result(group, name, OK, detail) if good else Result(group, name, FAILED, otherwise)


def summary(results: Sequence[Result]) -> str:
    """Return how many there are of each outcome."""
    counts = Counter(result.outcome for result in results)
    return ", ".join(f"{counts[outcome]} {outcome}" for outcome in (OK, FAILED, WARNING, SKIPPED) if counts[outcome])
