"""Files that are broken, hostile or huge: each record that can be read is read, each other one is told by its line."""

import io
import itertools
import json
import tracemalloc
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from relay_cli.errors import WrongInput
from relay_cli.history.checking import check, guessed
from relay_cli.history.csv_records import Dialect, csv_records
from relay_cli.history.json_records import json_records, ndjson_records
from relay_cli.history.records import MAX_RECORD, Record


def rows(text: str, dialect: Dialect = Dialect()) -> list[Any]:  # noqa: B008  # a constant
    """Line and cells, or line and the fault's code, of each row below the names."""
    _, records = csv_records(io.StringIO(text, newline=""), dialect)
    return [(record.line, record.cells or (record.fault and record.fault.code)) for record in records]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a,b\n1,2\n3,4\n", [(2, ["1", "2"]), (3, ["3", "4"])]),
        ("a,b\r\n1,2\r\n", [(2, ["1", "2"])]),
        ("a,b\r1,2\r3,4", [(2, ["1", "2"]), (3, ["3", "4"])]),
        ("a,b\n\n1,2\n   \n", [(3, ["1", "2"])]),
        # What spreadsheets write below their last row, and above the first.
        ("a,b\n1,2\n,\n \t, \n,,,\n3,4\n", [(2, ["1", "2"]), (6, ["3", "4"])]),
        ("sep=;\na;b\n1,5;2\n", [(3, ["1,5", "2"])]),
        ('"SEP=\t"\r\na\tb\r\n1\t2\r\n', [(3, ["1", "2"])]),
        ("sep=,b\n1,2\n", [(2, ["1", "2"])]),
        ('a,b\n"1\n\n1","2"\n3,4\n', [(2, ["1\n\n1", "2"]), (5, ["3", "4"])]),
        ('a,b\n"say ""hi""",2\n', [(2, ['say "hi"', "2"])]),
        ('a,b\n5" disk,2\n', [(2, ['5" disk', "2"])]),
        ("a,b\n1,2,\n1,2,3\n1\n", [(2, ["1", "2"]), (3, "not_csv"), (4, "not_csv")]),
        ("a,b\n1,\0\n3,4\n", [(2, "nul_character"), (3, ["3", "4"])]),
        # A quote that is not closed: its row alone is lost.
        ('a,b\n"1,2\n3,4\n5,6\n', [(2, "not_csv"), (3, ["3", "4"]), (4, ["5", "6"])]),
        ('a,b\n"1,2\n3,4\n"5",6\n7,8\n', [(2, "not_csv"), (3, ["3", "4"]), (4, ["5", "6"]), (5, ["7", "8"])]),
        ('a,b\n"1"x,2\n3,4\n', [(2, "not_csv"), (3, ["3", "4"])]),
        ('a,b\n1,2\n"', [(2, ["1", "2"]), (3, "not_csv")]),
        ("", []),
    ],
)
def test_a_broken_row_costs_itself_alone(text: str, read: list[Any]) -> None:
    """By the line that it begins in."""
    assert rows(text) == read


def test_dialects() -> None:
    """Tabs, no quotes, escapes, no row of names."""
    assert rows('a\tb\n"1\t2\n', Dialect("\t", None)) == [(2, ['"1', "2"])]
    assert rows('a,b\n"1\\"1",2\n', Dialect(escape="\\")) == [(2, ['1"1', "2"])]
    assert rows("1,2\n", Dialect(columns=("a", "b"))) == [(1, ["1", "2"])]


