"""Reads events from a file or stdin of any length: one, a list, ``{"batch": [...]}``, or one a line.

A line may be a batch, too. Only an object that goes over several lines is read as a whole.
"""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from dreamdata_relay.errors import NotJson
from dreamdata_relay.events.json_editing import check, values_of
from dreamdata_relay.events.json_repair import without_constants
from dreamdata_relay.events.rules import EVENT_TYPES
from relay_cli.errors import WrongInput
from relay_cli.history.json_records import json_records, ndjson_records
from relay_cli.history.records import MAX_RECORD, NOT_JSON, Fault, Records
from relay_cli.rules.events import MOST_BYTES, read, read_beside

_LINES = (".ndjson", ".jsonl")
_BLANKS = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_BUFFER = 1024 * 1024
_TYPES = frozenset(f'"{kind}"'.encode() for kind in EVENT_TYPES)


class Read(NamedTuple):
    """An event that begins in ``line`` (from 1), or the ``fault`` of what cannot be read there."""

    line: int
    text: bytes
    fault: Fault | None = None


@contextmanager
def opened(file: Path) -> Iterator[Iterator[Read]]:
    """Open the file, stdin where it is ``-``, and give its events; raises WrongInput, also while they are read."""
    try:
        if str(file) == "-":
            yield _events(cast("io.BufferedIOBase", sys.stdin.buffer), lines=False)
            return
        with file.open("rb") as raw:
            yield _events(cast("io.BufferedIOBase", raw), lines=file.suffix.lower() in _LINES)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise WrongInput(f"{file} cannot be read: {error.strerror}") from None


def _events(file: io.BufferedIOBase, *, lines: bool) -> Iterator[Read]:
    head, first = _head(file)
    whole = io.BufferedReader(_After(head, file), _BUFFER)
    if lines or first[:1] not in (b"[", b"{") or (first[:1] == b"{" and _is_json(first)):
        return _by_line(whole)
    return _elements(whole) if first[:1] == b"[" else _of_an_object(whole)


def _head(file: io.BufferedIOBase) -> tuple[bytes, bytes]:
    """Return what was read up to the end of the first line that is not blank, and that line."""
    head = b""
    while len(head) <= MAX_RECORD and (line := file.readline(MAX_RECORD + 1)):
        head += line
        if first := line.strip(_BLANKS).removeprefix(_BOM).lstrip(_BLANKS):
            return head, first
    return head, b""


class _After(io.RawIOBase):
    """What was read of a file already, and the file after it."""

    def __init__(self, head: bytes, file: io.BufferedIOBase) -> None:
        self._head = head
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, into: memoryview) -> int:  # type: ignore[override]  # what BufferedReader gives
        # Whoever writes line by line is answered line by line.
        found = self._head[: len(into)] or self._file.read1(len(into))
        self._head = self._head[len(into) :]
        into[: len(found)] = found
        return len(found)


def _is_json(text: bytes) -> bool:
    try:
        check(without_constants(text))
    except NotJson:
        return False
    return True


def _by_line(file: BinaryIO) -> Iterator[Read]:
    for record in ndjson_records(file):
        text = bytes(record.text)  # type: ignore[arg-type]  # lines are read as bytes
        if record.fault or not _may_hold_events(text):
            yield Read(record.line, text, record.fault)
            continue
        try:
            for event in read(text):
                yield Read(record.line, event)
        except WrongInput:
            # It is no batch after all.
            yield Read(record.line, text)


def _may_hold_events(text: bytes) -> bool:
    """Whether a JSON value is a list or a batch; what says that it is an event is one, whatever members it has."""
    if text[:1] == b"[":
        return True
    if b'"batch"' not in text or text[:1] != b"{":
        return False
    return values_of(without_constants(text), ("type",)).get("type") not in _TYPES


def _elements(file: BinaryIO) -> Iterator[Read]:
    # What is no UTF-8 is found in the event where it stands.
    return _values(json_records(io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape")))


def _values(records: Records) -> Iterator[Read]:
    for record in records:
        yield Read(record.line, bytes(record.text))  # type: ignore[arg-type]  # values are given as bytes


def _of_an_object(file: BinaryIO) -> Iterator[Read]:
    """Yield the events of an object over several lines; other values may follow it."""
    body = file.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise WrongInput(f"an object of more than {MOST_BYTES:,} bytes is not read: put one event a line")
    try:
        events = read_beside(body)
    except WrongInput:
        yield from _elements(io.BytesIO(body))
        return
    place, line = 0, 1
    for raw, event in events:
        # One that had to be repaired does not stand there as it is: it is told by the one before.
        at = body.find(raw, place)
        if at >= 0:
            line += body.count(b"\n", place, at)
            place = at
        yield Read(line, event)


def fault_of(text: bytes) -> Fault | None:
    """Return why the text of an event is not JSON as the relay reads it; None if it is."""
    return None if _is_json(text) else Fault(NOT_JSON, "it is not JSON")
