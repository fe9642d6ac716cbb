"""Reads NDJSON by line and JSON by value, each text unchanged; files of any length are read piece by piece."""

import json
from collections.abc import Sequence
from typing import Any, BinaryIO, TextIO

import msgspec

from relay_cli.errors import WrongInput
from relay_cli.history.json_batches import batch_begins, end_envelope
from relay_cli.history.json_stretch import Stretch, broken, value_of
from relay_cli.history.records import MAX_RECORD, NOT_JSON, Fault, JsonText, Record, Records, too_long

_BOM = b"\xef\xbb\xbf"
_BLANKS = b" \t\r\n"
_RAW = msgspec.json.Decoder(msgspec.Raw)
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_STRING = msgspec.json.Decoder(str)


def ndjson_records(file: BinaryIO) -> Records:
    """Each line that is not blank."""
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
    """As the relay reads it: NaN and lone surrogates, which real clients write, are let through."""
    try:
        _RAW.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return False
    return True


def json_records(file: TextIO) -> Records:
    """The elements of the array, or of the list ``batch``, that the file is; else its values one after another.

    Raises WrongInput where the text is not JSON: where the next value would begin nothing tells. So it does where
    something follows the list, which would not be read.
    """
    stretch = Stretch(file)
    stretch.skip_blanks()
    while len(stretch.text) < MAX_RECORD // 8 and stretch.more():
        pass
    if stretch.skip_blanks() == "[":
        stretch.take(stretch.at + 1)
        yield from _elements(stretch)
    elif begins := batch_begins(stretch):
        stretch.take(begins)
        yield from _elements(stretch)
        end_envelope(stretch)
    else:
        while stretch.skip_blanks():
            yield _record(stretch)
    if stretch.skip_blanks():
        raise WrongInput(
            f"more follows the list, in line {stretch.line}: a JSON file is one list, or values without one"
        )


def _elements(stretch: Stretch) -> Records:
    """Those of the list that was just opened, with its end."""
    while (first := stretch.skip_blanks()) and first != "]":
        yield _record(stretch)
        follows = stretch.skip_blanks()
        if follows == ",":
            stretch.take(stretch.at + 1)
            if stretch.skip_blanks() in ("]", ""):
                raise broken(stretch.line)
        elif follows != "]":
            raise broken(stretch.line)
    stretch.take(stretch.at + 1)


def _record(stretch: Stretch) -> Record:
    line = stretch.line
    return Record(line, value_of(stretch).encode("utf-8", "surrogatepass"))


def cells_of(record: Record, columns: Sequence[str]) -> Record:
    """The record with its values at ``columns`` as cells; ``a.b`` is the member b of the member a."""
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
    """The columns of a decoded record, and their cells as text: members of members by their paths."""
    found: dict[str, str] = {}
    for name, inner in value.items():
        if isinstance(inner, dict):
            found |= members_of(inner, f"{before}{name}.")
        else:
            found[before + name] = inner if isinstance(inner, str) else "" if inner is None else json.dumps(inner)
    return found
