"""A record that is taken loses no line, and leaves none in the folder."""

from pathlib import Path

import pytest

from local.line_file import LineFile
from local.page import taking
from local.page.taking import Taking

NUMBERS = [b"%013d" % number for number in range(50)]


def test_each_line_is_read_once_and_the_folder_is_empty_then(tmp_path: Path) -> None:
    records, taken, read = LineFile(tmp_path / "requests.ndjson"), Taking(tmp_path / "requests.ndjson"), list[bytes]()
    for number, line in enumerate(NUMBERS):
        records.add(line + b"\n")
        if number % 3:
            read += taken.lines()
    read += taken.lines()
    assert read == NUMBERS
    assert taken.lines() == []
    assert list(tmp_path.iterdir()) == []


def test_a_line_on_its_way_is_read_and_half_a_line_waits(tmp_path: Path) -> None:
    """Who writes has opened the file before it was taken aside."""
    path = tmp_path / "requests.ndjson"
    taken = Taking(path)
    with path.open("ab", buffering=0) as file:
        file.write(b"one\ntw")
        assert taken.lines() == [b"one"]
        file.write(b"o\n")
        path.write_bytes(b"three\n")
        assert taken.lines() == [b"two", b"three"]


def test_a_long_record_is_read_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "_MOST_BYTES", 100)
    path = tmp_path / "requests.ndjson"
    path.write_bytes(b"".join(line + b"\n" for line in NUMBERS))
    taken, read = Taking(path), list[bytes]()
    while lines := taken.lines():
        read += lines
        assert len(lines) < 20
    assert read == NUMBERS
    assert list(tmp_path.iterdir()) == []


def test_what_an_earlier_page_has_left_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "requests.ndjson"
    path.write_bytes(b"one\n")
    Taking(path).lines()
    assert Taking(path).lines() == []
    assert list(tmp_path.iterdir()) == []
