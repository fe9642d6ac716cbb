"""Reads a file's first records, and guesses how it is written."""

import codecs
import io
import itertools
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from dreamdata_relay.events.rules import EVENT_TYPES
from relay_cli.errors import WrongInput
from relay_cli.history.checking import check, encoding_of, guessed
from relay_cli.history.csv_records import Dialect, csv_records
from relay_cli.history.json_records import members_of
from relay_cli.history.sources import CSV, opened

MOST_RECORDS = 1_000
_HEAD_BYTES = 4 * 1024 * 1024
_DELIMITERS = (",", ";", "\t", "|")
_TRIED_ROWS = 50


@dataclass(frozen=True, slots=True)
class Sample:
    """The first records of a file: the cells of each column. ``encoding``: if the file itself does not tell it."""

    columns: dict[str, list[str]]
    records: int
    dialect: Dialect
    encoding: str | None = None


def sample(file: Path, form: str, encoding: str | None) -> Sample:
    """Return the beginning of ``file``; raises WrongInput if it cannot be read, or needs no map."""
    head = _head(file)
    if not head.strip():
        raise WrongInput(f"{file} is empty")
    guess = encoding or _guessed(head)
    check(file, guess)
    text = codecs.getincrementaldecoder(guess or encoding_of(head))().decode(head)
    if form != CSV:
        return _of_json(file, form, guess or encoding_of(head), guess)
    dialect = _dialect(text)
    columns, records = csv_records(io.StringIO(text, newline=""), dialect)
    rows = [record.cells for record in itertools.islice(records, MOST_RECORDS) if record.cells]
    if not columns:
        raise WrongInput(f"{file} has no row of names")
    counts = Counter(columns)
    found = {
        name: [row[place].strip() for row in rows]
        for place, name in enumerate(columns)
        # What stands twice cannot be told apart, and what has no name not be named.
        if name and counts[name] == 1
    }
    return Sample(found, len(rows), dialect, guess)


def _head(file: Path) -> bytes:
    try:
        with file.open("rb") as opened_:
            return opened_.read(_HEAD_BYTES)
    except OSError as error:
        raise WrongInput(f"{file} cannot be read: {error.strerror}") from None


def _guessed(head: bytes) -> str | None:
    """Return the encoding that must be named; None if the file tells it, or is UTF-8."""
    try:
        codecs.getincrementaldecoder(encoding_of(head))().decode(head)
    except UnicodeError:
        return guessed(head)
    # Nearly every second byte a zero is UTF-8, too, and no text.
    return guessed(head) if encoding_of(head) == "utf-8-sig" and guessed(head).startswith("utf-16") else None


def _dialect(text: str) -> Dialect:
    """Return the delimiter that splits the first rows into the most cells, equally many in each."""
    head = "".join(itertools.islice(io.StringIO(text, newline=""), _TRIED_ROWS))

    def fit(delimiter: str) -> tuple[float, int]:
        columns, records = csv_records(io.StringIO(head, newline=""), Dialect(delimiter))
        rows = list(records)
        even = sum(row.cells is not None for row in rows) / max(1, len(rows))
        return (even if len(columns) > 1 else 0.0, len(columns))

    dialect = Dialect(max(_DELIMITERS, key=fit))
    names, _ = csv_records(io.StringIO(head, newline=""), dialect)
    if any("@" in name or name.replace(".", "").replace(",", "").isdigit() for name in names):
        # A row of data: a file without names.
        return dialect._replace(columns=tuple(f"column_{place}" for place in range(1, len(names) + 1)))
    return dialect


def _of_json(file: Path, form: str, encoding: str, named: str | None) -> Sample:
    rows: list[dict[str, str]] = []
    with opened(file, form, encoding, Dialect()) as source:
        for record in itertools.islice(source.records, MOST_RECORDS):
            try:
                value = None if record.fault else json.loads(record.text)
                if isinstance(value, dict):
                    rows.append(members_of(value))
            except (ValueError, RecursionError):
                continue
    if any(row.get("type") in EVENT_TYPES for row in rows):
        raise WrongInput(f"{file} holds events already: import it without a map")
    if not rows:
        raise WrongInput(f"{file} holds no record that is a JSON object")
    names = dict.fromkeys(name for row in rows for name in row if name)
    return Sample({name: [row.get(name, "") for row in rows] for name in names}, len(rows), Dialect(), named)