class Endless(io.RawIOBase):
    """``before``, then so many bytes of ``filling``, then ``after``: nothing of it is held."""

    def __init__(self, before: bytes, filling: bytes, size: int, after: bytes) -> None:
        self._parts = [(before, 1), (filling * 4096, size // (len(filling) * 4096)), (after, 1)]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while self._parts and not self._parts[0][1]:
            self._parts.pop(0)
        if not self._parts:
            return 0
        part, count = self._parts[0]
        taken = part[: len(buffer)]
        buffer[: len(taken)] = taken
        rest = part[len(taken) :]
        self._parts[:1] = [(rest, 1 if rest else 0), (part, count - 1)]
        return len(taken)


def buffered(before: bytes, filling: bytes, after: bytes) -> BinaryIO:
    """A file with a hundred million bytes in its middle."""
    return io.BufferedReader(Endless(before, filling, 100_000_000, after), 65536)


@pytest.mark.parametrize("filling", [b"x", b"x,", b'""', b"\xc3\xa6"])
def test_a_cell_of_100_mb_is_one_error_in_little_memory(filling: bytes) -> None:
    """The rows around it are read."""
    for quote in (b"", b'"'):
        file = buffered(b"a,b\n1,2\n" + quote, filling, quote + b",2\n3,4\n")
        tracemalloc.start()
        _, records = csv_records(io.TextIOWrapper(file, "utf-8", newline=""), Dialect())
        read = [(record.line, record.cells or record.fault) for record in records]
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert [line for line, _ in read] == [2, 3, 4]
        assert (read[0][1], read[2][1]) == (["1", "2"], ["3", "4"])
        assert getattr(read[1][1], "code", "") == "record_too_long"
        assert peak < 24 * MAX_RECORD


def test_a_line_of_100_mb_is_one_error_in_little_memory() -> None:
    """Of NDJSON; a value of JSON that long ends the import, since nothing tells where the next one begins."""
    tracemalloc.start()
    read = [*ndjson_records(buffered(b'{"a":1}\n"', b"x", b'"\n{"a":2}\n'))]
    peak = tracemalloc.get_traced_memory()[1]
    assert [(record.line, record.fault and record.fault.code) for record in read] == [
        (1, None),
        (2, "record_too_long"),
        (3, None),
    ]
    with pytest.raises(WrongInput, match="begins in line 2"):
        [*json_records(io.TextIOWrapper(buffered(b'[{"a":1},\n"', b"x", b'"]'), "utf-8"))]
    peak = max(peak, tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    assert peak < 24 * MAX_RECORD


def test_lines_of_a_hundred_unclosed_quotes_are_read_in_time() -> None:
    """Each is looked for up to the longest row, and not further."""
    text = "a,b\n" + '"1,2\n' + "3,4\n" * 1000 + '"1,2\n' * 100
    read = rows(text)
    assert (len(read), sum(what == "not_csv" for _, what in read)) == (1101, 101)


def values(text: str) -> list[tuple[int, Any]]:
    """Line and value of each record."""
    return [(record.line, json.loads(record.text)) for record in json_records(io.StringIO(text))]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('[{"a":1},{"a":2}]', [(1, {"a": 1}), (1, {"a": 2})]),
        ('\ufeff\n[\n {"a":1}\n,\n {"a":\n2}]\n', [(3, {"a": 1}), (5, {"a": 2})]),
        ('{"batch": [1, "x", null]}', [(1, 1), (1, "x"), (1, None)]),
        # As SDKs write it, in any order.
        ('{"messageId":"m", "sentAt" : [{}] ,\n"batch" :\n[1, 2], "writeKey":"k", "context":{}}\n', [(3, 1), (3, 2)]),
        # One event that has such a member; one that is no list.
        ('{"type":"track","batch":[1]}', [(1, {"type": "track", "batch": [1]})]),
        ('{"batch":{"a":[1]}}', [(1, {"batch": {"a": [1]}})]),
        ('{"a":1}\n{"batch":[2]}', [(1, {"a": 1}), (2, {"batch": [2]})]),
        ('{"a":1}\n{"a":2} {"a":3}', [(1, {"a": 1}), (2, {"a": 2}), (2, {"a": 3})]),
        ("[]", []),
        ("", []),
        ("17", [(1, 17)]),
    ],
)
def test_json_is_read_value_by_value(text: str, read: list[Any]) -> None:
    """An array, a batch, or values one after another."""
    assert values(text.removeprefix("\ufeff")) == read


@pytest.mark.parametrize(
    "text", ['[{"a":1}', '[{"a":1} {"a":2}]', "[1,]", "[1,,2]", "{", '["a', "[1 2]", "nope", "[" * 9000]
)
def test_broken_json_ends_it_with_the_line(text: str) -> None:
    """Nothing tells where the next value begins."""
    with pytest.raises(WrongInput, match="begins in line 1 is not JSON"):
        [*json_records(io.StringIO(text))]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"context":{"a":1},"batch":[{}]}', "share context"),
        ('{"batch":[{}],"sentAt":"x","integrations":{"All":false}}', "share integrations"),
        ('{"batch":[{}]}\n{"batch":[{}]}', "more follows the list, in line 2"),
        ("[1]\n\n[2]", "more follows the list, in line 3"),
        ('{"batch":[1]', "line 1 is not JSON"),
        ('{"batch":[1],"a"}', "line 1 is not JSON"),
    ],
)
def test_nothing_around_a_list_is_left_out_unsaid(text: str, why: str) -> None:
    with pytest.raises(WrongInput, match=why):
        [*json_records(io.StringIO(text))]


def test_a_long_array_is_read_in_little_memory() -> None:
    """A value as it is written: no digit of a number is lost at the edge of a stretch."""
    file = buffered(b"[", b'{"n":1234567890.10},', b'{"n":2}]')
    tracemalloc.start()
    records = json_records(io.TextIOWrapper(file, "utf-8"))
    texts = {record.text for record in itertools.islice(records, 50_000)}
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert texts == {b'{"n":1234567890.10}'}
    assert peak < 8 * MAX_RECORD


