"""Reads NDJSON by line and JSON by value, each text unchanged; files of any length are read piece by piece."""

import json
import re
from collections.abc import Sequence
from typing import Any, BinaryIO, TextIO

import msgspec

from relay_cli.errors import WrongInput
from relay_cli.history.records import MAX_RECORD, NOT_JSON, Fault, JsonText, Record, Records, too_long

_BOM = b"\xef\xbb\xbf"
_BLANKS = b" \t\r\n"
_BLANK = re.compile(r"[ \t\r\n]*")
_BATCH = re.compile(r'[ \t\r\n]*\{[ \t\r\n]*"batch"[ \t\r\n]*:[ \t\r\n]*\[')
_ARRAY = re.compile(r"[ \t\r\n]*\[")
_RAW = msgspec.json.Decoder(msgspec.Raw)
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_STRING = msgspec.json.Decoder(str)
_ANY = json.JSONDecoder()


def ndjson_records(file: BinaryIO) -> Records:
    """Yield each line that is not blank."""
    number = 0
    while line := file.readline(MAX_RECORD + 1):
        number += 1
        if len(line) > MAX_RECORD:
            while (more := file.readline(MAX_RECORD)) and not more.endswith(b"\n"):
                pass
            yield too_long(number, line)
        elif text := (line.removeprefix(_BOM) if number == 1 else line).strip(_BLANKS):
            yield Record(number, text, fault=None if _is_json(text) else _NOT_JSON)


_NOT_JSON = Fault(NOT_JSON, "the line is not one JSON value")


def _is_json(text: bytes) -> bool:
    """Whether the relay reads it as JSON: NaN and lone surrogates, which real clients write, are accepted."""
    try:
        _RAW.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return False
    return True


class _Stretch:
    """The text that was read and not yet used; it grows only if a value needs more."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._ended = False
        self.text = ""
        self.at = 0
        self.line = 1

    def more(self) -> bool:
        """Read on; return False at the end."""
        if not self._ended:
            read = self._file.read(MAX_RECORD // 4)
            self._ended = not read
            self.text, self.at = self.text[self.at :] + read, 0
        return not self._ended

    def take(self, end: int) -> str:
        """Remove and return the text up to ``end``."""
        taken = self.text[self.at : end]
        self.line += taken.count("\n")
        self.at = end
        return taken

    def skip_blanks(self) -> str:
        """Return the next character without removing it; empty at the end of the file."""
        while True:
            self.take(_BLANK.match(self.text, self.at).end())  # type: ignore[union-attr]  # nothing is a match, too
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""


def json_records(file: TextIO) -> Records:
    """Yield the elements of the file's array or of its list ``batch``; otherwise its values one after another.

    Raises WrongInput if the text is not JSON, because it is unknown where the next value would begin.
    """
    stretch = _Stretch(file)
    stretch.skip_blanks()
    while len(stretch.text) < MAX_RECORD // 8 and stretch.more():
        pass
    opened = _ARRAY.match(stretch.text, stretch.at) or _BATCH.match(stretch.text, stretch.at)
    if opened:
        stretch.take(opened.end())
        if stretch.skip_blanks() == "]":
            return
    while (first := stretch.skip_blanks()) and (first != "]" or not opened):
        line = stretch.line
        text = _value(stretch)
        yield Record(line, text.encode("utf-8", "surrogatepass"))
        follows = stretch.skip_blanks()
        if opened and follows == ",":
            stretch.take(stretch.at + 1)
            if stretch.skip_blanks() in ("]", ""):
                raise _broken(stretch.line)
        elif opened and follows != "]":
            raise _broken(stretch.line)


def _value(stretch: _Stretch) -> str:
    """Return the next value as written."""
    while True:
        try:
            _, end = _ANY.raw_decode(stretch.text, stretch.at)
            # A number goes on, perhaps, where the stretch ends.
            if end < len(stretch.text) or not stretch.more():
                break
        except (ValueError, RecursionError):
            if len(stretch.text) - stretch.at > MAX_RECORD or not stretch.more():
                raise _broken(stretch.line) from None
    if end - stretch.at > MAX_RECORD:
        raise _broken(stretch.line)
    return stretch.take(end)


def _broken(line: int) -> WrongInput:
    return WrongInput(
        f"the value that begins in line {line} is not JSON, or longer than {MAX_RECORD:,} bytes; nothing tells where"
        " the next one begins"
    )


def cells_of(record: Record, columns: Sequence[str]) -> Record:
    """Return the record with its values at ``columns`` as cells; ``a.b`` is the member b of the member a."""
    if record.fault:
        return record
    try:
        members = _MEMBERS.decode(record.text)
        return record._replace(cells=[_cell(members, column) for column in columns])
    except msgspec.ValidationError:
        return record._replace(fault=Fault(NOT_JSON, "it is no JSON object"))
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return record._replace(fault=Fault(NOT_JSON, "it is not JSON, or has half of a surrogate pair"))


def _cell(members: dict[str, msgspec.Raw], column: str) -> str:
    found = members.get(column)
    if found is None and "." in column:
        first, _, rest = column.partition(".")
        inner = members.get(first)
        return _cell(_MEMBERS.decode(inner), rest) if inner is not None and bytes(inner)[:1] == b"{" else ""
    text = bytes(found or b"null").strip(_BLANKS)
    if text == b"null":
        return ""
    return _STRING.decode(text) if text[:1] == b'"' else JsonText(text.decode())


def members_of(value: Any, before: str = "") -> dict[str, str]:
    """Return the columns of a decoded record and their cells as text; nested members by their paths."""
    found: dict[str, str] = {}
    for name, inner in value.items():
        if isinstance(inner, dict):
            found |= members_of(inner, f"{before}{name}.")
        else:
            found[before + name] = inner if isinstance(inner, str) else "" if inner is None else json.dumps(inner)
    return found
