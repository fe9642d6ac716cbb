"""What is wrong with a file of rules: every fault with its place, told all at once.

RulesInvalid: raised when the file cannot be compiled; ``problems`` holds what is wrong, in the file's order.
"""

import difflib
from collections.abc import Collection
from typing import NamedTuple

# More would not be read, and a hostile file has millions.
MOST_PROBLEMS = 50
# Of what the file says, in an error.
_SHOWN_CHARACTERS = 60


class Problem(NamedTuple):
    """One fault. Lines and columns count from 1."""

    line: int
    column: int
    reason: str


class RulesInvalid(Exception):
    """Raised when a file of rules cannot be compiled."""

    def __init__(self, file: str, problems: Collection[Problem], *, more: bool = False) -> None:
        self.file = file
        self.problems = tuple(sorted(problems))
        self.more = more
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """A line for each fault: ``file:line:column: reason``."""
        told = [f"{self.file}:{line}:{column}: {reason}" for line, column, reason in self.problems]
        return [*told, f"{self.file}: there is more; mend these first"] if self.more else told


class Problems:
    """Collects the faults of ``file``; ends the reading where there are too many."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._found: set[Problem] = set()

    def add(self, line: int, column: int, reason: str) -> None:
        """Note a fault and go on; raises RulesInvalid where that is one too many."""
        self._found.add(Problem(line, column, reason))
        if len(self._found) >= MOST_PROBLEMS:
            raise RulesInvalid(self._file, self._found, more=True)

    def end(self, line: int, column: int, reason: str) -> RulesInvalid:
        """The error of a fault behind which nothing can be read, with those found so far."""
        return RulesInvalid(self._file, {*self._found, Problem(line, column, reason)})

    def raise_any(self) -> None:
        """Raise RulesInvalid if there is any fault."""
        if self._found:
            raise RulesInvalid(self._file, self._found)


def shown(text: str) -> str:
    """What the file says, quoted, on one line, printable and not too long."""
    return ascii(text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 3] + "...")


def hint(name: str, known: Collection[str]) -> str:
    """The known name that is near to ``name``, or all that are known."""
    near = difflib.get_close_matches(name[:_SHOWN_CHARACTERS], known, 1, 0.5)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
