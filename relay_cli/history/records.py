"""A record of a file: a row of CSV, a line of NDJSON, a value of JSON; or the fault of one that cannot be read."""

from collections.abc import Iterator
from typing import NamedTuple

# A record's text, in bytes or characters: twice the largest event that the relay delivers.
MAX_RECORD = 1_048_576

TOO_LONG, NOT_JSON, NOT_CSV, NUL = "record_too_long", "not_json", "not_csv", "nul_character"


class Fault(NamedTuple):
    """Why a record or an event is not sent: a word for programs and how, without any content."""

    code: str
    detail: str

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class JsonText(str):
    """A cell that is JSON and no string: a number, true, an object or a list, as it is written."""

    __slots__ = ()


class Record(NamedTuple):
    """``line`` is the first one of the record (the file's is 1), ``text`` what stands there, its beginning if too long.

    ``cells`` are its values in the order of the columns; None where the record is an event itself, or has a ``fault``.
    """

    line: int
    text: str | bytes
    cells: list[str] | None = None
    fault: Fault | None = None


type Records = Iterator[Record]


def too_long(line: int, text: str | bytes) -> Record:
    """The record of which only the beginning, ``text``, was read."""
    return Record(line, text, fault=Fault(TOO_LONG, f"over {MAX_RECORD:,} bytes"))
