"""The golden records in `events/golden`: what `golden.toml` tells of each, and its text."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FOLDER = Path(__file__).resolve().parents[2] / "events" / "golden"


@dataclass(frozen=True)
class Golden:
    """One record; the members are explained at the head of `events/golden/golden.toml`."""

    name: str
    title: str
    kind: Literal["http", "sqs", "body", "log"]
    file: str
    sources: tuple[str, ...]
    delivered: int = 0
    status: int = 200
    code: str = ""
    says: str = ""
    trouble: bool = False

    @property
    def text(self) -> str:
        """The file's text, without the line end that ends it."""
        return (FOLDER / self.file).read_text().removesuffix("\n")


def golden_records(*kinds: str) -> list[Golden]:
    """The records of ``kinds``, or all, in the order of the file."""
    tables = tomllib.loads((FOLDER / "golden.toml").read_text())
    records = [Golden(name, **{**table, "sources": tuple(table["sources"])}) for name, table in tables.items()]
    return [one for one in records if not kinds or one.kind in kinds]
