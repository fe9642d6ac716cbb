"""Opens a file in its format: its columns, and its records one after another."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

from relay_cli.errors import WrongInput
from relay_cli.history.csv_records import Dialect, csv_records
from relay_cli.history.json_records import cells_of, json_records, ndjson_records
from relay_cli.history.records import Records

CSV, NDJSON, JSON = "csv", "ndjson", "json"
FORMATS = (CSV, NDJSON, JSON)
_SUFFIXES = {".csv": CSV, ".tsv": CSV, ".tab": CSV, ".txt": CSV, ".ndjson": NDJSON, ".jsonl": NDJSON, ".json": JSON}
_BUFFER = 1024 * 1024


@dataclass(slots=True)
class Source:
    """``records`` of ``file``; ``columns`` are its own names, if the format has any.

    ``text``: the decoder of the file, kept so that it does not close it.
    """

    columns: tuple[str, ...]
    records: Records
    file: BinaryIO
    text: TextIO | None = None

    def position(self) -> int:
        """Return how many bytes were read."""
        return self.file.tell()


def format_of(file: Path, given: str | None) -> str:
    """Return the format that is ``given``, or that the name implies; raises WrongInput."""
    found = given or _SUFFIXES.get(file.suffix.lower())
    if found not in FORMATS:
        raise WrongInput(f"the format of {file} is not told by its name: --format {', '.join(FORMATS)}")
    return found


@contextmanager
def opened(file: Path, form: str, encoding: str, dialect: Dialect) -> Iterator[Source]:
    """Open ``file`` for reading; raises WrongInput."""
    try:
        with file.open("rb", buffering=_BUFFER) as raw:
            yield _source(raw, form, encoding, dialect)
    except BrokenPipeError:
        # Of what reads this program's output, not of the file.
        raise
    except OSError as error:
        raise WrongInput(f"{file} cannot be read: {error.strerror}") from None


def _source(raw: BinaryIO, form: str, encoding: str, dialect: Dialect) -> Source:
    if form == NDJSON and encoding.startswith("utf-8"):
        return Source((), ndjson_records(raw), raw)
    text = io.TextIOWrapper(raw, encoding=encoding, newline="" if form == CSV else None)
    if form == CSV:
        return Source(*csv_records(text, dialect), raw, text)
    # NDJSON of another encoding is values one after another all the same.
    return Source((), json_records(text), raw, text)


def with_cells(source: Source, columns: Sequence[str]) -> Records:
    """Return the records with the values at ``columns`` as their cells."""
    if source.columns:
        return source.records
    return (cells_of(record, columns) for record in source.records)
