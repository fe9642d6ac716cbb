"""A record of a file: a CSV row, an NDJSON line, a JSON value; or the fault of one that cannot be read."""

from collections.abc import Iterator
from typing import NamedTuple

# A record's text, in bytes or characters: twice the largest event that the relay delivers.
MAX_RECORD = 1_048_576

TOO_LONG, NOT_JSON, NOT_CSV, NUL = "record_too_long", "not_json", "not_csv", "nul_character"


class Fault(NamedTuple):
    """Why a record or an event is not sent: a code for programs and a reason, without any content."""

    code: str
    detail: str

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class JsonText(str):
    """A cell that is JSON but not a string: a number, true, an object or a list, as written."""

    __slots__ = ()


class Record(NamedTuple):
    """``line`` is the record's first line (from 1), ``text`` its text, cropped if too long.

    ``cells`` are its values in the order of the columns; None if the record is an event itself, or has a ``fault``.
    """

    line: int
    text: str | bytes
    cells: list[str] | None = None
    fault: Fault | None = None


type Records = Iterator[Record]


def too_long(line: int, text: str | bytes) -> Record:
    """Return the record of which only the beginning, ``text``, was read."""
    return Record(line, text, fault=Fault(TOO_LONG, f"over {MAX_RECORD:,} bytes"))