def test_numbers_are_whole_at_every_edge() -> None:
    """Wherever the file's stretches end."""
    numbers = list(range(10**9, 10**9 + 60_000))
    assert [value for _, value in values(json.dumps(numbers))] == numbers


def test_lines_of_json_are_what_the_relay_reads() -> None:
    """NaN and half a surrogate pair, too; two values on a line are none."""
    lines = [b'\xef\xbb\xbf{"a":1}', b"", b'{"a":NaN}', b'{"a":"\\ud800"}', b'{"a":1},{"a":2}', b"\xff", b"[" * 100_000]
    read = [*ndjson_records(io.BytesIO(b"\r\n".join(lines)))]
    assert [(record.line, record.fault is None) for record in read] == [
        (1, True), (3, True), (4, True), (5, False), (6, False), (7, False),
    ]  # fmt: skip
    assert read[0] == Record(1, b'{"a":1}')


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Søren Gødel é", "cp1252"), ("Müller Öl Äpfel Düne", "mac-roman"), ("name;straße", "utf-16-le"),
        ("name;straße", "utf-16-be"),
    ],
)  # fmt: skip
def test_the_encoding_of_a_file_is_guessed(text: str, encoding: str) -> None:
    """As a suggestion."""
    assert guessed(text.encode(encoding)) == encoding


_LINES = "id,name\n" * 50


@pytest.mark.parametrize(
    ("content", "encoding", "line"),
    [
        (_LINES.encode() + b"1,Bj\xf8rn", None, 51),
        (_LINES.encode() + b"1,Bj\xf8", None, 51),
        (_LINES.encode() + b"1,Bj\xc3", None, 51),
        (_LINES.replace("\n", "\r").encode() + b"1,Bj\xf8", None, 51),
        (_LINES.replace("\n", "\r\n").encode() + b"1,Bj\xf8", None, 51),
        (_LINES.encode() + b"1", "utf-16-be", 51),
        (_LINES.encode() + b"1", "utf-32-le", 1),
        (_LINES.encode("utf-16") + b"1", None, 51),
        (_LINES.encode("utf-16") + "\u0a0a\u0a0a".encode("utf-16-le") + b"\x00\xdc", None, 51),
        (_LINES.encode("utf-32") + b"1\0", None, 51),
        (_LINES.encode() + b"1,\x83", "shift_jis", 51),
        (_LINES.encode() + b"1,\x81", "cp1252", 51),
    ],
)
def test_a_byte_at_the_end_that_is_no_text_is_told_by_its_line(
    tmp_path: Path, content: bytes, encoding: str | None, line: int
) -> None:
    """As an editor counts lines, whatever ends them, and in whichever encoding the file is said to be."""
    file = tmp_path / "a.csv"
    file.write_bytes(content)
    with pytest.raises(WrongInput, match=rf"a\.csv, line {line}: the (?:text is not|file ends within a character of) "):
        check(file, encoding)


def test_a_file_that_names_its_encoding_is_not_guessed_to_be_another(tmp_path: Path) -> None:
    """Its mark is right, and a character is wrong."""
    file = tmp_path / "a.csv"
    file.write_bytes(_LINES.encode("utf-16") + b"\x00\xdc" + _LINES.encode("utf-16-le"))
    with pytest.raises(WrongInput, match=r"line 51: the text is not utf-16; see --encoding$"):
        check(file, None)


def test_where_a_text_is_not_in_its_encoding_is_told(tmp_path: Path) -> None:
    """By the line, however far into the file; a character that lies across two pieces is none of that."""
    file = tmp_path / "a.csv"
    file.write_bytes(("x" * 99 + "\n").encode() * 20_000 + "é\n".encode() * 300_000 + b"\xe9\n")
    with pytest.raises(WrongInput, match=r"a\.csv, line 320001: the text is not UTF-8; it looks like cp1252"):
        check(file, None)
    with pytest.raises(WrongInput, match="line 20001: the text is not ascii; see --encoding"):
        check(file, "ascii")
    file.write_bytes(b"caf\xc3\xa9\nb\xc3")
    with pytest.raises(WrongInput, match=r"line 2: the file ends within a character of UTF-8$"):
        check(file, None)
    file.write_bytes(b"a\ncaf\xe9")
    with pytest.raises(WrongInput, match="line 2: the text is not UTF-8; it looks like cp1252"):
        check(file, None)
    file.write_bytes("\ufeffé\n".encode())
    assert (check(file, None).size, check(file, None).encoding) == (6, "utf-8-sig")
