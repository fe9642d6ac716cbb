"""Where an emulator does not do what AWS documents: named at the test, and in docs/reliability.md's table."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class UnlikeAws:
    """``claim``: what AWS documents, in the words of the table; ``emulators``: what each does instead."""

    claim: str
    emulators: dict[str, str] = field(default_factory=dict)


CLAIMS: list[UnlikeAws] = []


def unlike_aws[**P, R](claim: str, **emulators: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a test that has to fail against ``emulators``; when one of them has learnt it, the mark must go."""
    found = UnlikeAws(claim, emulators)
    CLAIMS.append(found)

    def marked(test: Callable[P, R]) -> Callable[P, R]:
        test.unlike_aws = found  # type: ignore[attr-defined]  # read by the folder's conftest
        return test

    return marked


def reason_of(test: Any, emulator: str) -> str | None:
    """Why ``test`` has to fail against ``emulator``; None: it has to pass."""
    found: UnlikeAws | None = getattr(test, "unlike_aws", None)
    return found.emulators.get(emulator) if found else None
