"""What is wrong with a plan: every fault with its file and line.

PlanInvalid: raised when the folder cannot be compiled; ``problems`` holds what is wrong, file by file.
"""

from collections.abc import Sequence
from typing import NamedTuple

# More would not be read.
MOST_PROBLEMS = 50


class PlanProblem(NamedTuple):
    """One fault, ``file`` below the plan's folder. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    reason: str


class PlanInvalid(Exception):
    """Raised when a plan cannot be compiled."""

    def __init__(self, folder: str, problems: Sequence[PlanProblem]) -> None:
        self.folder = folder
        self.more = len(problems) > MOST_PROBLEMS
        self.problems = tuple(sorted(problems)[:MOST_PROBLEMS])
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """A line for each fault: ``folder/file:line:column: reason``."""
        told = [f"{self.folder}/{one.file}:{one.line}:{one.column}: {one.reason}" for one in self.problems]
        return [*told, f"{self.folder}: there is more; mend these first"] if self.more else told
