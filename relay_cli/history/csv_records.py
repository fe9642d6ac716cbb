"""CSV read row by row: a row that is broken costs itself alone, however it is broken."""

import csv
import re
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple, TextIO

from relay_cli.history.records import MAX_RECORD, NOT_CSV, NUL, Fault, Record, Records, too_long

# One cell may be a whole record; a longer one is stopped by the length of its lines.
csv.field_size_limit(2 * MAX_RECORD)
_TOLD = re.compile(r'"?sep=([^\r\n"])"?[\r\n]*', re.IGNORECASE)


class Dialect(NamedTuple):
    """How the cells of a row are told apart. ``columns``: their names, where the file has no row of names."""

    delimiter: str = ","
    quote: str | None = '"'
    escape: str | None = None
    columns: tuple[str, ...] = ()


class _Unclosed(Exception):
    """Raised when a row goes on for longer than any row may."""


class _Lines:
    """The file's lines, with those of the row that is being read kept: they may have to be read once more."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._again: deque[tuple[int, str]] = deque()
        self._number = 0
        self._characters = 0
        self.row: list[tuple[int, str]] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, line = self._again.popleft() if self._again else self._read()
        if not line:
            raise StopIteration
        self._characters += len(line)
        self.row.append((number, line))
        if self._characters > MAX_RECORD:
            raise _Unclosed
        return line

    def first(self) -> str:
        """The first line, which stays."""
        self._again.append(self._read())
        return self._again[0][1]

    def pass_over_first(self) -> None:
        """It is no row."""
        self._again.popleft()

    def _read(self) -> tuple[int, str]:
        line = self._file.readline(MAX_RECORD + 1)
        self._number += 1
        return self._number, line

    def finish_row(self) -> list[tuple[int, str]]:
        """The lines of the row that has ended; the next one begins."""
        row, self.row, self._characters = self.row, [], 0
        return row

    def read_again(self) -> tuple[int, str]:
        """All lines but the first one of the broken row come again; that one, a long one cropped."""
        number, line = self.row[0]
        self._again.extendleft(reversed(self.row[1:]))
        while len(self.row) == 1 and not line.endswith(("\n", "\r")):
            more = self._file.readline(MAX_RECORD)
            if not more or more.endswith(("\n", "\r")):
                break
        self.finish_row()
        return number, line


def csv_records(file: TextIO, dialect: Dialect) -> tuple[tuple[str, ...], Records]:
    """The names of the columns, and each row in which anything stands.

    ``file`` is opened with ``newline=""``. A first line such as ``sep=;`` tells spreadsheets the delimiter, and here,
    too. A row of which a quote is not closed, or not followed by a delimiter, is broken; its other lines are read as
    rows of their own.
    """
    lines = _Lines(file)
    if found := _TOLD.fullmatch(lines.first()):
        lines.pass_over_first()
        dialect = dialect._replace(delimiter=found[1])
    records = _rows(lines, dialect)
    if dialect.columns:
        return dialect.columns, _even(records, len(dialect.columns))
    first = next(records, None)
    columns = tuple(map(str.strip, first.cells or ())) if first else ()
    return columns, _even(records, len(columns))


def _even(records: Records, width: int) -> Records:
    """Each with as many cells as there are columns; a fault where it has others."""
    for record in records:
        cells = record.cells
        if cells is None:
            yield record
        elif "\0" in record.text:
            yield record._replace(cells=None, fault=_NUL)
        elif not any(map(str.strip, cells)):
            # Spreadsheets write such below their last row.
            continue
        elif len(cells) == width:
            yield record
        elif len(cells) > width and not any(cells[width:]):
            yield record._replace(cells=cells[:width])
        else:
            count = f"{len(cells)} cell{'s' * (len(cells) != 1)}, and there are {width} columns"
            yield record._replace(cells=None, fault=Fault(NOT_CSV, count))


def _rows(lines: _Lines, dialect: Dialect) -> Records:
    reader = _reader(lines, dialect)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (_Unclosed, csv.Error) as error:
            is_long = len(lines.row) == 1 and isinstance(error, _Unclosed)
            number, text = lines.read_again()
            yield too_long(number, text) if is_long else Record(number, text, fault=_BROKEN)
            reader = _reader(lines, dialect)
            continue
        row = lines.finish_row()
        if cells:
            number, text = row[0]
            yield Record(number, text if len(row) == 1 else "".join(line for _, line in row), cells)


_BROKEN = Fault(NOT_CSV, "a quote is not closed, or what comes after it is no delimiter")
_NUL = Fault(NUL, "a character of the code 0, which no text has")


def _reader(lines: _Lines, dialect: Dialect) -> Iterator[list[str]]:
    return csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar=dialect.escape,
        strict=True,
    )
