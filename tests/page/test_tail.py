"""A file that grows is read once, to its end, also past a change of files."""

from pathlib import Path

from local.page.tail import Tail
from local.passing_records import PassingRecords


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
    records = PassingRecords(path, max_bytes=60)
    tail = Tail(path)
    read = []
    for number in range(20):
        records.write({"number": number})
        if number % 3 == 0:
            read += tail.lines()
    for _ in range(3):
        read += tail.lines()

    assert read == [b'{"number": %d}' % number for number in range(20)]


def test_a_record_is_for_its_owner_only_and_bounded(tmp_path: Path) -> None:
    path = tmp_path / "requests.ndjson"
    path.write_text("an earlier stack's")
    records = PassingRecords(path, max_bytes=100)
    for number in range(50):
        records.write({"number": number})

    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["requests.ndjson", "requests.ndjson.1"]
    assert all(file.stat().st_size <= 100 and file.stat().st_mode & 0o777 == 0o600 for file in files)
    assert path.read_text().endswith('{"number": 49}\n')
