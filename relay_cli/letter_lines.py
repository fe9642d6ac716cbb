"""Reads a file of letters or events, one a line: each line becomes a letter, or the reason why it is none."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO

from relay_cli.letters import Letter
from relay_cli.refused_ahead import Fault

NOT_UTF8, TOO_LONG, NOT_A_LETTER = "not_utf8", "line_too_long", "not_a_letter"
# The body of the largest letter, each of its bytes written as an escape.
_LONGEST = 8 * 1024 * 1024
_OF_A_LETTER = frozenset({"id", "reason", "source", "stub", "body"})
_NO_TIME = datetime.fromtimestamp(0, UTC)
_BOM = b"\xef\xbb\xbf"


def lines_of(file: BinaryIO, first: int = 1) -> Iterator[tuple[int, Letter | Fault]]:
    """Yield each non-empty line with its number, from line ``first`` on; a file begins with line 1."""
    number = 0
    while line := file.readline(_LONGEST + 1):
        number += 1
        is_long = len(line) > _LONGEST
        while is_long and line and not line.endswith(b"\n"):
            line = file.readline(_LONGEST + 1)
        if number < first:
            continue
        if is_long:
            yield number, Fault(TOO_LONG, f"over {_LONGEST} bytes")
        elif text := (line.removeprefix(_BOM) if number == 1 else line).strip(b" \t\r\n"):
            yield number, _letter_in(text)


def _letter_in(line: bytes) -> Letter | Fault:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return Fault(NOT_UTF8, "the line is not UTF-8")
    value = _read(text)
    if not (isinstance(value, dict) and value.keys() >= _OF_A_LETTER):
        # An event, or whatever else the queue may hold: how it reads is the relay's to say.
        return _letter(text, "")
    body, source = value["body"], value["source"]
    if not isinstance(body, str) or not isinstance(source, str) or not body:
        return Fault(NOT_A_LETTER, "the body and the source of a letter are strings, and the body is not empty")
    return _letter(body, source)


def _letter(body: str, source: str) -> Letter:
    # What came over the queue has no such attribute.
    attributes = {"source": {"DataType": "String", "StringValue": source}} if source not in ("", "queue") else {}
    return Letter("", "", body, _NO_TIME, attributes)


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
