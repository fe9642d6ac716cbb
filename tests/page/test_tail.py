"""A file that grows is read once, to its end, also past a change of files."""

from pathlib import Path

from local.line_file import LineFile
from local.page.tail import Tail


def test_what_was_there_before_is_not_read_and_half_a_line_waits(tmp_path: Path) -> None:
    path = tmp_path / "deliver.log"
    path.write_text("an earlier stack's\n")
    tail = Tail(path)

    assert tail.lines() == []
    with path.open("a") as file:
        file.write("one\ntw")
    assert tail.lines() == [b"one"]
    with path.open("a") as file:
        file.write("o\n")
    assert tail.lines() == [b"two"]


def test_a_file_that_comes_later_or_begins_anew_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "deliver.log"
    tail = Tail(path)

    assert tail.lines() == []
    path.write_text("one\ntwo\n")
    assert tail.lines() == [b"one", b"two"]
    path.write_text("new\n")
    assert tail.lines() == [b"new"]


def test_a_file_that_is_followed_by_another_is_read_to_its_end_first(tmp_path: Path) -> None:
    path = tmp_path / "requests.ndjson"
    records = LineFile(path, max_bytes=60)
    tail = Tail(path)
    read = []
    for number in range(20):
        records.add(b"%013d\n" % number)
        if number % 3 == 0:
            read += tail.lines()
    for _ in range(3):
        read += tail.lines()

    assert read == [b"%013d" % number for number in range(20)]
